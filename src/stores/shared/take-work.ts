import { WINDOWS } from './window.ts';

/** The most hits one request can have. */
export const MAX_HITS = 8;

/** What one `take` works with, by hit; reused, so that it allocates nothing. */
export interface TakeWork {
  /** Two words for each hit. */
  readonly hashes: Int32Array;
  readonly sets: Int32Array;
  /** Word index of the entry; -1 where there is none. */
  readonly entries: Int32Array;
  /** What each window counts before this request, three for each hit. */
  readonly counts: Int32Array;
  /** Word indexes of the locks, ascending, each once. */
  readonly locks: Int32Array;
}

export function createWork(): TakeWork {
  return {
    hashes: new Int32Array(2 * MAX_HITS),
    sets: new Int32Array(MAX_HITS),
    entries: new Int32Array(MAX_HITS),
    counts: new Int32Array(WINDOWS.length * MAX_HITS),
    locks: new Int32Array(MAX_HITS),
  };
}
