import { createSetTable, OWN_WORDS_AT, openSetTable, type SetTable, type TableKind } from './set-table.ts';

/** Words of one entry: 208 bytes. */
export const ENTRY_WORDS = 52;

/** Where the parts of an entry lie, in words from its start. */
export const ENTRY = {
  /** How long after `lastSeenMs` the entry matters, and what forgetting it would give away; see life.ts. */
  life: 0,
  /** Second until which the client has no room for another request like its last, rounded up; 0 if it had. */
  fullUntilS: 1,
  /** Latest time of an admitted request, a double over two words. */
  lastSeenMs: 2,
  /** Two words of hash: all that is kept of scope and client. */
  hash: 4,
  /** Three windows of 14 buckets. */
  windows: 6,
  /** What is missing in the token bucket at `lastSeenMs`, as the time in which it refills; a double over two words. */
  debtMs: 48,
  /** Two words with the bursts that were exceeded; see burst-history.ts. */
  history: 50,
} as const;

/** Words of the header. */
export const HEADER = {
  /** Requests that were refused because there was no place for their client. */
  unplaced: OWN_WORDS_AT,
  /** See steady-time.ts. */
  epochS: OWN_WORDS_AT + 1,
  jumpS: OWN_WORDS_AT + 2,
} as const;

const KIND: TableKind = { name: 'counter', magic: 0x50435434, entryWords: ENTRY_WORDS, hasNotes: true };

/** A table of counters as one thread sees it. The note of a set tells when a client that still counted was last forgotten. */
export interface CounterTable extends SetTable {
  readonly doubles: Float64Array<SharedArrayBuffer>;
}

/**
 * Makes the memory of a counter table for all threads.
 *
 * Cost: 208.6 bytes per client, that the system provides as they are used. Keys are spread over sets of eight by a random hash, so a
 * table that is to keep every live client apart wants about twice as many places as there are clients within the longest window.
 * Errors: RangeError when `clients` is not a whole number from 1 to about 41 million.
 */
export function createCounterTable(options: { readonly clients: number }): SharedArrayBuffer {
  return createSetTable(KIND, options.clients, { count: options.clients, what: 'clients' });
}

/** Looks into the memory that `createCounterTable` made; throws TypeError for any other. */
export function openCounterTable(buffer: SharedArrayBuffer): CounterTable {
  return { ...openSetTable(KIND, buffer), doubles: new Float64Array(buffer) };
}

/** How many requests were refused because there was no place for their client. */
export function unplacedClients(table: CounterTable): number {
  return Atomics.load(table.words, HEADER.unplaced) >>> 0;
}
