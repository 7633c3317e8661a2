import { threadId } from 'node:worker_threads';
import {
  BEHAVIOUR_RULES,
  type BehaviourBlock,
  type BehaviourFinding,
  type BehaviourLimits,
  type BehaviourRule,
  type Behaviours,
  type SeenRequest,
  type WatchedClient,
} from '../../core/behaviour.ts';
import {
  claimBehaviour,
  countBehaviour,
  findBehaviour,
  findFreeBehaviour,
  findingOf,
} from './behaviour-entries.ts';
import { type BehaviourTable, ENTRY, openBehaviourTable } from './behaviour-table.ts';
import { createClientHash, type HashClient } from './client-hash.ts';
import { msOf, secondAt } from './login-table.ts';
import { isLocked, lockAll, unlockAll } from './set-lock.ts';
import { OWN_WORDS_AT, setOf } from './set-table.ts';

/** Waits of a millisecond with no sign of life before a lock is taken from a thread that must be dead. */
const PATIENCE = 1000;
/** Word of the header: second until which somebody may be blocked. */
export const LATEST_BLOCK_AT = OWN_WORDS_AT;

/**
 * What clients do, counted for all threads together.
 *
 * Shape: two panes of half a window each, so that what is counted is between half a window and a whole one old.
 * Cost: while nobody is blocked a request that asks for no object costs one atomic read; any other about two microseconds and no lock
 * of anybody else's.
 * Safety: a client that finds no place is not watched: whoever brings that about is eight blocked clients in one set.
 */
export class SharedBehaviours implements Behaviours {
  readonly #table: BehaviourTable;
  readonly #hash: HashClient;
  readonly #hashed = new Int32Array(2);
  readonly #lock = new Int32Array(1);
  readonly #thread = ((threadId % 1023) + 1) << 20;
  #acquisitions = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#table = openBehaviourTable(buffer);
    this.#hash = createClientHash(this.#table.key0, this.#table.key1);
  }

  blockOf(client: WatchedClient, nowMs: number): BehaviourBlock | null {
    const { words } = this.#table;
    const nowS = secondAt(nowMs);
    if (Atomics.load(words, LATEST_BLOCK_AT) <= nowS) return null;
    return this.#locked(client, (set) => {
      const entry = findBehaviour(this.#table, set, this.#hashed[0] as number, this.#hashed[1] as number);
      const untilS = entry < 0 ? 0 : (words[entry + ENTRY.blockedUntilS] as number);
      if (untilS <= nowS) return null;
      const rule = BEHAVIOUR_RULES[words[entry + ENTRY.rule] as number] as BehaviourRule;
      return { rule, untilMs: msOf(untilS) };
    });
  }

  note(
    client: WatchedClient,
    seen: SeenRequest,
    limits: BehaviourLimits,
    nowMs: number,
  ): BehaviourFinding | null {
    const table = this.#table;
    const nowS = secondAt(nowMs);
    return this.#locked(client, (set, holds) => {
      let entry = findBehaviour(table, set, this.#hashed[0] as number, this.#hashed[1] as number);
      const isNew = entry < 0;
      if (isNew) entry = findFreeBehaviour(table, set, nowS);
      // A lock that was lost was lost to a thread that took this one for dead: what is not counted then is one request.
      if (entry < 0 || !holds()) return null;
      if (isNew) claimBehaviour(table, entry, client, this.#hashed);
      countBehaviour(table, entry, seen, limits.windowS, nowS);
      const { words } = table;
      words[entry + ENTRY.liveUntilS] = Math.max(
        nowS + limits.windowS,
        words[entry + ENTRY.blockedUntilS] as number,
      );
      return this.#conclude(entry, limits, nowS);
    });
  }

  #conclude(entry: number, limits: BehaviourLimits, nowS: number): BehaviourFinding | null {
    const { words } = this.#table;
    const toldAt = (rule: BehaviourRule): number => entry + ENTRY.toldUntilS + BEHAVIOUR_RULES.indexOf(rule);
    const found = findingOf(
      this.#table,
      entry,
      limits,
      (rule) => limits[rule].action !== 'off' && (words[toldAt(rule)] as number) <= nowS,
    );
    if (found === null) return null;
    const { rule, count } = found;
    if (limits[rule].action === 'log') {
      words[toldAt(rule)] = nowS + limits.windowS;
      return { rule, count, untilMs: 0 };
    }
    const untilS = nowS + limits.blockS;
    words[toldAt(rule)] = untilS;
    words[entry + ENTRY.rule] = BEHAVIOUR_RULES.indexOf(rule);
    words[entry + ENTRY.blockedUntilS] = untilS;
    words[entry + ENTRY.liveUntilS] = Math.max(untilS, words[entry + ENTRY.liveUntilS] as number);
    this.#raiseLatest(untilS);
    return { rule, count, untilMs: msOf(untilS) };
  }

  #raiseLatest(untilS: number): void {
    const { words } = this.#table;
    for (;;) {
      const before = Atomics.load(words, LATEST_BLOCK_AT);
      if (before >= untilS || Atomics.compareExchange(words, LATEST_BLOCK_AT, before, untilS) === before)
        return;
    }
  }

  #locked<Result>({ scope, key }: WatchedClient, run: (set: number, holds: () => boolean) => Result): Result {
    const { words, locksAt } = this.#table;
    this.#hash(scope, key, this.#hashed, 0);
    const set = setOf(this.#table, this.#hashed[0] as number);
    this.#lock[0] = locksAt + set;
    this.#acquisitions = (this.#acquisitions + 1) & 0xfffff;
    const mine = this.#thread | this.#acquisitions;
    lockAll(words, this.#lock, 1, mine, PATIENCE);
    try {
      return run(set, () => isLocked(words, this.#lock, 1, mine));
    } finally {
      unlockAll(words, this.#lock, 1, mine);
    }
  }
}
