import { performance } from 'node:perf_hooks';
import type { RequestContext } from '../core/context.ts';
import type { AnswerMeter, Asked } from '../core/load.ts';

/**
 * The time between a request that the upstream has whole and the head of its answer, told to the meter of the route.
 *
 * Safety: an answer that begins before the request is whole was not waited for, and what comes after it is no wait: else a client that
 * ends its body late, and reads slowly, would make the upstream look slow to all.
 */
export class AnswerWait {
  readonly #meter: AnswerMeter | null;
  readonly #asked: Asked;
  #isAnswered = false;

  constructor(ctx: RequestContext) {
    this.#meter = ctx.route?.meter ?? null;
    this.#asked = { rank: ctx.rank, atMs: 0, underWay: 0, wasLimited: false };
  }

  /** From now on it is not the client who takes time. */
  begin(): void {
    if (this.#meter === null || this.#isAnswered || this.#asked.atMs > 0) return;
    this.#asked.atMs = performance.now();
    this.#meter.asked(this.#asked);
  }

  /** Ends what began, if it did; `status` is 0 where no answer came. */
  end(status: number): void {
    if (status > 0) this.#isAnswered = true;
    if (this.#meter === null || this.#asked.atMs === 0) return;
    const nowMs = performance.now();
    if (status === 0) this.#meter.failed(this.#asked, nowMs);
    else this.#meter.answered(this.#asked, nowMs, status);
    this.#asked.atMs = 0;
  }
}
