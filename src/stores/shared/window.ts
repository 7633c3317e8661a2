import type { WindowLimits, WindowName } from '../../core/limits.ts';
import { ENTRY } from './counter-table.ts';

/** Buckets of one window. */
export const BUCKETS = 14;
/** Steps of time into which a window is divided; all ages of live buckets fit 12 bits. */
export const QUANTA = 4000;
/** Steps of time that share a bucket: the least for which 14 buckets cover a window and the step it starts in. */
export const CELL_QUANTA = 308;
/** The largest limit a window can have: a bucket counts up to 2^20 - 1. */
export const MAX_COUNT = 1_000_000;

const RING_QUANTA = BUCKETS * CELL_QUANTA;
const AGE_BITS = 12;
const AGE_MASK = 0xfff;

/**
 * A sliding window as an entry keeps it.
 *
 * Shape: time is cut into quanta of a 4000th of the window and cells of 308 quanta; the hits of a cell share the
 * bucket `cell mod 14`, a word of count (20 bits) and the quantum of the LAST hit in it, rounded up (12 bits, read as
 * an age before the entry's last hit). A bucket is forgotten as a whole one window after that quantum.
 *
 * Safety: a hit at t is stored as quantum q >= t and its bucket's last quantum is no earlier, so it counts until
 * t + window at least: whenever a request is admitted, every one admitted during the window before is still counted
 * and together they stay within the limit. It counts until (q + 307 quanta) + window at most, so what is forgotten
 * late is forgotten at most 308 quanta, 7.7 % of the window, late; a burst inside one quantum is forgotten on time.
 * At any time live buckets lie within 4001 quanta (13 * 308 >= 4000), so two live cells never meet in one bucket.
 */
export interface Window {
  readonly name: WindowName;
  readonly limit: keyof WindowLimits;
  readonly lengthMs: number;
  readonly quantumMs: number;
  /** Words from the start of an entry. */
  readonly offset: number;
}

const windowOf = (at: number, name: WindowName, limit: keyof WindowLimits, lengthMs: number): Window => ({
  name,
  limit,
  lengthMs,
  quantumMs: lengthMs / QUANTA,
  offset: ENTRY.windows + at * BUCKETS,
});

/** The windows of an entry, shortest first. */
export const WINDOWS: readonly [Window, Window, Window] = [
  windowOf(0, 'minute', 'perMinute', 60_000),
  windowOf(1, 'hour', 'perHour', 3_600_000),
  windowOf(2, 'day', 'perDay', 86_400_000),
];

/** Age before `lastMs`, in quanta, from which on a bucket is forgotten at `nowMs` (not before `lastMs`). */
function deadAge(window: Window, lastMs: number, nowMs: number): number {
  const age = Math.ceil(lastMs / window.quantumMs) - Math.floor(nowMs / window.quantumMs) + QUANTA;
  return Math.max(age, 0);
}

/** Sums the hits of a window that are not forgotten. The entry's last hit was at `lastMs`; `nowMs` is not before. */
export function countHits(
  words: Int32Array,
  entry: number,
  window: Window,
  lastMs: number,
  nowMs: number,
): number {
  const dead = deadAge(window, lastMs, nowMs);
  if (dead === 0) return 0;
  const last = Math.ceil(lastMs / window.quantumMs) & AGE_MASK;
  const at = entry + window.offset;
  let count = 0;
  for (let i = at; i < at + BUCKETS; i++) {
    const bucket = words[i] as number;
    if (((last - bucket) & AGE_MASK) < dead) count += bucket >>> AGE_BITS;
  }
  return count;
}

/** Clears what is forgotten. Must run before the entry's last hit moves on, because ages count from it. */
export function forgetHits(
  words: Int32Array,
  entry: number,
  window: Window,
  lastMs: number,
  nowMs: number,
): void {
  const dead = deadAge(window, lastMs, nowMs);
  // No live bucket is older than QUANTA, so above that none has died since.
  if (dead > QUANTA) return;
  const last = Math.ceil(lastMs / window.quantumMs) & AGE_MASK;
  const at = entry + window.offset;
  for (let i = at; i < at + BUCKETS; i++) {
    const bucket = words[i] as number;
    if (((last - bucket) & AGE_MASK) >= dead) words[i] = 0;
  }
}

/** Counts a hit at `nowMs`, the time of the entry's last hit; what is forgotten must be cleared, and the limit must have room. */
export function addHit(words: Int32Array, entry: number, window: Window, nowMs: number, cost: number): void {
  const quantum = Math.ceil(nowMs / window.quantumMs);
  const i = entry + window.offset + bucketOf(quantum);
  words[i] = ((((words[i] as number) >>> AGE_BITS) + cost) << AGE_BITS) | (quantum & AGE_MASK);
}

/** Finds when at least `excess` of the hits counted at `nowMs` will be forgotten, in epoch milliseconds. */
export function roomAtMs(
  words: Int32Array,
  entry: number,
  window: Window,
  lastMs: number,
  nowMs: number,
  excess: number,
): number {
  const last = Math.ceil(lastMs / window.quantumMs);
  const dead = deadAge(window, lastMs, nowMs);
  const newest = bucketOf(Math.ceil(nowMs / window.quantumMs));
  let count = 0;
  for (let i = 1; i <= BUCKETS; i++) {
    const bucket = words[entry + window.offset + ((newest + i) % BUCKETS)] as number;
    const age = ((last & AGE_MASK) - bucket) & AGE_MASK;
    if (age >= dead) continue;
    count += bucket >>> AGE_BITS;
    if (count >= excess) return (last - age) * window.quantumMs + window.lengthMs;
  }
  return Math.ceil(nowMs / window.quantumMs) * window.quantumMs + window.lengthMs;
}

/**
 * Takes hits of `takenMs` back, as far as they still count, from the bucket of their cell.
 *
 * Safety: a bucket that holds a later cell, or was forgotten, stays as it is. Where the entry's time was ahead when they were
 * counted, they lie in a later cell than is looked for here: what is taken then counted earlier and would have been forgotten earlier, so
 * what stays is remembered too long and never too short.
 */
export function takeHitsBack(
  words: Int32Array,
  entry: number,
  window: Window,
  lastMs: number,
  nowMs: number,
  takenMs: number,
  cost: number,
): void {
  const dead = deadAge(window, lastMs, nowMs);
  const taken = Math.ceil(takenMs / window.quantumMs);
  const i = entry + window.offset + bucketOf(taken);
  const bucket = words[i] as number;
  const last = Math.ceil(lastMs / window.quantumMs);
  const age = ((last & AGE_MASK) - bucket) & AGE_MASK;
  if (age >= dead || cellOf(last - age) !== cellOf(taken)) return;
  const left = Math.max(0, (bucket >>> AGE_BITS) - cost);
  words[i] = left === 0 ? 0 : (left << AGE_BITS) | (bucket & AGE_MASK);
}

const cellOf = (quantum: number): number => Math.floor(quantum / CELL_QUANTA);

function bucketOf(quantum: number): number {
  const inRing = quantum - Math.floor(quantum / RING_QUANTA) * RING_QUANTA;
  return (inRing / CELL_QUANTA) | 0;
}
