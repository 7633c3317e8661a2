/** Failures in a row after which a server is left alone for a while. */
const FAILURES = 5;
const PAUSE_MS = 5000;

/**
 * How often, and whether at all, a server may be called.
 *
 * Shape: a bucket of calls that fills evenly, a number of calls under way, and a switch that opens after failures in a
 * row: then one call at a time tries whether the server works again.
 */
export class CallLimits {
  readonly #maxCalls: number;
  readonly #callsPerS: number;
  #calls = 0;
  #room: number;
  #filledMs: number;
  #failures = 0;
  #pausedUntilMs = 0;
  #isTrying = false;
  #problem = '';

  constructor(maxCalls: number, callsPerS: number, nowMs: number) {
    this.#maxCalls = maxCalls;
    this.#callsPerS = callsPerS;
    this.#room = callsPerS;
    this.#filledMs = nowMs;
  }

  /** Why the last call failed, while the server is left alone; '' while it may be called. */
  problem(nowMs: number): string {
    if (this.#failures < FAILURES) return '';
    return nowMs < this.#pausedUntilMs || this.#isTrying ? this.#problem : '';
  }

  /** Takes a call; false when there is no room for one. Every call that was taken ends with `succeeded` or `failed`. */
  take(nowMs: number): boolean {
    // A clock that was set back fills nothing, and does not wait for its old time either.
    const elapsedMs = Math.max(0, nowMs - this.#filledMs);
    this.#room = Math.min(this.#callsPerS, this.#room + (elapsedMs * this.#callsPerS) / 1000);
    this.#filledMs = nowMs;
    if (this.#room < 1 || this.#calls >= this.#maxCalls) return false;
    this.#room--;
    this.#calls++;
    this.#isTrying = this.#failures >= FAILURES;
    return true;
  }

  succeeded(): void {
    this.#calls--;
    this.#failures = 0;
    this.#isTrying = false;
  }

  failed(problem: string, nowMs: number): void {
    this.#calls--;
    this.#failures++;
    this.#isTrying = false;
    this.#problem = problem;
    this.#pausedUntilMs = nowMs + PAUSE_MS;
  }
}
