import type { StatusAnswer } from '../../core/ports.ts';

/** Of the time that an answer counts, the part after which it is asked for again in the background. */
const FRESH_PART = 0.75;
/** How soon an answer that is being asked for again is looked at again. */
const RECHECK_MS = 1_000;

interface Entry {
  readonly answer: StatusAnswer;
  readonly refreshAtMs: number;
}

/**
 * Answers about certificates, kept while they count, a bounded number of them; and who is being asked, so that each
 * question is asked once however many wait for it.
 */
export class StatusCache {
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Map<string, Promise<StatusAnswer>>();
  readonly #limit: number;
  readonly #nowMs: () => number;
  /** Grows whenever a certificate is told about otherwise than before. */
  version = 0;

  constructor(limit: number, nowMs: () => number) {
    this.#limit = limit;
    this.#nowMs = nowMs;
  }

  /**
   * The answer to a question, at once where it is known. One that counts no longer for long is asked for again meanwhile.
   *
   * Safety: `ask` never rejects.
   */
  get(key: string, ask: () => Promise<StatusAnswer>): StatusAnswer | Promise<StatusAnswer> {
    const nowMs = this.#nowMs();
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.answer.untilMs <= nowMs) return this.#ask(key, ask);
    if (nowMs < entry.refreshAtMs) return { ...entry.answer, untilMs: entry.refreshAtMs };
    void this.#ask(key, ask);
    return { ...entry.answer, untilMs: Math.min(entry.answer.untilMs, nowMs + RECHECK_MS) };
  }

  #ask(key: string, ask: () => Promise<StatusAnswer>): Promise<StatusAnswer> {
    const pending =
      this.#pending.get(key) ??
      ask()
        .then((answer) => this.#keep(key, answer))
        .finally(() => this.#pending.delete(key));
    this.#pending.set(key, pending);
    return pending;
  }

  /** Safety: that nobody can be asked does not take away an answer that still counts. */
  #keep(key: string, answer: StatusAnswer): StatusAnswer {
    const nowMs = this.#nowMs();
    const before = this.#entries.get(key)?.answer;
    if (before !== undefined && before.status !== answer.status) {
      if (answer.status === 'unavailable' && before.untilMs > nowMs)
        return this.#postpone(key, before, answer);
      this.version++;
    }
    const lifeMs = answer.untilMs - nowMs;
    const refreshAtMs = answer.status === 'unavailable' ? answer.untilMs : nowMs + lifeMs * FRESH_PART;
    this.#put(key, { answer, refreshAtMs });
    return answer;
  }

  #postpone(key: string, known: StatusAnswer, { untilMs }: StatusAnswer): StatusAnswer {
    this.#put(key, { answer: known, refreshAtMs: Math.min(untilMs, known.untilMs) });
    return known;
  }

  #put(key: string, entry: Entry): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#limit) {
      const oldest = this.#entries.keys().next().value;
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(key, entry);
  }
}
