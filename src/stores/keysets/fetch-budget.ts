/** How many fetches one issuer may cause in any minute. */
export const FETCHES_PER_MINUTE = 10;
const WINDOW_MS = 60_000;

/** Counts fetches over the last minute. */
export class FetchBudget {
  #times: number[] = [];

  /** Whether this many more fetches fit into the minute that ends now. */
  has(fetches: number, nowMs: number): boolean {
    // A time after now is one from before the clock was set back.
    this.#times = this.#times.filter((time) => time > nowMs - WINDOW_MS && time <= nowMs);
    return this.#times.length + fetches <= FETCHES_PER_MINUTE;
  }

  /** How long it takes until this many more fetches fit; 0 when they do now. */
  roomInMs(fetches: number, nowMs: number): number {
    if (this.has(fetches, nowMs)) return 0;
    const last = this.#times[this.#times.length + fetches - FETCHES_PER_MINUTE - 1] ?? nowMs;
    return last + WINDOW_MS - nowMs;
  }

  note(nowMs: number): void {
    this.#times.push(nowMs);
  }
}
