import { createSetTable, openSetTable, type SetTable, type TableKind } from './set-table.ts';

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

const KIND: TableKind = { name: 'replay', magic: 0x50435252, entryWords: REPLAY_ENTRY_WORDS };

/** A table of used identifiers as one thread sees it. An identifier may lie in either of two sets. */
export type ReplayTable = SetTable;

/**
 * Makes the memory of a replay table for all threads.
 *
 * Cost: 49 bytes per entry: a place and a half for each, because sets do not fill quite evenly. The first identifier
 * that finds both its sets full comes when about three quarters of the places are taken. The system provides memory as
 * it is used.
 * Errors: RangeError when `entries` is not a whole number from 1 to about 170 million.
 */
export function createReplayTable(options: { readonly entries: number }): SharedArrayBuffer {
  return createSetTable(KIND, options.entries * 1.5, { count: options.entries, what: 'entries' });
}

/** Looks into the memory that `createReplayTable` made; throws TypeError for any other. */
export function openReplayTable(buffer: SharedArrayBuffer): ReplayTable {
  return openSetTable(KIND, buffer);
}
