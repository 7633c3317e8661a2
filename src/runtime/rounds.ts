const ROUND_MS = 60_000;
const FIRST_ROUND_MS = 1_000;

/** Looks shortly after the start and then once a minute, one round at a time. */
export class Rounds {
  readonly #look: () => Promise<void>;
  readonly #timers: NodeJS.Timeout[] = [];
  #round: Promise<void> | null = null;

  /** `look` never rejects. */
  constructor(look: () => Promise<void>) {
    this.#look = look;
  }

  start(): void {
    this.#timers.push(setTimeout(() => void this.round(), FIRST_ROUND_MS));
    this.#timers.push(setInterval(() => void this.round(), ROUND_MS));
    for (const timer of this.#timers) timer.unref();
  }

  /** Resolves when no round is under way any more. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#round;
  }

  /** Looks now; the round that is under way where there is one. */
  round(): Promise<void> {
    this.#round ??= this.#look().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }
}
