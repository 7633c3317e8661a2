import type { Hit } from '../../core/limits.ts';
import { debtAt, setDebt } from './burst-bucket.ts';
import type { CounterTable } from './counter-table.ts';
import { findEntry, isForgottenSince } from './entries.ts';
import { lastSeenOf } from './life.ts';
import { setWindowTime, takeHitsBack, WINDOWS, type WindowTime, windowLimit } from './window.ts';

/**
 * Takes what a hit took at `takenMs` out of its counter again. Needs the lock of the set.
 *
 * Safety: nothing is given back when a client of the set was forgotten since: it may have been this one, and what its counter holds is
 * of later requests then. Tokens are given back less those that came by themselves since: had the bucket been full meanwhile, the
 * others would have made no difference to it. So at most what the hit took, and never more than what it still takes.
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
  if (limits.burst === null) return;
  const tokensMs = Math.max(0, cost * limits.burst.intervalMs - (entryNowMs - takenMs));
  const debtMs = debtAt(table, entry, lastMs);
  setDebt(table, entry, Math.max(0, debtMs - tokensMs));
}
