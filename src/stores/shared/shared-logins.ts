import { threadId } from 'node:worker_threads';
import type { LoginAttempt, LoginBlock, LoginCause, LoginOutcome, Logins } from '../../core/logins.ts';
import { formatIp, prefixOf, widthOf } from '../../lib/ip/address.ts';
import { createClientHash } from './client-hash.ts';
import { claimPlace, findLoginEntry, findPlace, isBlocked, keepUntil } from './login-entries.ts';
import { countNames, isKnown, nameRefusedUntil, placeName } from './login-names.ts';
import { ENTRY, type LoginTable, msOf, NAME, openLoginTable, secondAt } from './login-table.ts';
import { addFailure, clearFailures, countTries, giveBack, reserve } from './login-tries.ts';
import { isLocked, lockAll, unlockAll } from './set-lock.ts';
import { setOf } from './set-table.ts';

/** Waits of a millisecond with no sign of life before a lock is taken from a thread that must be dead. */
const PATIENCE = 1000;
/** A login that is under way for longer was on a thread that died: nothing waits so long for an answer. */
const LEASE_S = 600;
/** When to come back while other logins are under way. */
const SOON_MS = 1000;
const FULL_MS = 60_000;

/** What blocks an address, by the number that an entry keeps. */
export const CAUSES = ['failures', 'user-names'] as const;

/** What a section says when its lock was taken from it before it wrote anything. */
const LOST = Symbol('lost');

/** Where the logins of an attempt are counted. */
interface Place {
  readonly set: number;
  readonly hash0: number;
  readonly hash1: number;
  /** First word of the tag of the user name; 0 when there is none. */
  readonly tag: number;
}

type Section<Result> = (place: Place, holds: () => boolean) => Result | typeof LOST;

/**
 * Opens the failed logins that all threads share.
 *
 * Safety: exact across threads. Moments are kept as whole seconds, rounded up: a failure counts up to a second longer
 * and a block lasts up to a second longer. A thread that dies with logins under way leaves them counted for ten minutes.
 * Cost: a few allocations and about a microsecond: this is for logins, not for every request.
 */
export function openLogins(buffer: SharedArrayBuffer, options: { readonly patience?: number } = {}): Logins {
  return new SharedLogins(openLoginTable(buffer), options.patience ?? PATIENCE);
}

class SharedLogins implements Logins {
  readonly #table: LoginTable;
  readonly #patience: number;
  readonly #hash: ReturnType<typeof createClientHash>;
  readonly #hashed = new Int32Array(2);
  readonly #lock = new Int32Array(1);
  readonly #thread = ((threadId % 1023) + 1) << 20;
  #acquisitions = 0;

  constructor(table: LoginTable, patience: number) {
    this.#table = table;
    this.#patience = patience;
    this.#hash = createClientHash(table.key0, table.key1);
  }

  tagOf(realm: string, userName: string): string {
    this.#hash(`name ${realm}`, userName, this.#hashed, 0);
    return [...this.#hashed].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  find(attempt: LoginAttempt, nowMs: number): LoginBlock | null {
    return this.#section(attempt, ({ set, hash0, hash1, tag }) => {
      const entry = findLoginEntry(this.#table, set, hash0, hash1);
      return entry < 0 ? null : this.#standing(entry, tag, nowMs);
    });
  }

