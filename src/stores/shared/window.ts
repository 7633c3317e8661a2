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

/** The limit of window number `w`. */
export function windowLimit(limits: WindowLimits, w: number): number {
  const limit = w === 0 ? limits.perMinute : w === 1 ? limits.perHour : limits.perDay;
  return Math.min(limit, MAX_COUNT);
}

/** One instant in the steps of each window; reused, and worked out again only when it changes. */
export interface WindowTime {
  ms: number;
  /** Quantum that it lies in, and the one that a hit is stored as, by window. */
  readonly floor: Float64Array;
  readonly ceil: Float64Array;
  /** Bucket of such a hit. */
  readonly bucket: Int32Array;
}

export function newWindowTime(): WindowTime {
  const [floor, ceil, bucket] = [new Float64Array(3), new Float64Array(3), new Int32Array(3)];
  return { ms: Number.NaN, floor, ceil, bucket };
}

/** Makes it that instant. */
export function setWindowTime(time: WindowTime, ms: number): void {
  if (time.ms === ms) return;
  time.ms = ms;
  for (let w = 0; w < WINDOWS.length; w++) {
    const quanta = ms / WINDOWS[w]!.quantumMs;
    const ceil = Math.ceil(quanta);
    time.floor[w] = Math.floor(quanta);
    time.ceil[w] = ceil;
    time.bucket[w] = bucketOf(ceil);
  }
}

/** What one window of an entry holds at an instant. Reused. */
export interface WindowCount {
  count: number;
  /** Quantum of the oldest bucket that counts; -1 where none does. */
  oldest: number;
  /** Whether a bucket holds hits that are forgotten. */
  hasForgotten: boolean;
}

/** Age before the entry's last hit, in quanta, from which on a bucket is forgotten at `time` (not before that hit). */
function deadAge(w: number, last: number, time: WindowTime): number {
  return Math.max(0, last - (time.floor[w] as number) + QUANTA);
}

/** Quantum of the entry's last hit, at `lastMs`. */
function lastQuantum(w: number, lastMs: number, time: WindowTime): number {
  return lastMs === time.ms ? (time.ceil[w] as number) : Math.ceil(lastMs / WINDOWS[w]!.quantumMs);
}

/** Sums the hits of a window that are not forgotten. The entry's last hit was at `lastMs`; `time` is not before. */
export function countHits(
  words: Int32Array,
  entry: number,
  w: number,
  lastMs: number,
  time: WindowTime,
  found: WindowCount,
): void {
  const last = lastQuantum(w, lastMs, time);
  const dead = deadAge(w, last, time);
  const lastAge = last & AGE_MASK;
  const at = entry + WINDOWS[w]!.offset;
  let count = 0;
  let oldestAge = -1;
  found.hasForgotten = false;
  for (let i = at; i < at + BUCKETS; i++) {
    const bucket = words[i] as number;
    if (bucket === 0) continue;
    const age = (lastAge - bucket) & AGE_MASK;
    if (age < dead) {
      count += bucket >>> AGE_BITS;
      if (age > oldestAge) oldestAge = age;
    } else found.hasForgotten = true;
  }
  found.count = count;
  found.oldest = oldestAge < 0 ? -1 : last - oldestAge;
}

/** Clears what is forgotten. Must run before the entry's last hit moves on, because ages count from it. */
export function forgetHits(
  words: Int32Array,
  entry: number,
  w: number,
  lastMs: number,
  time: WindowTime,
): void {
  const last = lastQuantum(w, lastMs, time);
  const dead = deadAge(w, last, time);
  // No live bucket is older than QUANTA, so above that none has died since.
  if (dead > QUANTA) return;
  const at = entry + WINDOWS[w]!.offset;
  for (let i = at; i < at + BUCKETS; i++) {
    const bucket = words[i] as number;
    if (((last - bucket) & AGE_MASK) >= dead) words[i] = 0;
  }
}

/** Counts a hit at `time`, the time of the entry's last hit; what is forgotten must be cleared, and the limit must have room. */
export function addHit(words: Int32Array, entry: number, w: number, time: WindowTime, cost: number): void {
  const i = entry + WINDOWS[w]!.offset + (time.bucket[w] as number);
  const count = ((words[i] as number) >>> AGE_BITS) + cost;
  words[i] = (count << AGE_BITS) | ((time.ceil[w] as number) & AGE_MASK);
}

/** When the first of the hits will be forgotten, of which the oldest lies in that quantum; -1 where there was none before `time`. */
export function firstForgottenMs(w: number, oldest: number, time: WindowTime): number {
  const { quantumMs, lengthMs } = WINDOWS[w]!;
  // A hit in the same bucket makes it younger.
  const isFirst = oldest < 0 || bucketOf(oldest) === time.bucket[w];
  return (isFirst ? (time.ceil[w] as number) : oldest) * quantumMs + lengthMs;
}

/** Finds when at least `excess` of the hits counted at `time` will be forgotten, in epoch milliseconds. */
export function roomAtMs(
  words: Int32Array,
  entry: number,
  w: number,
  lastMs: number,
  time: WindowTime,
  excess: number,
): number {
  const { offset, quantumMs, lengthMs } = WINDOWS[w]!;
  const last = lastQuantum(w, lastMs, time);
  const dead = deadAge(w, last, time);
  const newest = time.bucket[w] as number;
  let count = 0;
  for (let i = 1; i <= BUCKETS; i++) {
    const bucket = words[entry + offset + ((newest + i) % BUCKETS)] as number;
    const age = ((last & AGE_MASK) - bucket) & AGE_MASK;
    if (age >= dead) continue;
    count += bucket >>> AGE_BITS;
    if (count >= excess) return (last - age) * quantumMs + lengthMs;
  }
  return (time.ceil[w] as number) * quantumMs + lengthMs;
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
  w: number,
  lastMs: number,
  time: WindowTime,
  takenMs: number,
  cost: number,
): void {
  const { offset, quantumMs } = WINDOWS[w]!;
  const last = lastQuantum(w, lastMs, time);
  const taken = Math.ceil(takenMs / quantumMs);
  const i = entry + offset + bucketOf(taken);
  const bucket = words[i] as number;
  const age = ((last & AGE_MASK) - bucket) & AGE_MASK;
  if (age >= deadAge(w, last, time) || cellOf(last - age) !== cellOf(taken)) return;
  const left = Math.max(0, (bucket >>> AGE_BITS) - cost);
  words[i] = left === 0 ? 0 : (left << AGE_BITS) | (bucket & AGE_MASK);
}

const cellOf = (quantum: number): number => Math.floor(quantum / CELL_QUANTA);

function bucketOf(quantum: number): number {
  const inRing = quantum - Math.floor(quantum / RING_QUANTA) * RING_QUANTA;
  return (inRing / CELL_QUANTA) | 0;
}
