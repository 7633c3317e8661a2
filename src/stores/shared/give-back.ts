import type { Hit } from '../../core/limits.ts';
import { debtAt, setDebt } from './burst-bucket.ts';
import { type CounterTable, ENTRY } from './counter-table.ts';
import { findEntry, isForgottenSince } from './entries.ts';
import { lastSeenOf, unmarkFull } from './life.ts';
import { BUCKETS, setWindowTime, takeHitsBack, WINDOWS, type WindowTime, windowLimit } from './window.ts';

/**
 * Takes what a hit took at `takenMs` out of its counter again. Needs the lock of the set.
 *
 * Safety: nothing is given back when a client of the set was forgotten since: it may have been this one, and what its counter holds is
 * of later requests then. Tokens are given back less those that came by themselves since: had the bucket been full meanwhile, the
 * others would have made no difference to it. So at most what the hit took, and never more than what it still takes.
 * Without a bucket, a counter that holds nothing any more is nobody's at a limit: else requests that do not count would keep places for a whole window.
 */
export function giveBackHit(
  table: CounterTable,
  { limits, cost }: Hit,
  set: number,
  hash0: number,
  hash1: number,
  takenMs: number,
  nowMs: number,
  time: WindowTime,
): void {
  if (isForgottenSince(table, set, takenMs)) return;
  const entry = findEntry(table, set, hash0, hash1);
  if (entry < 0) return;
  const lastMs = lastSeenOf(table, entry);
  const entryNowMs = Math.max(nowMs, lastMs);
  setWindowTime(time, entryNowMs);
  for (let w = 0; w < WINDOWS.length; w++) {
    if (windowLimit(limits, w) > 0) takeHitsBack(table.words, entry, w, lastMs, time, takenMs, cost);
  }
  if (limits.burst === null) {
    if (isEmpty(table.words, entry)) unmarkFull(table, entry);
    return;
  }
  const tokensMs = Math.max(0, cost * limits.burst.intervalMs - (entryNowMs - takenMs));
  const debtMs = debtAt(table, entry, lastMs);
  setDebt(table, entry, Math.max(0, debtMs - tokensMs));
}

/** Whether no window of an entry holds anything. */
function isEmpty(words: Int32Array, entry: number): boolean {
  const first = entry + ENTRY.windows;
  for (let i = first; i < first + WINDOWS.length * BUCKETS; i++) if (words[i] !== 0) return false;
  return true;
}
