import { MAX_FAILURES, MAX_NAMES } from '../../core/logins.ts';
import { createSetTable, openSetTable, type SetTable, type TableKind, WAYS } from './set-table.ts';

/** Logins that can be counted of one address: those that are let be, and the one that blocks. */
export const TRIES = MAX_FAILURES + 1;

/** What is kept of one user name. */
export const NAME = {
  /** First word of its tag, never 0. */
  tag: 0,
  /** When a login with it failed last; 0: never. */
  failedS: 1,
  /** When a login with it succeeded last; 0: never. */
  succeededS: 2,
  /** Until when the address may not try it; 0: it may. */
  refusedUntilS: 3,
  words: 4,
} as const;

const TRIES_AT = 28;
const NAMES_AT = TRIES_AT + TRIES;

/** Where the parts of an entry lie, in words from its start. */
export const ENTRY = {
  /** Two words; the second is 0 in a free place and never otherwise. */
  hash: 0,
  /** 0: not blocked. */
  blockedUntilS: 2,
  /** Position in `CAUSES`. */
  cause: 3,
  /** From when on nothing of the entry counts any more. */
  liveUntilS: 4,
  /** 4 or 6. */
  family: 5,
  bits: 6,
  address: 7,
  /** Number of bytes of the realm's name, and the bytes. */
  realmLength: 11,
  realm: 12,
  /** One word for each login that failed or is under way. */
  tries: TRIES_AT,
  names: NAMES_AT,
  words: Math.ceil((NAMES_AT + MAX_NAMES * NAME.words) / 16) * 16,
} as const;

/** Longest name of a realm that is kept, in bytes. */
export const REALM_BYTES = 4 * (ENTRY.tries - ENTRY.realm);

const KIND: TableKind = { name: 'login', magic: 0x504c4731, entryWords: ENTRY.words };

/**
 * A table of addresses and their logins as one thread sees it.
 *
 * Units: moments are whole seconds since 2020, so that they fit 31 bits until 2088.
 */
export interface LoginTable extends SetTable {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** Makes the memory of a login table for all threads; 768 bytes per address. */
export function createLoginTable(options: { readonly addresses: number }): SharedArrayBuffer {
  return createSetTable(KIND, options.addresses, { count: options.addresses, what: 'addresses' });
}

/** Looks into the memory that `createLoginTable` made; throws TypeError for any other. */
export function openLoginTable(buffer: SharedArrayBuffer): LoginTable {
  return { ...openSetTable(KIND, buffer), bytes: new Uint8Array(buffer) };
}

/** Word index of the first entry of a set. */
export function firstEntry(table: LoginTable, set: number): number {
  return table.entriesAt + set * WAYS * ENTRY.words;
}

/** 2020-01-01. */
const BASE_MS = Date.UTC(2020, 0, 1);
const MAX_S = 0x7fff_ffff;

/** The first whole second at or after a moment, as entries keep it. */
export function secondAt(ms: number): number {
  return Math.min(MAX_S, Math.max(1, Math.ceil((ms - BASE_MS) / 1000)));
}

export function msOf(second: number): number {
  return BASE_MS + second * 1000;
}
