import { payloadOf } from '../control/exception-operations.ts';
import type { LimitException, LimitExceptionStore } from '../core/limit-exceptions.ts';
import type { Notice } from '../core/notices.ts';
import type { Clock } from '../core/ports.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { Rounds } from './rounds.ts';
import type { StandingProblems } from './standing-problems.ts';

/** How long before an exception ends its owner should hear of it. */
const NOTICE_MS = 7 * DAY_MS;

export interface ExceptionLifeParts {
  readonly clock: Clock;
  readonly store: Pick<LimitExceptionStore, 'list'>;
  readonly problems: StandingProblems;
  readonly raise: (notice: Notice) => void;
}

/** The notice that the end of an exception calls for now; null for none, and for what was made for less time than that. */
export function endNotice(one: LimitException, nowMs: number): Notice | null {
  const { id, expiresAtMs, createdAtMs } = one;
  const leftMs = expiresAtMs - nowMs;
  if (leftMs <= 0 || leftMs > NOTICE_MS || expiresAtMs - createdAtMs <= NOTICE_MS) return null;
  const payload = { ...payloadOf(one, one.createdBy), daysLeft: Math.ceil(leftMs / DAY_MS) };
  return { kind: 'limit-exception.expires-soon', dedupeKey: `${id} ${expiresAtMs}`, payload };
}

/**
 * Tells of exceptions from limits that end soon.
 *
 * Safety: nothing ends because of this: each thread knows the end of every exception.
 */
export class ExceptionLife {
  readonly #parts: ExceptionLifeParts;
  readonly #rounds = new Rounds(() => this.#look());

  constructor(parts: ExceptionLifeParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when nothing of this uses the store any more. */
  close(): Promise<void> {
    return this.#rounds.close();
  }

  /** Tells what is due now. Never rejects. */
  round(): Promise<void> {
    return this.#rounds.round();
  }

  async #look(): Promise<void> {
    const { clock, store, problems, raise } = this.#parts;
    try {
      const nowMs = clock.nowMs();
      for (const one of await store.list()) {
        const notice = endNotice(one, nowMs);
        if (notice !== null) raise(notice);
      }
      problems.set('limit-exceptions', 'store', '');
    } catch (error) {
      const why = `The ends of exceptions from limits are not watched over: ${(error as Error).message}`;
      problems.set('limit-exceptions', 'store', why);
    }
  }
}
