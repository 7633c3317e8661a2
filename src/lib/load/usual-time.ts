/** Samples that one step of the estimate is made of. */
const BATCH = 16;
/** A step waits for so long, so that a burst of answers is one step. */
const STEP_MS = 250;
/** How much of the way to a batch one step goes; down while nothing may grow, less of it. */
const STEP = 1 / 16;
const CAUTIOUS_STEP = 1 / 64;
/** The most that the usual grows, per millisecond: 2 % a minute. */
const UP_PER_MS = 0.02 / 60_000;
/** Batches before the anchor is cast: of the first requests the quickest are answered first. */
const FIRST_BATCHES = 8;
/** What batches differ by, by chance. */
const NOISE = 1.1;
/** Time without samples is no reason to grow further than this. */
const LONGEST_GAP_MS = 60_000;

/**
 * Estimates how long something takes while nothing is in its way.
 *
 * Shape: an average of medians of batches, held down by an anchor that follows what is faster at once, and what is slower by 2 % a
 * minute, so that a load which climbs for many minutes does not become the usual.
 * Units: milliseconds; times of any clock that is never set back.
 */
export class UsualTime {
  /** 0 until enough is known. */
  ms = 0;
  readonly #batch = new Float64Array(BATCH);
  #count = 0;
  #steppedMs = 0;
  #batches = 0;
  #average = 0;
  #anchor = 0;

  /** `mayGrow` is false while there may be a queue: what is slow then says nothing about the usual. */
  add(tookMs: number, nowMs: number, mayGrow: boolean): void {
    this.#batch[this.#count % BATCH] = tookMs;
    this.#count++;
    if (this.#count < BATCH || (this.ms > 0 && nowMs - this.#steppedMs < STEP_MS)) return;
    this.#count = 0;
    this.#batch.sort();
    this.#step(Math.max(this.#batch[BATCH >> 1] as number, 1e-3), nowMs, mayGrow);
    this.#steppedMs = nowMs;
  }

  #step(medianMs: number, nowMs: number, mayGrow: boolean): void {
    this.#batches++;
    if (mayGrow || this.#batches === 1)
      this.#average += (medianMs - this.#average) * Math.max(STEP, 1 / this.#batches);
    else if (medianMs < this.#average) this.#average += (medianMs - this.#average) * CAUTIOUS_STEP;
    const gapMs = Math.min(nowMs - this.#steppedMs, LONGEST_GAP_MS);
    const isFirst = this.#batches <= FIRST_BATCHES;
    this.#anchor = isFirst ? this.#average : Math.min(this.#average, this.#anchor * (1 + UP_PER_MS * gapMs));
    this.ms = Math.min(this.#average, this.#anchor * NOISE);
  }
}
