/** Pause between a probe that was answered too late, or with an error, and the next. */
const PROBE_MS = 50;

/** How a circuit finds out whether a server answers again. */
export interface ProbeParts {
  /** Sends something that changes nothing; resolves, when its answer or the end of its connection is there, to whether it was answered in time. Never rejects. */
  probe(): Promise<boolean>;
  nowMs(): number;
  /** Runs something later, or not at all when the process ends before. */
  after(delayMs: number, run: () => void): void;
  /** Hears that the circuit has closed. */
  closed(): void;
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
  #openedAtMs = 0;
  #isOpen = false;
  #isEnded = false;

  constructor(parts: ProbeParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Milliseconds since it opened; 0 when it is closed. */
  get openForMs(): number {
    return this.#isOpen ? this.#parts.nowMs() - this.#openedAtMs : 0;
  }

  /** Hears that a command was answered in time. */
  answered(): void {
    this.#answeredAtMs = this.#parts.nowMs();
  }

  /** Hears that a command which was sent then was not answered in time; returns whether that opened the circuit. */
  missed(sentAtMs: number): boolean {
    if (this.#isOpen || this.#isEnded || this.#answeredAtMs > sentAtMs) return false;
    this.#isOpen = true;
    this.#openedAtMs = this.#parts.nowMs();
    void this.#probe();
    return true;
  }

  /** Ends the probes. */
  end(): void {
    this.#isEnded = true;
  }

  async #probe(): Promise<void> {
    const isInTime = await this.#parts.probe();
    if (this.#isEnded) return;
    if (!isInTime) return this.#parts.after(PROBE_MS, () => void this.#probe());
    this.answered();
    this.#isOpen = false;
    this.#parts.closed();
  }
}
