/** Ranks that are told apart; 0 goes first when something has to. */
export const RANKS = 8;

/** What is left of the admitted share when it has to fall, and by how much it grows otherwise. */
const FALL = 0.85;
const RISE = 0.02;
const LEAST_SHARE = 0.05;

/**
 * Admits a share of what comes, the higher ranks first.
 *
 * Shape: what came in the last window says which rank lies across the border; of that rank the right part is admitted, evenly
 * spread, so that nobody is switched on and off. The share falls by a seventh while there is pressure and rises by two
 * hundredths else.
 * Cost: an addition and a comparison for each request; no allocation.
 */
export class AdmissionShare {
  /** The share of all requests that is admitted, from above 0 to 1. */
  share = 1;
  readonly #came = new Float64Array(RANKS);
  /** The part of each rank that is admitted, and what of it is due. */
  readonly #parts = new Float64Array(RANKS).fill(1);
  readonly #due = new Float64Array(RANKS);

  /** Whether a request of this rank goes on. */
  admits(rank: number): boolean {
    (this.#came[rank] as number)++;
    const part = this.#parts[rank] as number;
    if (part >= 1) return true;
    const due = (this.#due[rank] as number) + part;
    this.#due[rank] = due >= 1 ? due - 1 : due;
    return due >= 1;
  }

  /** Ends a window. */
  next(isPressed: boolean): void {
    const { share } = this;
    this.share = isPressed ? Math.max(LEAST_SHARE, share * FALL) : Math.min(1, share + RISE);
    const came = this.#came;
    let total = 0;
    for (let rank = 0; rank < RANKS; rank++) total += came[rank] as number;
    let budget = total * this.share;
    for (let rank = RANKS - 1; rank >= 0; rank--) {
      const wanted = came[rank] as number;
      // A rank that nobody came with is where the border is: below it nobody is admitted once the budget is used up.
      const part =
        wanted === 0 ? (budget > 0 || total === 0 ? 1 : 0) : Math.min(1, Math.max(0, budget / wanted));
      this.#parts[rank] = this.share >= 1 ? 1 : part;
      budget -= wanted;
      came[rank] = 0;
    }
  }
}
