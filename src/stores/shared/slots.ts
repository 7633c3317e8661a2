import type { CounterState, Hit } from '../../core/limits.ts';
import { insertAscending } from './ascending.ts';
import { createClientHash, type HashClient } from './client-hash.ts';
import { isAmong } from './entries.ts';
import { lockAll, unlockAll } from './set-lock.ts';
import { setOf, WAYS } from './set-table.ts';
import { countUnplaced, heldIn, lockTagOf, openSlotTable, SLOT, type SlotTable } from './slot-table.ts';
import { MAX_HITS } from './take-work.ts';

/** Nobody knows when a request will be over; so much later is worth another try. */
const TRY_AGAIN_MS = 1000;
const NO_PLACE = 'There is no place for another client with requests under way.';

/** Slots of requests that are under way, counted across threads. */
export interface Slots {
  /** Takes a slot for every hit with `concurrent`, or none; false says why in `state`, true leaves it alone. */
  take(hits: readonly Hit[], nowMs: number, state: CounterState): boolean;
  /** Gives back a slot that this thread holds; does nothing where it holds none. */
  release(scope: string, client: string): void;
}

/**
 * Opens the slots for one thread; `thread` is its index, that no other thread has meanwhile.
 *
 * Shape: a client belongs to two sets of eight and goes into the one with more room, so that sets fill evenly.
 * Safety: a lock is never taken from a thread that only seems dead: `clearSlots` frees those of a thread that has ended. So what is
 * written here is written by whoever holds the lock, and a slot cannot be lost to a thread that was late.
 * Cost: no allocation; two locks for each client.
 * Errors: RangeError for more than eight hits, or a thread that the table has no counts for.
 */
export function openSlots(buffer: SharedArrayBuffer, thread: number): Slots {
  const table = openSlotTable(buffer);
  if (!(Number.isInteger(thread) && thread >= 0 && thread < table.threads))
    throw new RangeError(`A slot table for ${table.threads} threads has none ${thread}.`);
  const { words } = table;
  const tag = lockTagOf(thread);
  const mineAt = SLOT.counts + thread;
  const hash = createClientHash(table.key0, table.key1);
  const search = createSearch();
  let acquisitions = 0;

  /** Takes the locks; returns the word that they hold. */
  const lock = (count: number): number => {
    acquisitions = (acquisitions + 1) & 0xfffff;
    lockAll(words, search.locks, count, tag | acquisitions, Number.POSITIVE_INFINITY);
    return tag | acquisitions;
  };

  return {
    take(hits, nowMs, state) {
      const locks = locate(table, hash, hits, search);
      if (locks === 0) return true;
      const mine = lock(locks);
      try {
        if (!findRoom(table, hits, nowMs, state, search)) return false;
        for (let i = 0; i < hits.length; i++) occupy(table, search, i, mineAt);
        return true;
      } finally {
        unlockAll(words, search.locks, locks, mine);
      }
    },
    release(scope, client) {
      hash(scope, client, search.hashes, 0);
      const locks = locateHit(table, search, 0, 0);
      const mine = lock(locks);
      try {
        const entry = findSlot(table, search, 0);
        if (entry >= 0 && (words[entry + mineAt] as number) > 0) words[entry + mineAt]!--;
      } finally {
        unlockAll(words, search.locks, locks, mine);
      }
    },
  };
}

/** What one piece of work uses, by hit; reused, so that it allocates nothing. */
interface SlotSearch {
  /** Two words for each hit. */
  readonly hashes: Int32Array;
  /** Two sets for each hit. */
  readonly sets: Int32Array;
  /** Word index of the entry; -1 where the hit needs none. */
  readonly entries: Int32Array;
  /** Word indexes of the locks, ascending, each once. */
  readonly locks: Int32Array;
}

function createSearch(): SlotSearch {
  return {
    hashes: new Int32Array(2 * MAX_HITS),
    sets: new Int32Array(2 * MAX_HITS),
    entries: new Int32Array(MAX_HITS),
    locks: new Int32Array(2 * MAX_HITS),
  };
}

/** Hashes the hits that have a limit and lists the locks they need; returns how many. */
function locate(table: SlotTable, hash: HashClient, hits: readonly Hit[], search: SlotSearch): number {
  if (hits.length > MAX_HITS) throw new RangeError(`A request cannot have more than ${MAX_HITS} hits.`);
  let locks = 0;
  for (let i = 0; i < hits.length; i++) {
    const { scope, client, limits } = hits[i] as Hit;
    search.entries[i] = -1;
    if (limits.concurrent === 0) continue;
    hash(scope, client, search.hashes, 2 * i);
    locks = locateHit(table, search, i, locks);
  }
  return locks;
}

