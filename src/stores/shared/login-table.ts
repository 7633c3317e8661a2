import { getRandomValues } from 'node:crypto';
import { MAX_FAILURES, MAX_NAMES } from '../../core/logins.ts';

/** Entries that share one lock and one place in the table. */
export const WAYS = 8;

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

const MAGIC = 0x504c4731;
const HEADER_WORDS = 16;

/**
 * A table of addresses and their logins as one thread sees it.
 *
 * Shape: header (magic, number of sets, two words of random hash key), one lock word per set, then the entries, eight
 * per set. Everything an entry holds may be touched only under the lock of its set.
 * Units: moments are whole seconds since 2020, so that they fit 31 bits until 2088.
 */
export interface LoginTable {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly sets: number;
  /** Word index of the lock of set 0. */
  readonly locksAt: number;
  /** Word index of the first entry. */
  readonly entriesAt: number;
  readonly key0: number;
  readonly key1: number;
}

/** Makes the memory of a login table for all threads; 768 bytes per address. */
export function createLoginTable(options: { readonly addresses: number }): SharedArrayBuffer {
  const sets = Math.ceil(options.addresses / WAYS);
  const buffer = new SharedArrayBuffer((entriesAtOf(sets) + sets * WAYS * ENTRY.words) * 4);
  const key = getRandomValues(new Int32Array(2));
  new Int32Array(buffer).set([MAGIC, sets, key[0] as number, key[1] as number]);
  return buffer;
}

/** Looks into the memory that `createLoginTable` made; throws TypeError for any other. */
export function openLoginTable(buffer: SharedArrayBuffer): LoginTable {
  const [magic, sets = 0, key0 = 0, key1 = 0] = new Int32Array(
    buffer,
    0,
    Math.min(4, buffer.byteLength >> 2),
  );
  const entriesAt = entriesAtOf(sets);
  if (magic !== MAGIC || buffer.byteLength !== (entriesAt + sets * WAYS * ENTRY.words) * 4) {
    throw new TypeError('This memory is not a login table.');
  }
  const words = new Int32Array(buffer);
  return { words, bytes: new Uint8Array(buffer), sets, locksAt: HEADER_WORDS, entriesAt, key0, key1 };
}

/** Entries start on a line of cache after the locks. */
function entriesAtOf(sets: number): number {
  return HEADER_WORDS + Math.ceil(sets / 16) * 16;
}

/** Set that a hash belongs to. */
export function setOf(table: LoginTable, hash0: number): number {
  return Math.floor(((hash0 >>> 0) / 0x1_0000_0000) * table.sets);
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
