import { createSetTable, openSetTable, type SetTable, type TableKind } from './set-table.ts';

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

const KIND: TableKind = { name: 'counter', magic: 0x50435431, entryWords: ENTRY_WORDS };

/** A table of counters as one thread sees it. */
export interface CounterTable extends SetTable {
  readonly doubles: Float64Array<SharedArrayBuffer>;
}

/**
 * Makes the memory of a counter table for all threads.
 *
 * Cost: 192.5 bytes per client. Keys are spread over sets of eight by a random hash, so a table that is to keep every
 * live client apart wants about twice as many places as there are clients within the longest window.
 * Errors: RangeError when `clients` is not a whole number from 1 to about 44 million.
 */
export function createCounterTable(options: { readonly clients: number }): SharedArrayBuffer {
  return createSetTable(KIND, options.clients, { count: options.clients, what: 'clients' });
}

/** Looks into the memory that `createCounterTable` made; throws TypeError for any other. */
export function openCounterTable(buffer: SharedArrayBuffer): CounterTable {
  return { ...openSetTable(KIND, buffer), doubles: new Float64Array(buffer) };
}
