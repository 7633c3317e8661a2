/** Pause between a probe that was answered too late, or with an error, and the next. */
const PROBE_MS = 50;

/** How a circuit finds out whether a server answers again. */
export interface ProbeParts {
  /** Sends something that changes nothing; settles when that is answered or its connection is gone. */
  probe(): Promise<unknown>;
  /** Milliseconds within which an answer counts. */
  readonly budgetMs: number;
  nowMs(): number;
  /** Runs something later, or not at all when the process ends before. */
  after(delayMs: number, run: () => void): void;
}

/**
 * Whether one server answers in time; while it does not, nobody waits for it.
 *
 * Shape: opens when a command was not answered in time and neither was anything that was sent since; closes when a probe
 * is answered in time. One probe is under way at a time, the first at once, so that a server that was late once is back
 * after one round trip.
 * Safety: a server that answers, but late, stays out: with it every request would wait for nothing.
 */
export class Circuit {
  readonly #parts: ProbeParts;
  #answeredAtMs = 0;
  #isOpen = false;
  #isClosed = false;

  constructor(parts: ProbeParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Hears that a command was answered in time. */
  answered(): void {
    this.#answeredAtMs = this.#parts.nowMs();
  }

  /** Hears that a command which was sent then was not answered in time; returns whether that opened the circuit. */
  missed(sentAtMs: number): boolean {
    if (this.#isOpen || this.#isClosed || this.#answeredAtMs > sentAtMs) return false;
    this.#isOpen = true;
    void this.#probe();
    return true;
  }

  /** Ends the probes. */
  close(): void {
    this.#isClosed = true;
  }

  async #probe(): Promise<void> {
    const { budgetMs, nowMs, after } = this.#parts;
    const sentAtMs = nowMs();
    const isAnswered = await this.#parts.probe().then(
      () => true,
      () => false,
    );
    if (this.#isClosed) return;
    if (isAnswered && nowMs() - sentAtMs <= budgetMs) {
      this.answered();
      this.#isOpen = false;
    } else {
      after(PROBE_MS, () => void this.#probe());
    }
  }
}
