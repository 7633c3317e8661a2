import { type CounterTable, ENTRY, ENTRY_WORDS } from './counter-table.ts';
import { fullUntilMs, liveUntilMs, worthMs } from './life.ts';
import { noteOf, WAYS } from './set-table.ts';

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
 * Finds a place of a set for a new client; -1 when it has none to give. Needs the lock of the set.
 *
 * Shape: the first that exists of: a free place; an entry that does not matter any more; the entry that is worth least. The entries of
 * the same request, the first `count` of `kept`, stay.
 * Safety: a client at its limit is never forgotten before it has room. One that is forgotten below it starts anew: see `worthMs` for who
 * that is, and what it is given by that.
 */
export function findPlace(
  table: CounterTable,
  set: number,
  nowMs: number,
  kept: Int32Array,
  count: number,
): number {
  const first = table.entriesAt + set * WAYS * ENTRY_WORDS;
  let place = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let entry = first; entry < first + WAYS * ENTRY_WORDS; entry += ENTRY_WORDS) {
    if (isAmong(kept, count, entry)) continue;
    if (table.words[entry + ENTRY.hash + 1] === 0) return entry;
    if (fullUntilMs(table, entry) > nowMs) continue;
    const worth = liveUntilMs(table, entry) <= nowMs ? -1 : worthMs(table, entry);
    if (worth >= least) continue;
    place = entry;
    least = worth;
  }
  return place;
}

/** Whether one of the first `count` words of a list is the value. */
export function isAmong(list: Int32Array, count: number, value: number): boolean {
  for (let i = 0; i < count; i++) if (list[i] === value) return true;
  return false;
}

/** When the first of the clients at their limits in a set has room. */
export function firstRoomMs(table: CounterTable, set: number): number {
  const first = table.entriesAt + set * WAYS * ENTRY_WORDS;
  let earliest = Number.POSITIVE_INFINITY;
  for (let entry = first; entry < first + WAYS * ENTRY_WORDS; entry += ENTRY_WORDS) {
    earliest = Math.min(earliest, fullUntilMs(table, entry));
  }
  return earliest;
}

/**
 * Gives a place to a hash, without counts. Needs the lock of the set.
 *
 * Safety: the hash is cleared first and written last: a thread that dies in between leaves a free place.
 */
export function claimEntry(
  table: CounterTable,
  set: number,
  entry: number,
  hash0: number,
  hash1: number,
  nowMs: number,
): void {
  const { words } = table;
  if (words[entry + ENTRY.hash + 1] !== 0 && liveUntilMs(table, entry) > nowMs)
    noteForgotten(table, set, nowMs);
  words[entry + ENTRY.hash + 1] = 0;
  words.fill(0, entry, entry + ENTRY_WORDS);
  table.doubles[(entry + ENTRY.lastSeenMs) >> 1] = nowMs;
  words[entry + ENTRY.hash] = hash0;
  words[entry + ENTRY.hash + 1] = hash1;
}

/** Notes that a client was forgotten that still counted something, for those who want to give something back. */
function noteForgotten(table: CounterTable, set: number, nowMs: number): void {
  const at = noteOf(table, set);
  const nowS = Math.ceil(nowMs / 1000) >>> 0;
  let noted = Atomics.load(table.words, at);
  while (noted >>> 0 < nowS) {
    const found = Atomics.compareExchange(table.words, at, noted, nowS | 0);
    if (found === noted) return;
    noted = found;
  }
}

/** Whether a client of a set, or of its neighbours, was forgotten at that time or later although it still counted. */
export function isForgottenSince(table: CounterTable, set: number, sinceMs: number): boolean {
  return (Atomics.load(table.words, noteOf(table, set)) >>> 0) * 1000 >= sinceMs;
}
