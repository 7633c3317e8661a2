import { REPLAY_ENTRY as ENTRY, REPLAY_ENTRY_WORDS, type ReplayTable } from './replay-table.ts';
import { setOf, WAYS } from './set-table.ts';

/** What the table says of an identifier; reused between calls. */
export interface ReplaySearch {
  /** Hash of scope and identifier, and of the binding. */
  readonly hash: Int32Array;
  readonly binding: Int32Array;
  /** The two sets where the identifier may lie. */
  readonly sets: Int32Array;
  /** Word indexes of their locks, ascending. */
  readonly locks: Int32Array;
  /** 1 when both sets are the same. */
  lockCount: number;
  /** Word index of the identifier's entry, or of a place for it; -1 when there is neither. */
  entry: number;
  /** Whether it is the identifier's and still matters. */
  live: boolean;
  /** Whether its binding is the one that is asked about. */
  same: boolean;
}

export function createSearch(): ReplaySearch {
  const pair = () => new Int32Array(2);
  const place = { lockCount: 0, entry: -1, live: false, same: false };
  return { hash: pair(), binding: pair(), sets: pair(), locks: pair(), ...place };
}

/** Finds the sets of the hash and their locks. */
export function locateSets(table: ReplayTable, search: ReplaySearch): void {
  const { hash, sets, locks } = search;
  const first = setOf(table, hash[0] as number);
  const second = setOf(table, hash[1] as number);
  sets[0] = first;
  sets[1] = second;
  locks[0] = table.locksAt + Math.min(first, second);
  locks[1] = table.locksAt + Math.max(first, second);
  search.lockCount = first === second ? 1 : 2;
}

/** Finds the entry of the hash, or the place for one in the set that has more room. Needs the locks of both sets. */
export function findReplay(table: ReplayTable, search: ReplaySearch, nowMs: number): void {
  let [place, room] = [-1, 0];
  for (let i = 0; i < search.lockCount; i++) {
    let [free, freePlaces] = [-1, 0];
    const start = table.entriesAt + (search.sets[i] as number) * WAYS * REPLAY_ENTRY_WORDS;
    const end = start + WAYS * REPLAY_ENTRY_WORDS;
    for (let entry = start; entry < end; entry += REPLAY_ENTRY_WORDS) {
      if (isOf(table.words, entry, search.hash)) return foundAt(table.words, search, entry, nowMs);
      if (isLive(table.words, entry, nowMs)) continue;
      free = entry;
      freePlaces++;
    }
    if (freePlaces > room) [place, room] = [free, freePlaces];
  }
  search.entry = place;
  search.live = false;
  search.same = false;
}

function foundAt(words: Int32Array, search: ReplaySearch, entry: number, nowMs: number): void {
  const { binding } = search;
  search.entry = entry;
  search.live = isLive(words, entry, nowMs);
  search.same =
    words[entry + ENTRY.binding] === binding[0] && words[entry + ENTRY.binding + 1] === binding[1];
}

function isOf(words: Int32Array, entry: number, hash: Int32Array): boolean {
  return words[entry + ENTRY.hash + 1] === hash[1] && words[entry + ENTRY.hash] === hash[0];
}

function isLive(words: Int32Array, entry: number, nowMs: number): boolean {
  return words[entry + ENTRY.hash + 1] !== 0 && ((words[entry + ENTRY.freeS] as number) >>> 0) * 1000 > nowMs;
}

/**
 * Writes an entry at the place that was found.
 *
 * Safety: when it matters is written before the hash: a thread that dies in between leaves a free place.
 */
export function putReplay(table: ReplayTable, search: ReplaySearch, freeS: number, confirmedS: number): void {
  const { words } = table;
  const { entry, hash, binding } = search;
  words[entry + ENTRY.hash + 1] = 0;
  words[entry + ENTRY.binding] = binding[0] as number;
  words[entry + ENTRY.binding + 1] = binding[1] as number;
  words[entry + ENTRY.freeS] = freeS;
  words[entry + ENTRY.confirmedS] = confirmedS;
  words[entry + ENTRY.hash] = hash[0] as number;
  words[entry + ENTRY.hash + 1] = hash[1] as number;
}

/** Lets an entry matter until then at least. */
export function extendReplay(table: ReplayTable, entry: number, freeS: number): void {
  const at = entry + ENTRY.freeS;
  if ((table.words[at] as number) >>> 0 < freeS) table.words[at] = freeS;
}

/** Makes an entry one that does not matter any more. */
export function freeReplay(table: ReplayTable, entry: number): void {
  table.words[entry + ENTRY.freeS] = 0;
}

/** Whether a shared store has confirmed the binding until later than now. */
export function isConfirmed(table: ReplayTable, entry: number, nowMs: number): boolean {
  return ((table.words[entry + ENTRY.confirmedS] as number) >>> 0) * 1000 > nowMs;
}
