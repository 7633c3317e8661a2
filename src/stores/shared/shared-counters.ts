import { threadId } from 'node:worker_threads';
import type { Counters, Hit } from '../../core/limits.ts';
import { insertAscending } from './ascending.ts';
import { createClientHash, type HashClient } from './client-hash.ts';
import { commit, commitRefusal } from './commit.ts';
import { type CounterTable, openCounterTable } from './counter-table.ts';
import { examine } from './examine.ts';
import { giveBackHit } from './give-back.ts';
import { isLocked, lockAll, unlockAll } from './set-lock.ts';
import { setOf } from './set-table.ts';
import { jumpMs } from './steady-time.ts';
import { createWork, MAX_HITS, type TakeWork } from './take-work.ts';

/** Waits of a millisecond with no sign of life before a lock is taken from a thread that must be dead. */
const PATIENCE = 1000;

/** About the year 33658. */
const MAX_TIME_MS = 1e15;

export interface SharedCounters extends Counters {
  /** Takes back what an admitted hit took at `takenMs`, as far as it still counts. Never throws for a hit that was admitted. */
  giveBack(hit: Hit, takenMs: number, nowMs: number): void;
}

export interface SharedCountersOptions {
  readonly patience?: number;
  /** A clock that nobody sets, the same for all threads; without one the clock of the calls is taken for one. */
  readonly monotonicMs?: () => number;
}

/**
 * Opens the counters that all threads share.
 *
 * Safety: an entry's time never runs backwards: a clock that is set back counts as standing still for each client until it catches up
 * with the last request admitted, for a second at most where there is a steady clock (see `jumpMs`). Limits above a million count as a
 * million. A change of limits applies to the counts there are; a window that was not limited until now starts empty. Two hits of
 * one request on the same counter count twice.
 * Cost: two or three boxed numbers, about half a microsecond; most of it is the way to memory where there are many clients. A refused request writes nothing but the mark that keeps its entry from
 * being given away, and the bursts it exceeded.
 * Errors: RangeError for more than eight hits, a cost that is no whole number from 1, or a time that is none: it would never be forgotten.
 */
export function openCounters(buffer: SharedArrayBuffer, options: SharedCountersOptions = {}): SharedCounters {
  const table = openCounterTable(buffer);
  const { words } = table;
  const patience = options.patience ?? PATIENCE;
  const { monotonicMs } = options;
  const tag = ((threadId % 1023) + 1) << 20;
  let acquisitions = 0;
  const hash = createClientHash(table.key0, table.key1);
  const work = createWork();
  const jumpAt = (nowMs: number): number => {
    if (!(nowMs >= 0 && nowMs < MAX_TIME_MS)) throw new RangeError(`The clock says ${nowMs}.`);
    return monotonicMs === undefined ? 0 : jumpMs(table, nowMs, monotonicMs());
  };
  const lock = (locks: number): number => {
    acquisitions = (acquisitions + 1) & 0xfffff;
    lockAll(words, work.locks, locks, tag | acquisitions, patience);
    return tag | acquisitions;
  };

  return {
    take(hits, nowMs, state) {
      const jumpedMs = jumpAt(nowMs);
      const steadyMs = nowMs - jumpedMs;
      const locks = locate(table, hash, hits, work);
      for (let done = false; !done; ) {
        const mine = lock(locks);
        try {
          examine(table, hits, steadyMs, state, work);
          done = isLocked(words, work.locks, locks, mine);
          if (done && state.admitted) commit(table, hits, steadyMs, state, work);
          else if (done) commitRefusal(table, hits, steadyMs, state, work);
        } finally {
          unlockAll(words, work.locks, locks, mine);
        }
      }
      state.resetMs += jumpedMs;
    },
    giveBack(hit, takenMs, nowMs) {
      const jumpedMs = jumpAt(nowMs);
      const { hashes, sets } = work;
      hash(hit.scope, hit.client, hashes, 0);
      const set = setOf(table, hashes[0] as number);
      sets[0] = set;
      work.locks[0] = table.locksAt + set;
      const mine = lock(1);
      try {
        if (!isLocked(words, work.locks, 1, mine)) return;
        const [hash0 = 0, hash1 = 0] = hashes;
        const steadyMs = nowMs - jumpedMs;
        giveBackHit(
          table,
          hit,
          set,
          hash0,
          hash1,
          Math.min(takenMs - jumpedMs, steadyMs),
          steadyMs,
          work.time,
        );
      } finally {
        unlockAll(words, work.locks, 1, mine);
      }
    },
  };
}

/** Hashes the hits and lists the locks they need, in order and each once; returns how many. */
function locate(table: CounterTable, hash: HashClient, hits: readonly Hit[], work: TakeWork): number {
  if (hits.length > MAX_HITS) throw new RangeError(`A request cannot have more than ${MAX_HITS} hits.`);
  const { hashes, sets, locks } = work;
  let count = 0;
  for (let i = 0; i < hits.length; i++) {
    const hit = hits[i] as Hit;
    if (!(Number.isInteger(hit.cost) && hit.cost > 0))
      throw new RangeError(`A request cannot cost ${hit.cost}.`);
    hash(hit.scope, hit.client, hashes, 2 * i);
    sets[i] = setOf(table, hashes[2 * i] as number);
    count = insertAscending(locks, count, table.locksAt + (sets[i] as number));
  }
  return count;
}
