import { newWindowTime, WINDOWS, type WindowCount, type WindowTime } from './window.ts';

/** The most hits one request can have. */
export const MAX_HITS = 8;

/** What one `take` works with, by hit; reused, so that it allocates nothing. */
export interface TakeWork {
  /** Two words for each hit. */
  readonly hashes: Int32Array;
  readonly sets: Int32Array;
  /** Word index of the entry; -1 where there is none. */
  readonly entries: Int32Array;
  /** 1 where the entry is a place that belongs to another client still. */
  readonly isNew: Int32Array;
  /** What each window counts before this request, three for each hit. */
  readonly counts: Int32Array;
  /** Quantum of the oldest bucket that each window counts, three for each hit; -1 where none does. */
  readonly oldest: Float64Array;
  /** 1 where a window holds hits that are forgotten, three for each hit. */
  readonly hasForgotten: Int32Array;
  /** What is missing in the bucket before this request. */
  readonly debtsMs: Float64Array;
  /** 1 where the bucket had too few tokens. */
  readonly exceeded: Int32Array;
  /** When a hit that was refused has room; 0 where it is not to be kept. */
  readonly roomMs: Float64Array;
  /** Word indexes of the locks, ascending, each once. */
  readonly locks: Int32Array;
  readonly time: WindowTime;
  readonly found: WindowCount;
}

export function createWork(): TakeWork {
  return {
    hashes: new Int32Array(2 * MAX_HITS),
    sets: new Int32Array(MAX_HITS),
    entries: new Int32Array(MAX_HITS),
    isNew: new Int32Array(MAX_HITS),
    counts: new Int32Array(WINDOWS.length * MAX_HITS),
    oldest: new Float64Array(WINDOWS.length * MAX_HITS),
    hasForgotten: new Int32Array(WINDOWS.length * MAX_HITS),
    debtsMs: new Float64Array(MAX_HITS),
    exceeded: new Int32Array(MAX_HITS),
    roomMs: new Float64Array(MAX_HITS),
    locks: new Int32Array(MAX_HITS),
    time: newWindowTime(),
    found: { count: 0, oldest: -1, hasForgotten: false },
  };
}

/** Whether two hits of the request have the same counter. */
export function isSameCounter({ hashes }: TakeWork, a: number, b: number): boolean {
  return hashes[2 * a] === hashes[2 * b] && hashes[2 * a + 1] === hashes[2 * b + 1];
}
