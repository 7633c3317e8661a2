import { type CounterTable, ENTRY, ENTRY_WORDS } from './counter-table.ts';
import { WAYS } from './set-table.ts';

/** Finds the entry of a hash in its set: its word index, or -1. Needs the lock of the set. */
export function findEntry(table: CounterTable, set: number, hash0: number, hash1: number): number {
  const { words } = table;
  let entry = table.entriesAt + set * WAYS * ENTRY_WORDS;
  for (let way = 0; way < WAYS; way++, entry += ENTRY_WORDS) {
    if (words[entry + ENTRY.hash + 1] === hash1 && words[entry + ENTRY.hash] === hash0) return entry;
  }
  return -1;
}

/**
 * Gives a place of the set to a hash, without counts. Needs the lock of the set.
 *
 * Shape: the first that exists of: a free place; an entry whose windows are all over; one that is not at its limit;
 * any. Among equals the one that was used longest ago goes. The `kept` entries, those of the same request, stay.
 * Safety: a client whose entry is given away starts anew, so a table with more live clients than places admits more
 * than the limit to those it forgets. One that is refused is the last to be forgotten: flooding the table with other
 * addresses does not buy it fresh counts unless all eight places of a set are at their limit.
 * The hash is cleared first and written last: a thread that dies in between leaves a free place.
 */
export function claimEntry(
  table: CounterTable,
  set: number,
  hash0: number,
  hash1: number,
  nowMs: number,
  kept: Int32Array,
): number {
  const { words } = table;
  const entry = findVictim(table, set, nowMs, kept);
  words[entry + ENTRY.hash + 1] = 0;
  words.fill(0, entry, entry + ENTRY_WORDS);
  table.doubles[(entry + ENTRY.lastSeenMs) >> 1] = nowMs;
  words[entry + ENTRY.hash] = hash0;
  words[entry + ENTRY.hash + 1] = hash1;
  return entry;
}

function findVictim(table: CounterTable, set: number, nowMs: number, kept: Int32Array): number {
  const first = table.entriesAt + set * WAYS * ENTRY_WORDS;
  let victim = -1;
  let worth = 0;
  let usedMs = 0;
  for (let entry = first; entry < first + WAYS * ENTRY_WORDS; entry += ENTRY_WORDS) {
    if (kept.includes(entry)) continue;
    const entryWorth = worthOf(table.words, entry, nowMs);
    const entryUsedMs = lastSeenOf(table, entry);
    if (victim >= 0 && (entryWorth > worth || (entryWorth === worth && entryUsedMs >= usedMs))) continue;
    victim = entry;
    worth = entryWorth;
    usedMs = entryUsedMs;
  }
  return victim;
}

/** 0 free, 1 over, 2 in use, 3 at its limit. */
function worthOf(words: Int32Array, entry: number, nowMs: number): number {
  if (words[entry + ENTRY.hash + 1] === 0) return 0;
  if (((words[entry + ENTRY.liveUntilS] as number) >>> 0) * 1000 <= nowMs) return 1;
  return ((words[entry + ENTRY.fullUntilS] as number) >>> 0) * 1000 <= nowMs ? 2 : 3;
}

/** Latest time of an admitted request of the entry. */
export function lastSeenOf(table: CounterTable, entry: number): number {
  return table.doubles[(entry + ENTRY.lastSeenMs) >> 1] as number;
}

/** Notes that a window of the entry is full until then. */
export function markFull(table: CounterTable, entry: number, untilMs: number): void {
  raise(table.words, entry + ENTRY.fullUntilS, untilMs);
}

/** Notes that a window of the entry counts something until then. */
export function markLive(table: CounterTable, entry: number, untilMs: number): void {
  raise(table.words, entry + ENTRY.liveUntilS, untilMs);
}

function raise(words: Int32Array, at: number, untilMs: number): void {
  const untilS = Math.ceil(untilMs / 1000);
  if ((words[at] as number) >>> 0 < untilS) words[at] = untilS;
}
