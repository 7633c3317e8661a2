import {
  type BurstRule,
  type CounterState,
  type Hit,
  type LimitName,
  NEVER_PASSES,
} from '../../core/limits.ts';
import { debtAt, tokensAtMs, tokensLeft } from './burst-bucket.ts';
import { type CounterTable, HEADER } from './counter-table.ts';
import { findEntry, findPlace, firstRoomMs } from './entries.ts';
import { lastSeenOf } from './life.ts';
import { isSameCounter, type TakeWork } from './take-work.ts';
import { countHits, roomAtMs, setWindowTime, WINDOWS, windowLimit } from './window.ts';

const NO_PLACE = 'All places for the counter of this client belong to clients at their limits.';

/**
 * Counts every window and bucket of every hit, says in `state` whether all have room and which is the tightest, and finds an entry for
 * each. Writes nothing into the table but how often there was no place.
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
  state.remaining = Number.POSITIVE_INFINITY;
  state.resetMs = nowMs;
  state.burstToReview = -1;
  state.burstExceeded = false;
  state.degraded = '';
  state.problem = '';
  const { entries, sets, hashes } = work;
  for (let i = 0; i < hits.length; i++) {
    entries[i] = findEntry(table, sets[i] as number, hashes[2 * i] as number, hashes[2 * i + 1] as number);
    examineHit(table, hits, i, nowMs, state, work);
  }
  if (state.admitted) findPlaces(table, hits, nowMs, state, work);
  if (state.limit === 0) state.remaining = 0;
}

/** Whether anything is counted for a hit. */
export function isCounted({ limits }: Hit): boolean {
  const { perMinute, perHour, perDay, burst } = limits;
  return perMinute > 0 || perHour > 0 || perDay > 0 || burst !== null;
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
  const earlier = costBefore(hits, work, hit);
  work.isNew[hit] = 0;
  work.exceeded[hit] = 0;
  work.roomMs[hit] = 0;
  const lastMs = entry < 0 ? nowMs : lastSeenOf(table, entry);
  const entryNowMs = Math.max(nowMs, lastMs);
  if (limits.burst !== null) examineBurst(table, limits.burst, hit, cost, earlier, entryNowMs, state, work);
  setWindowTime(work.time, entryNowMs);
  for (let w = 0; w < WINDOWS.length; w++) {
    const limit = windowLimit(limits, w);
    if (limit === 0) continue;
    const count = countWindow(table, entry, hit, w, lastMs, earlier, work);
    const { name, lengthMs, quantumMs } = WINDOWS[w]!;
    if (count + cost <= limit) {
      if (state.admitted) noteRoom(state, hit, name, limit, limit - count - cost);
      continue;
    }
    let roomMs = nowMs + lengthMs + quantumMs;
    if (earlier + cost > limit) state.problem = NEVER_PASSES;
    else if (entry >= 0) {
      roomMs = roomAtMs(table.words, entry, w, lastMs, work.time, count + cost - limit);
      keepUntil(work, hit, roomMs);
    }
    noteFull(state, hit, name, limit, limit - count, roomMs);
  }
}

/** What a window of a hit counts, `earlier` hits of the request with it; what else is found goes into `work`. */
function countWindow(
  table: CounterTable,
  entry: number,
  hit: number,
  w: number,
  lastMs: number,
  earlier: number,
  work: TakeWork,
): number {
  const { found } = work;
  if (entry >= 0) countHits(table.words, entry, w, lastMs, work.time, found);
  else {
    found.count = 0;
    found.oldest = -1;
    found.hasForgotten = false;
  }
  const at = hit * WINDOWS.length + w;
  const count = earlier + found.count;
  work.counts[at] = count;
  work.oldest[at] = found.oldest;
  work.hasForgotten[at] = found.hasForgotten ? 1 : 0;
  return count;
}

