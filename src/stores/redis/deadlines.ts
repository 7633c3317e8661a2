/** Something that is to be over within a time that is the same for all. */
export interface Awaited {
  readonly endsMs: number;
  readonly giveUp: () => void;
  /** Set when it is over in time. */
  isOver: boolean;
}

/**
 * Gives up what is not over within a time.
 *
 * Shape: all have the same time, so they end in the order in which they began, and one timer at a time serves all.
 * Cost: no timer for what begins while another runs.
 * Safety: a thread that was busy for longer than that reads what has arrived meanwhile before it gives anything up: else
 * load on the gateway would look like a failure of whom it waits for.
 */
export class Deadlines {
  readonly #lengthMs: number;
  #waiting: Awaited[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** `startedMs` is of `performance.now()`, and never before that of an earlier call. */
  add(startedMs: number, giveUp: () => void): Awaited {
    const awaited = { endsMs: startedMs + this.#lengthMs, giveUp, isOver: false };
    this.#waiting.push(awaited);
    this.#timer ??= setTimeout(() => this.#look(), this.#lengthMs);
    return awaited;
  }

  #look(): void {
    this.#timer = null;
    const nowMs = performance.now();
    const due = this.#waiting.filter(({ isOver, endsMs }) => !isOver && endsMs <= nowMs);
    this.#waiting = this.#waiting.filter(({ isOver, endsMs }) => !isOver && endsMs > nowMs);
    const [next] = this.#waiting;
    if (next !== undefined)
      this.#timer = setTimeout(() => this.#look(), Math.max(1, Math.ceil(next.endsMs - nowMs)));
    // Runs after everything that has arrived was read.
    setImmediate(() => {
      for (const { isOver, giveUp } of due) if (!isOver) giveUp();
    });
  }
}
