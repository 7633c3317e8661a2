import { getRandomValues } from 'node:crypto';

/** Entries that share one lock and one place in the table. */
export const WAYS = 8;

/** Words of one entry: 192 bytes, three lines of cache. */
export const ENTRY_WORDS = 48;

/** Where the parts of an entry lie, in words from its start. */
export const ENTRY = {
  /** Epoch second at which every limited window of the entry is empty, rounded up. */
  liveUntilS: 0,
  /** Epoch second until which a window of the entry is full, rounded up; 0 if none was. */
  fullUntilS: 1,
  /** Latest time of an admitted request, a double over two words. */
  lastSeenMs: 2,
  /** Two words of hash: all that is kept of scope and client. */
  hash: 4,
  /** Three windows of 14 buckets. */
  windows: 6,
} as const;

const MAGIC = 0x50435431;
const HEADER_WORDS = 16;
const MAX_BYTES = 2 ** 33;

/**
 * A table of counters as one thread sees it.
 *
 * Shape: header (magic, number of sets, two words of random hash key), one lock word per set, then the entries, eight
 * per set. Everything an entry holds may be touched only under the lock of its set.
 */
export interface CounterTable {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly doubles: Float64Array<SharedArrayBuffer>;
  readonly sets: number;
  /** Word index of the lock of set 0. */
  readonly locksAt: number;
  /** Word index of the first entry. */
  readonly entriesAt: number;
  readonly key0: number;
  readonly key1: number;
}

/**
 * Makes the memory of a counter table for all threads.
 *
 * Cost: 192.5 bytes per client. Keys are spread over sets of eight by a random hash, so a table that is to keep every
 * live client apart wants about twice as many places as there are clients within the longest window.
 * Errors: RangeError when `clients` is not a whole number from 1 to about 44 million.
 */
export function createCounterTable(options: { readonly clients: number }): SharedArrayBuffer {
  const sets = Math.ceil(options.clients / WAYS);
  const bytes = (entriesAtOf(sets) + sets * WAYS * ENTRY_WORDS) * 4;
  if (!Number.isInteger(options.clients) || options.clients < 1 || bytes > MAX_BYTES) {
    throw new RangeError(`A counter table cannot hold ${options.clients} clients.`);
  }
  const buffer = new SharedArrayBuffer(bytes);
  const key = getRandomValues(new Int32Array(2));
  new Int32Array(buffer).set([MAGIC, sets, key[0] as number, key[1] as number]);
  return buffer;
}

/** Looks into the memory that `createCounterTable` made; throws TypeError for any other. */
export function openCounterTable(buffer: SharedArrayBuffer): CounterTable {
  const header = new Int32Array(buffer, 0, Math.min(4, buffer.byteLength >> 2));
  const [magic, sets = 0, key0 = 0, key1 = 0] = header;
  const entriesAt = entriesAtOf(sets);
  if (magic !== MAGIC || buffer.byteLength !== (entriesAt + sets * WAYS * ENTRY_WORDS) * 4) {
    throw new TypeError('This memory is not a counter table.');
  }
  return {
    words: new Int32Array(buffer),
    doubles: new Float64Array(buffer),
    sets,
    locksAt: HEADER_WORDS,
    entriesAt,
    key0,
    key1,
  };
}

/** Entries start on a line of cache after the locks. */
function entriesAtOf(sets: number): number {
  return HEADER_WORDS + Math.ceil(sets / 16) * 16;
}
