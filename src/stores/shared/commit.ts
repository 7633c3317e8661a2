import type { CounterState, Hit } from '../../core/limits.ts';
import { type CounterTable, ENTRY } from './counter-table.ts';
import { claimEntry, findEntry, lastSeenOf, markFull, markLive } from './entries.ts';
import type { TakeWork } from './take-work.ts';
import { addHit, forgetHits, MAX_COUNT, roomAtMs, WINDOWS } from './window.ts';

/** Counts the request in every limited window of every hit. Needs what `examine` found, and the same locks. */
export function commit(
  table: CounterTable,
  hits: readonly Hit[],
  nowMs: number,
  state: CounterState,
  work: TakeWork,
): void {
  for (let i = 0; i < hits.length; i++) {
    const { limits } = hits[i] as Hit;
    if (limits.perMinute === 0 && limits.perHour === 0 && limits.perDay === 0) continue;
    commitHit(table, hits[i] as Hit, i, nowMs, state, work);
  }
}

function commitHit(
  table: CounterTable,
  { limits, cost }: Hit,
  hit: number,
  nowMs: number,
  state: CounterState,
  work: TakeWork,
): void {
  const entry = entryFor(table, hit, nowMs, work);
  const entryNowMs = advance(table, entry, nowMs);
  let emptyMs = 0;
  for (let w = 0; w < WINDOWS.length; w++) {
    const window = WINDOWS[w]!;
    if (limits[window.limit] === 0) continue;
    addHit(table.words, entry, window, entryNowMs, cost);
    emptyMs = entryNowMs + window.lengthMs + window.quantumMs;
    const tightest = hit === state.hit && window.name === state.window;
    // What is missing for one more like this.
    const missing =
      (work.counts[hit * WINDOWS.length + w] as number) +
      2 * cost -
      Math.min(limits[window.limit], MAX_COUNT);
    if (tightest) state.resetMs = roomAtMs(table.words, entry, window, entryNowMs, entryNowMs, 1);
    if (missing > 0)
      markFull(table, entry, roomAtMs(table.words, entry, window, entryNowMs, entryNowMs, missing));
  }
  markLive(table, entry, emptyMs);
}

/** The entry of a hit; a new one where it has none. */
function entryFor(table: CounterTable, hit: number, nowMs: number, work: TakeWork): number {
  const { hashes, sets, entries } = work;
  let entry = entries[hit] as number;
  if (entry >= 0) return entry;
  const set = sets[hit] as number;
  const hash0 = hashes[2 * hit] as number;
  const hash1 = hashes[2 * hit + 1] as number;
  if (hit > 0) entry = findEntry(table, set, hash0, hash1);
  if (entry < 0) entry = claimEntry(table, set, hash0, hash1, nowMs, entries);
  entries[hit] = entry;
  return entry;
}

/** Moves the time of an entry on and clears what is forgotten by then; returns that time. */
function advance(table: CounterTable, entry: number, nowMs: number): number {
  const lastMs = lastSeenOf(table, entry);
  if (!(nowMs > lastMs)) return lastMs;
  for (let w = 0; w < WINDOWS.length; w++) forgetHits(table.words, entry, WINDOWS[w]!, lastMs, nowMs);
  table.doubles[(entry + ENTRY.lastSeenMs) >> 1] = nowMs;
  return nowMs;
}
