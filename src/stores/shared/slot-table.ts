import {
  createSetTable,
  OWN_WORDS_AT,
  openSetTable,
  type SetTable,
  type TableKind,
  WAYS,
} from './set-table.ts';

/** Where the parts of an entry lie, in words from its start. */
export const SLOT = {
  /** Two words of hash: all that is kept of scope and client. */
  hash: 0,
  /** One count for each thread. */
  counts: 2,
} as const;

const THREADS_AT = OWN_WORDS_AT;
/** Word of the header that counts requests for which there was no place. */
const UNPLACED_AT = OWN_WORDS_AT + 1;

/**
 * The slots of requests under way, as one thread sees them.
 *
 * Shape: an entry is a client with a count for each thread. A thread writes no count but its own, so what a thread held when it died is
 * known and can be taken back. An entry whose counts are all 0 is free.
 */
export interface SlotTable extends SetTable {
  readonly threads: number;
  readonly entryWords: number;
}

const kindOf = (threads: number): TableKind => ({
  name: 'slot',
  magic: 0x50435332,
  entryWords: SLOT.counts + threads,
});

/**
 * Makes the memory for slots of `places` clients that have requests under way at once.
 *
 * Errors: RangeError when one of the two is not a whole number from 1, or both together are too many.
 */
export function createSlotTable(options: {
  readonly places: number;
  readonly threads: number;
}): SharedArrayBuffer {
  const { places, threads } = options;
  if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`A slot table cannot serve ${threads} threads.`);
  const buffer = createSetTable(kindOf(threads), places, { count: places, what: 'clients' });
  new Int32Array(buffer)[THREADS_AT] = threads;
  return buffer;
}

/** Looks into the memory that `createSlotTable` made; throws TypeError for any other. */
export function openSlotTable(buffer: SharedArrayBuffer): SlotTable {
  const [threads = 0] = new Int32Array(buffer, 0, Math.min(THREADS_AT + 1, buffer.byteLength >> 2)).slice(
    THREADS_AT,
  );
  const kind = kindOf(threads);
  return { ...openSetTable(kind, buffer), threads, entryWords: kind.entryWords };
}

/** The part of a lock word that tells whose it is: a thread that starts in the place of another has the same. */
export function lockTagOf(thread: number): number {
  return (thread + 1) << 20;
}

const TAG_MASK = -1 << 20;

/**
 * Takes back every slot and every lock of a thread that has ended, before another starts in its place.
 *
 * Safety: nobody else writes the counts of that thread, and whoever reads one meanwhile sees what was held or nothing. The counts go
 * before the locks, so that whoever waited for one finds them gone.
 */
export function clearSlots(table: SlotTable, thread: number): void {
  const { words, sets, threads, entryWords, locksAt, entriesAt } = table;
  if (!(thread >= 0 && thread < threads))
    throw new RangeError(`A slot table for ${threads} threads has none ${thread}.`);
  const end = entriesAt + sets * WAYS * entryWords;
  for (let at = entriesAt + SLOT.counts + thread; at < end; at += entryWords) {
    if (words[at] !== 0) Atomics.store(words, at, 0);
  }
  const tag = lockTagOf(thread);
  for (let at = locksAt; at < locksAt + sets; at++) {
    const holder = Atomics.load(words, at);
    if ((holder & TAG_MASK) === tag) Atomics.compareExchange(words, at, holder, 0);
  }
}

/** Counts a request that was refused because there was no place for its client. */
export function countUnplaced(table: SetTable): void {
  Atomics.add(table.words, UNPLACED_AT, 1);
}

/** How many requests were refused because there was no place for their client. */
export function unplacedIn(table: SetTable): number {
  return Atomics.load(table.words, UNPLACED_AT) >>> 0;
}

/** Slots that all threads hold in an entry. */
export function heldIn(table: SlotTable, entry: number): number {
  let held = 0;
  for (let at = entry + SLOT.counts; at < entry + SLOT.counts + table.threads; at++)
    held += table.words[at] as number;
  return held;
}

/** How many slots are taken. Cost: looks at every entry. */
export function slotsTaken(table: SlotTable): number {
  const { sets, entryWords, entriesAt } = table;
  const end = entriesAt + sets * WAYS * entryWords;
  let taken = 0;
  for (let entry = entriesAt; entry < end; entry += entryWords) taken += heldIn(table, entry);
  return taken;
}