function locateHit(
  table: SlotTable,
  { hashes, sets, locks }: SlotSearch,
  hit: number,
  count: number,
): number {
  const first = setOf(table, hashes[2 * hit] as number);
  const second = setOf(table, hashes[2 * hit + 1] as number);
  sets[2 * hit] = first;
  sets[2 * hit + 1] = second;
  return insertAscending(locks, insertAscending(locks, count, table.locksAt + first), table.locksAt + second);
}

/** Finds an entry with room for every hit; false, and why, when one has none. Needs the locks; writes nothing there. */
function findRoom(
  table: SlotTable,
  hits: readonly Hit[],
  nowMs: number,
  state: CounterState,
  search: SlotSearch,
): boolean {
  for (let i = 0; i < hits.length; i++) {
    const { concurrent } = (hits[i] as Hit).limits;
    if (concurrent === 0) continue;
    let entry = findSlot(table, search, i);
    if (entry < 0) entry = sameBefore(search, i);
    if (entry < 0) entry = freePlace(table, search, i);
    if (entry < 0) {
      countUnplaced(table);
      refuse(state, i, concurrent, nowMs, NO_PLACE);
      return false;
    }
    if (heldFor(table, search, i, entry) >= concurrent) {
      refuse(state, i, concurrent, nowMs, '');
      return false;
    }
    search.entries[i] = entry;
  }
  return true;
}

function refuse(state: CounterState, hit: number, limit: number, nowMs: number, problem: string): void {
  state.admitted = false;
  state.hit = hit;
  state.window = 'concurrent';
  state.limit = limit;
  state.remaining = 0;
  state.resetMs = nowMs + TRY_AGAIN_MS;
  state.burstToReview = -1;
  state.burstExceeded = false;
  state.degraded = problem === '' ? '' : 'deny';
  state.problem = problem;
}

/** The entry of a hit, in which a slot is taken; -1 when there is none. What a free place held before does not matter. */
function findSlot(table: SlotTable, { hashes, sets }: SlotSearch, hit: number): number {
  const { words, entriesAt, entryWords } = table;
  const hash0 = hashes[2 * hit] as number;
  const hash1 = hashes[2 * hit + 1] as number;
  for (let i = 0; i < 2; i++) {
    const first = entriesAt + (sets[2 * hit + i] as number) * WAYS * entryWords;
    for (let entry = first; entry < first + WAYS * entryWords; entry += entryWords) {
      if (words[entry + SLOT.hash + 1] !== hash1 || words[entry + SLOT.hash] !== hash0) continue;
      if (heldIn(table, entry) > 0) return entry;
    }
  }
  return -1;
}

/** The entry that an earlier hit of the request on the same slots is to have; -1 when there is none. */
function sameBefore({ hashes, entries }: SlotSearch, hit: number): number {
  // A hit without a limit has no entry, and what its hash says is of an earlier request.
  for (let i = 0; i < hit; i++)
    if ((entries[i] as number) >= 0 && isSame(hashes, i, hit)) return entries[i] as number;
  return -1;
}

const isSame = (hashes: Int32Array, a: number, b: number): boolean =>
  hashes[2 * a] === hashes[2 * b] && hashes[2 * a + 1] === hashes[2 * b + 1];

/** Slots taken in an entry, those of earlier hits of the request with them. */
function heldFor(table: SlotTable, { entries }: SlotSearch, hit: number, entry: number): number {
  let held = heldIn(table, entry);
  for (let i = 0; i < hit; i++) if (entries[i] === entry) held++;
  return held;
}

/** A free place in that of the two sets of a hit that has more of them; -1 when neither has one. */
function freePlace(table: SlotTable, { sets, entries }: SlotSearch, hit: number): number {
  const { entriesAt, entryWords } = table;
  let place = -1;
  let most = 0;
  for (let i = 0; i < 2; i++) {
    const first = entriesAt + (sets[2 * hit + i] as number) * WAYS * entryWords;
    let free = 0;
    let found = -1;
    for (let entry = first; entry < first + WAYS * entryWords; entry += entryWords) {
      if (heldIn(table, entry) > 0) continue;
      if (isAmong(entries, hit, entry)) continue;
      free++;
      found = entry;
    }
    if (free <= most) continue;
    most = free;
    place = found;
  }
  return place;
}

/** Takes a slot in the entry that was found for a hit; nothing where the hit needs none. */
function occupy({ words }: SlotTable, { hashes, entries }: SlotSearch, hit: number, mineAt: number): void {
  const entry = entries[hit] as number;
  if (entry < 0) return;
  words[entry + SLOT.hash] = hashes[2 * hit] as number;
  words[entry + SLOT.hash + 1] = hashes[2 * hit + 1] as number;
  words[entry + mineAt]!++;
}
