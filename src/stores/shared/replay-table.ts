import { getRandomValues } from 'node:crypto';

/** Entries that share one lock. */
export const REPLAY_WAYS = 8;
/** Words of one entry: 32 bytes, half a line of cache. */
export const REPLAY_ENTRY_WORDS = 8;

/** Where the parts of an entry lie, in words from its start. */
export const REPLAY_ENTRY = {
  /** Two words of hash, the second 0 when the place is free: all that is kept of scope and identifier. */
  hash: 0,
  /** Two words of hash of the binding; 0 and 0 for what may be used once. */
  binding: 2,
  /** Epoch second from which on the entry does not matter any more, rounded up. */
  freeS: 4,
  /** Epoch second until which a store that nodes share has confirmed the binding, rounded down; 0 for never. */
  confirmedS: 5,
} as const;

const MAGIC = 0x50435252;
const HEADER_WORDS = 16;
const MAX_BYTES = 2 ** 33;

/**
 * A table of used identifiers as one thread sees it.
 *
 * Shape: header (magic, number of sets, two words of random hash key), one lock word per set, then the entries, eight
 * per set. An identifier may lie in either of two sets; what an entry holds may be touched only under the lock of its
 * set.
 */
export interface ReplayTable {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly sets: number;
  /** Word index of the lock of set 0. */
  readonly locksAt: number;
  /** Word index of the first entry. */
  readonly entriesAt: number;
  readonly key0: number;
  readonly key1: number;
}

/** Entries start on a line of cache after the locks. */
function entriesAtOf(sets: number): number {
  return HEADER_WORDS + Math.ceil(sets / 16) * 16;
}

/**
 * Makes the memory of a replay table for all threads.
 *
 * Cost: 49 bytes per entry: a place and a half for each, because sets do not fill quite evenly. The first identifier
 * that finds both its sets full comes when about three quarters of the places are taken. The system provides memory as
 * it is used.
 * Errors: RangeError when `entries` is not a whole number from 1 to about 170 million.
 */
export function createReplayTable(options: { readonly entries: number }): SharedArrayBuffer {
  const sets = Math.ceil((options.entries * 1.5) / REPLAY_WAYS);
  const bytes = (entriesAtOf(sets) + sets * REPLAY_WAYS * REPLAY_ENTRY_WORDS) * 4;
  if (!Number.isInteger(options.entries) || options.entries < 1 || bytes > MAX_BYTES) {
    throw new RangeError(`A replay table cannot hold ${options.entries} entries.`);
  }
  const buffer = new SharedArrayBuffer(bytes);
  const key = getRandomValues(new Int32Array(2));
  new Int32Array(buffer).set([MAGIC, sets, key[0] as number, key[1] as number]);
  return buffer;
}

/** Looks into the memory that `createReplayTable` made; throws TypeError for any other. */
export function openReplayTable(buffer: SharedArrayBuffer): ReplayTable {
  const header = new Int32Array(buffer, 0, Math.min(4, buffer.byteLength >> 2));
  const [magic, sets = 0, key0 = 0, key1 = 0] = header;
  const entriesAt = entriesAtOf(sets);
  const bytes = (entriesAt + sets * REPLAY_WAYS * REPLAY_ENTRY_WORDS) * 4;
  if (magic !== MAGIC || buffer.byteLength !== bytes)
    throw new TypeError('This memory is not a replay table.');
  return { words: new Int32Array(buffer), sets, locksAt: HEADER_WORDS, entriesAt, key0, key1 };
}
