import { getRandomValues } from 'node:crypto';

/** Entries that share one lock and one place in a table. */
export const WAYS = 8;

/** Sets that share a note. */
const SETS_PER_NOTE = 8;
const HEADER_WORDS = 16;
/** First of the twelve words of the header that a kind of table uses as it likes. */
export const OWN_WORDS_AT = 4;
const MAX_BYTES = 2 ** 33;

/** What tells one kind of table from another. */
export interface TableKind {
  readonly name: string;
  /** First word of its memory. */
  readonly magic: number;
  readonly entryWords: number;
  /** Whether the table notes something for every eight sets, a word each. */
  readonly hasNotes?: boolean;
}

/**
 * A table in shared memory as one thread sees it.
 *
 * Shape: header (magic, number of sets, two words of random hash key), one lock word per set, then the entries, eight
 * per set, then the notes, if it has any. What an entry holds may be touched only under the lock of its set.
 */
export interface SetTable {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly sets: number;
  /** Word index of the lock of set 0. */
  readonly locksAt: number;
  /** Word index of the first entry. */
  readonly entriesAt: number;
  /** Word index behind the entries, where the notes begin. */
  readonly notesAt: number;
  readonly key0: number;
  readonly key1: number;
}

/** Entries start on a line of cache after the locks. */
function entriesAtOf(sets: number): number {
  return HEADER_WORDS + Math.ceil(sets / 16) * 16;
}

function notesAtOf({ entryWords }: TableKind, sets: number): number {
  return entriesAtOf(sets) + sets * WAYS * entryWords;
}

/** Whole pairs of words, so that they can be read as doubles. */
function bytesOf(kind: TableKind, sets: number): number {
  const notes = kind.hasNotes ? Math.ceil(sets / SETS_PER_NOTE) : 0;
  return Math.ceil((notesAtOf(kind, sets) + notes) / 2) * 8;
}

/**
 * Makes the memory of a table with `places` entries for all threads; the system provides it as it is used.
 *
 * Errors: RangeError that names what was asked for when `asked` is no whole number from 1, or the memory would exceed 8 GiB.
 */
export function createSetTable(
  kind: TableKind,
  places: number,
  asked: { readonly count: number; readonly what: string },
): SharedArrayBuffer {
  const sets = Math.ceil(places / WAYS);
  const bytes = bytesOf(kind, sets);
  if (!Number.isInteger(asked.count) || asked.count < 1 || bytes > MAX_BYTES) {
    throw new RangeError(`A ${kind.name} table cannot hold ${asked.count} ${asked.what}.`);
  }
  const buffer = new SharedArrayBuffer(bytes);
  const key = getRandomValues(new Int32Array(2));
  new Int32Array(buffer).set([kind.magic, sets, key[0] as number, key[1] as number]);
  return buffer;
}

/** Looks into the memory that `createSetTable` made for this kind; throws TypeError for any other. */
export function openSetTable(kind: TableKind, buffer: SharedArrayBuffer): SetTable {
  const header = new Int32Array(buffer, 0, Math.min(4, buffer.byteLength >> 2));
  const [magic, sets = 0, key0 = 0, key1 = 0] = header;
  if (magic !== kind.magic || buffer.byteLength !== bytesOf(kind, sets))
    throw new TypeError(`This memory is not a ${kind.name} table.`);
  const entriesAt = entriesAtOf(sets);
  const notesAt = notesAtOf(kind, sets);
  return { words: new Int32Array(buffer), sets, locksAt: HEADER_WORDS, entriesAt, notesAt, key0, key1 };
}

/** Set that a hash belongs to. */
export function setOf(table: SetTable, hash0: number): number {
  return Math.floor(((hash0 >>> 0) / 0x1_0000_0000) * table.sets);
}

/** Word index of the note of a set. */
export function noteOf(table: SetTable, set: number): number {
  return table.notesAt + Math.floor(set / SETS_PER_NOTE);
}
