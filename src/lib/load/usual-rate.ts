const HOUR_MS = 3_600_000;
/** Time that must have been seen before a usual rate is known. */
const LEARN_MS = HOUR_MS;
/** How slowly the usual follows what is more, and what is less. */
const UP_MS = 4 * HOUR_MS;
const DOWN_MS = 24 * HOUR_MS;
/** What is more than this many times the usual counts as this many times. */
const MOST = 2;
/** A gap in the samples is no reason to move further than this. */
const LONGEST_SPAN_MS = 10_000;

/**
 * Estimates how many requests per second are usual.
 *
 * Shape: the mean of the first hour; then an exponential average of four hours upwards and a day downwards, so that a quiet night
 * does not make an ordinary morning unusual.
 * Safety: a sample counts as twice the usual at most, so the estimate grows by a factor of e in four hours at most: who wants it five
 * times as high has to send for more than six hours. Nothing protects the first hour.
 */
export class UsualRate {
  /** 0 until the first sample. */
  perS = 0;
  #seenMs = 0;

  get isKnown(): boolean {
    return this.#seenMs >= LEARN_MS;
  }

  /** `leastPerS`: what may be learned at any time, however little is usual. */
  add(perS: number, spanMs: number, leastPerS: number): void {
    const takenMs = Math.min(spanMs, LONGEST_SPAN_MS);
    if (this.isKnown) {
      const sample = Math.min(perS, MOST * Math.max(this.perS, leastPerS));
      this.perS += ((sample - this.perS) * takenMs) / (sample > this.perS ? UP_MS : DOWN_MS);
    } else {
      this.perS += ((perS - this.perS) * takenMs) / (this.#seenMs + takenMs);
    }
    this.#seenMs += takenMs;
  }
}