function examineBurst(
  table: CounterTable,
  rule: BurstRule,
  hit: number,
  cost: number,
  earlier: number,
  nowMs: number,
  state: CounterState,
  work: TakeWork,
): void {
  const entry = work.entries[hit] as number;
  const debtMs = entry < 0 ? 0 : debtAt(table, entry, nowMs);
  const takenMs = earlier * rule.intervalMs;
  work.debtsMs[hit] = debtMs + takenMs;
  const limit = Math.floor(rule.capacity);
  const left = tokensLeft(rule, debtMs + takenMs + cost * rule.intervalMs);
  if (left >= 0) {
    if (rule.isEnforced && state.admitted) noteRoom(state, hit, 'burst', limit, left);
    return;
  }
  state.burstExceeded = true;
  work.exceeded[hit] = 1;
  if (!rule.isEnforced) return;
  let roomMs = nowMs + rule.capacity * rule.intervalMs;
  if (tokensLeft(rule, takenMs + cost * rule.intervalMs) < 0) state.problem = NEVER_PASSES;
  else {
    roomMs = tokensAtMs(rule, nowMs, debtMs, earlier + cost, nowMs);
    keepUntil(work, hit, roomMs);
  }
  noteFull(state, hit, 'burst', limit, tokensLeft(rule, debtMs + takenMs), roomMs);
}

/** What earlier hits of the request take from the same entry: nothing, unless the caller repeats itself. */
function costBefore(hits: readonly Hit[], work: TakeWork, hit: number): number {
  let cost = 0;
  for (let i = 0; i < hit; i++) if (isSameCounter(work, i, hit)) cost += (hits[i] as Hit).cost;
  return cost;
}

function keepUntil({ roomMs }: TakeWork, hit: number, untilMs: number): void {
  roomMs[hit] = Math.max(roomMs[hit] as number, untilMs);
}

function noteRoom(state: CounterState, hit: number, name: LimitName, limit: number, remaining: number): void {
  // Of two equally tight windows the longer one says more.
  if (remaining > state.remaining) return;
  state.hit = hit;
  state.window = name;
  state.limit = limit;
  state.remaining = remaining;
}

function noteFull(
  state: CounterState,
  hit: number,
  name: LimitName,
  limit: number,
  remaining: number,
  roomMs: number,
): void {
  if (!state.admitted && roomMs < state.resetMs) return;
  state.admitted = false;
  state.hit = hit;
  state.window = name;
  state.limit = limit;
  state.remaining = Math.max(0, remaining);
  state.resetMs = roomMs;
}

/** Finds a place for every hit that has no entry; refuses the request where a set has none to give. */
function findPlaces(
  table: CounterTable,
  hits: readonly Hit[],
  nowMs: number,
  state: CounterState,
  work: TakeWork,
): void {
  const { entries, sets } = work;
  for (let i = 0; i < hits.length; i++) {
    if ((entries[i] as number) >= 0 || !isCounted(hits[i] as Hit)) continue;
    entries[i] = entryBefore(work, i);
    if ((entries[i] as number) >= 0) continue;
    const place = findPlace(table, sets[i] as number, nowMs, entries, hits.length);
    if (place < 0) {
      refuseForPlace(table, i, sets[i] as number, state);
      return;
    }
    entries[i] = place;
    work.isNew[i] = 1;
  }
}

/** The place of an earlier hit of the request on the same counter; -1 when there is none. */
function entryBefore(work: TakeWork, hit: number): number {
  for (let i = 0; i < hit; i++) if (isSameCounter(work, i, hit)) return work.entries[i] as number;
  return -1;
}

function refuseForPlace(table: CounterTable, hit: number, set: number, state: CounterState): void {
  Atomics.add(table.words, HEADER.unplaced, 1);
  state.admitted = false;
  state.hit = hit;
  state.remaining = 0;
  state.resetMs = firstRoomMs(table, set);
  state.degraded = 'deny';
  state.problem = NO_PLACE;
}
