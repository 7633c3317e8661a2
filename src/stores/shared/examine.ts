import type { CounterState, Hit } from '../../core/limits.ts';
import type { CounterTable } from './counter-table.ts';
import { findEntry, lastSeenOf, markFull } from './entries.ts';
import type { TakeWork } from './take-work.ts';
import { countHits, MAX_COUNT, roomAtMs, WINDOWS } from './window.ts';

const NEVER = 'The request costs more than the limit: it never passes.';

/**
 * Counts every limited window of every hit, and says in `state` whether all have room and which is the tightest.
 *
 * Shape: with room, the tightest has the least left, the longer window of two; without, its room comes latest.
 */
export function examine(
  table: CounterTable,
  hits: readonly Hit[],
  nowMs: number,
  state: CounterState,
  work: TakeWork,
): void {
  state.admitted = true;
  state.hit = 0;
  state.window = 'minute';
  state.limit = 0;
  state.remaining = MAX_COUNT;
  state.resetMs = nowMs;
  state.burstToReview = -1;
  state.burstExceeded = false;
  state.degraded = '';
  state.problem = '';
  for (let i = 0; i < work.entries.length; i++) work.entries[i] = -1;
  for (let i = 0; i < hits.length; i++) {
    work.entries[i] = findEntry(
      table,
      work.sets[i] as number,
      work.hashes[2 * i] as number,
      work.hashes[2 * i + 1] as number,
    );
    examineHit(table, hits, i, nowMs, state, work);
  }
}

function examineHit(
  table: CounterTable,
  hits: readonly Hit[],
  hit: number,
  nowMs: number,
  state: CounterState,
  work: TakeWork,
): void {
  const { limits, cost } = hits[hit] as Hit;
  const entry = work.entries[hit] as number;
  const earlier = costBefore(hits, work.hashes, hit);
  const lastMs = entry < 0 ? nowMs : lastSeenOf(table, entry);
  const entryNowMs = Math.max(nowMs, lastMs);
  for (let w = 0; w < WINDOWS.length; w++) {
    const window = WINDOWS[w]!;
    const limit = Math.min(limits[window.limit], MAX_COUNT);
    if (limit === 0) continue;
    const count = earlier + (entry < 0 ? 0 : countHits(table.words, entry, window, lastMs, entryNowMs));
    work.counts[hit * WINDOWS.length + w] = count;
    if (count + cost <= limit) {
      if (state.admitted) noteRoom(state, hit, w, limit, limit - count - cost);
      continue;
    }
    let roomMs = nowMs + window.lengthMs + window.quantumMs;
    if (earlier + cost > limit) {
      state.problem = NEVER;
    } else if (entry >= 0) {
      roomMs = roomAtMs(table.words, entry, window, lastMs, entryNowMs, count + cost - limit);
      markFull(table, entry, roomMs);
    }
    noteFull(state, hit, w, limit, Math.max(0, limit - count), roomMs);
  }
}

/** What earlier hits of the request take from the same entry: nothing, unless the caller repeats itself. */
function costBefore(hits: readonly Hit[], hashes: Int32Array, hit: number): number {
  let cost = 0;
  for (let i = 0; i < hit; i++) {
    if (hashes[2 * i] === hashes[2 * hit] && hashes[2 * i + 1] === hashes[2 * hit + 1])
      cost += (hits[i] as Hit).cost;
  }
  return cost;
}

function noteRoom(state: CounterState, hit: number, window: number, limit: number, remaining: number): void {
  // Of two equally tight windows the longer one says more.
  if (remaining > state.remaining) return;
  state.hit = hit;
  state.window = WINDOWS[window]!.name;
  state.limit = limit;
  state.remaining = remaining;
}

function noteFull(
  state: CounterState,
  hit: number,
  window: number,
  limit: number,
  remaining: number,
  roomMs: number,
): void {
  if (!state.admitted && roomMs < state.resetMs) return;
  state.admitted = false;
  state.hit = hit;
  state.window = WINDOWS[window]!.name;
  state.limit = limit;
  state.remaining = remaining;
  state.resetMs = roomMs;
}
