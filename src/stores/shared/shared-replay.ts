import { threadId } from 'node:worker_threads';
import type { Clock, ReplayCache, ReplayVerdict } from '../../core/ports.ts';
import { createClientHash, type HashClient } from './client-hash.ts';
import {
  createSearch,
  extendReplay,
  findReplay,
  freeReplay,
  isConfirmed,
  locateSets,
  putReplay,
  type ReplaySearch,
} from './replay-entries.ts';
import { openReplayTable, type ReplayTable } from './replay-table.ts';
import { isLocked, lockAll, unlockAll } from './set-lock.ts';

/** Waits of a millisecond with no sign of life before a lock is taken from a thread that must be dead. */
const PATIENCE = 1000;
/** Scope that bindings are hashed under. */
const BINDING = 'binding';
/** The latest time that an entry can hold: in the year 2106. */
const MAX_S = 0xffff_ffff;

type Question = 'once' | 'bound' | 'recall' | 'confirm' | 'forget';

/**
 * Used identifiers that all threads share.
 *
 * Shape: an identifier belongs to two sets of eight and goes into the one with more room, so that sets fill evenly.
 * Cost: no allocation; half a microsecond, its two locks included.
 * Safety: identifiers are kept as 64 bits of keyed hash. Two that collide count as one (2^-64 a pair): one is refused
 * then that need not be. A place is given away only when its entry does not matter any more; when both sets have none,
 * the identifier is not accepted. Seconds are rounded up: an entry matters a second too long rather than too short.
 */
export class SharedReplay implements ReplayCache {
  readonly problem = '';
  readonly #table: ReplayTable;
  readonly #clock: Clock;
  readonly #patience: number;
  readonly #hash: HashClient;
  readonly #tag = ((threadId % 1023) + 1) << 20;
  readonly #search: ReplaySearch = createSearch();
  #acquisitions = 0;

  constructor(buffer: SharedArrayBuffer, clock: Clock, options: { readonly patience?: number } = {}) {
    this.#table = openReplayTable(buffer);
    this.#clock = clock;
    this.#patience = options.patience ?? PATIENCE;
    this.#hash = createClientHash(this.#table.key0, this.#table.key1);
  }

  once(scope: string, id: string, untilMs: number): ReplayVerdict {
    this.#search.binding.fill(0);
    return this.#ask('once', scope, id, this.#clock.nowMs(), untilMs, 0) as ReplayVerdict;
  }

  bound(scope: string, id: string, binding: string, untilMs: number, windowMs: number): ReplayVerdict {
    const nowMs = this.#clock.nowMs();
    this.#hash(BINDING, binding, this.#search.binding, 0);
    return this.#ask('bound', scope, id, nowMs, Math.min(untilMs, nowMs + windowMs), 0) as ReplayVerdict;
  }

  forget(scope: string, id: string): void {
    this.#ask('forget', scope, id, this.#clock.nowMs(), 0, 0);
  }

  /** As `bound`, but null where `confirm` does not vouch for the binding now. */
  recall(
    scope: string,
    id: string,
    binding: string,
    untilMs: number,
    windowMs: number,
  ): ReplayVerdict | null {
    const nowMs = this.#clock.nowMs();
    this.#hash(BINDING, binding, this.#search.binding, 0);
    return this.#ask('recall', scope, id, nowMs, Math.min(untilMs, nowMs + windowMs), 0);
  }

  /** Takes the binding of an identifier over from whoever decides about it, and vouches for it until then. */
  confirm(scope: string, id: string, binding: string, freeMs: number, confirmedMs: number): void {
    this.#hash(BINDING, binding, this.#search.binding, 0);
    this.#ask('confirm', scope, id, this.#clock.nowMs(), freeMs, Math.floor(confirmedMs / 1000));
  }

  #ask(
    question: Question,
    scope: string,
    id: string,
    nowMs: number,
    freeMs: number,
    confirmedS: number,
  ): ReplayVerdict | null {
    const [table, search] = [this.#table, this.#search];
    const { words } = table;
    this.#hash(scope, id, search.hash, 0);
    locateSets(table, search);
    const freeS = Math.min(Math.ceil(freeMs / 1000), MAX_S);
    for (;;) {
      this.#acquisitions = (this.#acquisitions + 1) & 0xfffff;
      const mine = this.#tag | this.#acquisitions;
      lockAll(words, search.locks, search.lockCount, mine, this.#patience);
      try {
        findReplay(table, search, nowMs);
        if (isLocked(words, search.locks, search.lockCount, mine))
          return answer(table, search, question, nowMs, freeS, confirmedS);
      } finally {
        unlockAll(words, search.locks, search.lockCount, mine);
      }
    }
  }
}

/** Concludes from what was found, and writes it down. Needs the locks. */
function answer(
  table: ReplayTable,
  search: ReplaySearch,
  question: Question,
  nowMs: number,
  freeS: number,
  confirmedS: number,
): ReplayVerdict | null {
  const { entry, live, same } = search;
  if (question === 'forget') {
    if (live) freeReplay(table, entry);
    return null;
  }
  if (question === 'confirm' ? entry >= 0 : !live && question !== 'recall' && entry >= 0) {
    putReplay(table, search, freeS, confirmedS);
    return 'accepted';
  }
  if (!live) return question === 'recall' ? null : 'full';
  if (question === 'once' || !same) return 'replayed';
  if (question === 'recall' && !isConfirmed(table, entry, nowMs)) return null;
  extendReplay(table, entry, freeS);
  return 'accepted';
}
