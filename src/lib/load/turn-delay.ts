/** Delays that a window holds. */
const KEPT = 8;

/**
 * How late the turns of a thread are when it cannot keep up.
 *
 * Shape: the shortest of the last eight delays. A pause (a collection of garbage, one long turn) makes some of them long, a thread
 * with more work than time all of them: the shortest is that of the queue that never empties.
 * Source: the standing queue of CoDel, RFC 8289, 3.
 */
export class TurnDelay {
  readonly #delays = new Float64Array(KEPT);
  #count = 0;

  add(delayMs: number): void {
    this.#delays[this.#count % KEPT] = Math.max(0, delayMs);
    this.#count++;
  }

  get ms(): number {
    if (this.#count < KEPT) return 0;
    let least = Number.POSITIVE_INFINITY;
    for (const delay of this.#delays) if (delay < least) least = delay;
    return least;
  }
}