  begin(attempt: LoginAttempt, nowMs: number): LoginBlock | null {
    const { failures, windowS } = attempt.limits;
    return this.#section(attempt, (place, holds) => {
      const table = this.#table;
      let entry = findLoginEntry(table, place.set, place.hash0, place.hash1);
      const standing = entry < 0 ? null : this.#standing(entry, place.tag, nowMs);
      if (standing !== null) return standing;
      if (entry >= 0) {
        const tries = countTries(table, entry, windowS, nowMs);
        if (tries.failed > failures) return this.#untilForgotten(tries.failures, failures, windowS);
        if (tries.failed + tries.underWay > failures)
          return { cause: 'concurrent', untilMs: nowMs + SOON_MS };
      }
      const isNew = entry < 0;
      if (isNew) entry = findPlace(table, place.set, nowMs);
      if (entry < 0) return { cause: 'full', untilMs: nowMs + FULL_MS };
      if (!holds()) return LOST;
      if (isNew) claimPlace(table, entry, attempt, place.hash0, place.hash1);
      const until = secondAt(nowMs) + LEASE_S;
      attempt.reservation = reserve(table, entry, until, windowS, nowMs);
      keepUntil(table, entry, until);
      return null;
    });
  }

  end(
    attempt: LoginAttempt,
    outcome: LoginOutcome,
    nowMs: number,
    isAccountUnderAttack: boolean,
  ): LoginBlock | null {
    return this.#section(attempt, (place, holds) => {
      const table = this.#table;
      let entry = findLoginEntry(table, place.set, place.hash0, place.hash1);
      const isNew = entry < 0;
      if (isNew && outcome !== 'open') entry = findPlace(table, place.set, nowMs);
      if (entry < 0) return null;
      if (!holds()) return LOST;
      if (isNew) claimPlace(table, entry, attempt, place.hash0, place.hash1);
      giveBack(table, entry, attempt.reservation);
      attempt.reservation = 0;
      if (outcome === 'succeeded') this.#noteSuccess(entry, place.tag, nowMs);
      if (outcome !== 'failed') return null;
      return this.#noteFailure(attempt, entry, place.tag, nowMs, isAccountUnderAttack);
    });
  }

  /** The block that stands against an address, or against one of its user names. */
  #standing(entry: number, tag: number, nowMs: number): LoginBlock | null {
    const { words } = this.#table;
    if (isBlocked(this.#table, entry, nowMs)) {
      const cause = CAUSES[words[entry + ENTRY.cause] as number] as LoginCause;
      return { cause, untilMs: msOf(words[entry + ENTRY.blockedUntilS] as number) };
    }
    const refused = nameRefusedUntil(this.#table, entry, tag, nowMs);
    return refused === 0 ? null : { cause: 'account', untilMs: msOf(refused) };
  }

  /** More failures than are let be, and no block: the limits have become tighter since. */
  #untilForgotten(failures: readonly number[], limit: number, windowS: number): LoginBlock {
    const newestFirst = [...failures].sort((a, b) => b - a);
    return { cause: 'failures', untilMs: msOf((newestFirst[limit] as number) + windowS) };
  }

  #noteSuccess(entry: number, tag: number, nowMs: number): void {
    if (tag === 0) return;
    const at = placeName(this.#table, entry, tag);
    this.#table.words[at + NAME.succeededS] = secondAt(nowMs);
    this.#table.words[at + NAME.refusedUntilS] = 0;
  }

  #noteFailure(
    { limits }: LoginAttempt,
    entry: number,
    tag: number,
    nowMs: number,
    isAccountUnderAttack: boolean,
  ): LoginBlock | null {
    const table = this.#table;
    const { words } = table;
    const now = secondAt(nowMs);
    addFailure(table, entry, now, limits.windowS, nowMs);
    keepUntil(table, entry, now + limits.windowS);
    if (tag !== 0) {
      const at = placeName(table, entry, tag);
      words[at + NAME.failedS] = now;
      if (isAccountUnderAttack && !isKnown(table, at, nowMs))
        words[at + NAME.refusedUntilS] = now + limits.blockS;
      keepUntil(table, entry, now + Math.max(limits.userNamesWindowS, limits.blockS));
    }
    if (isBlocked(table, entry, nowMs)) return null;
    const cause = this.#causeOf(limits, entry, nowMs);
    if (cause === null) return null;
    words[entry + ENTRY.cause] = CAUSES.indexOf(cause);
    words[entry + ENTRY.blockedUntilS] = now + limits.blockS;
    keepUntil(table, entry, now + limits.blockS);
    clearFailures(table, entry);
    return { cause, untilMs: msOf(now + limits.blockS) };
  }

  /** Why an address is to be blocked now; null when it is not. */
  #causeOf(limits: LoginAttempt['limits'], entry: number, nowMs: number): 'failures' | 'user-names' | null {
    const { failures, windowS, userNames, userNamesWindowS } = limits;
    const table = this.#table;
    if (userNames > 0 && countNames(table, entry, userNamesWindowS, nowMs) > userNames) return 'user-names';
    return countTries(table, entry, windowS, nowMs).failed > failures ? 'failures' : null;
  }

  /** Runs a piece of work under the lock of the address, again when the lock was lost before anything was written. */
  #section<Result>(attempt: LoginAttempt, run: Section<Result>): Result {
    const { words, locksAt } = this.#table;
    const place = this.#locate(attempt);
    this.#lock[0] = locksAt + place.set;
    for (;;) {
      this.#acquisitions = (this.#acquisitions + 1) & 0xfffff;
      const mine = this.#thread | this.#acquisitions;
      lockAll(words, this.#lock, 1, mine, this.#patience);
      try {
        const result = run(place, () => isLocked(words, this.#lock, 1, mine));
        if (result !== LOST) return result;
      } finally {
        unlockAll(words, this.#lock, 1, mine);
      }
    }
  }

  #locate({ realm, address, bits, userTag }: LoginAttempt): Place {
    const client = bits === widthOf(address.family) ? formatIp(address) : prefixOf(address, bits);
    this.#hash(realm, client, this.#hashed, 0);
    const [hash0 = 0, hash1 = 0] = this.#hashed;
    const tag = userTag === '' ? 0 : Number.parseInt(userTag.slice(-8), 16) | 0;
    return { set: setOf(this.#table, hash0), hash0, hash1, tag };
  }
}
