import type { CertificateStatuses, Clock, StatusAnswer, StatusQuestion } from '../../core/ports.ts';
import { keyOfQuestion } from './responders.ts';
import { StatusCache } from './status-cache.ts';

const MAX_ANSWERS = 10_000;

/** What a thread knows of certificates; asks the main thread for the rest. */
export class ThreadStatuses implements CertificateStatuses {
  readonly #cache: StatusCache;
  readonly #ask: (question: StatusQuestion) => Promise<StatusAnswer>;

  /** `ask` never rejects. */
  constructor(clock: Clock, ask: (question: StatusQuestion) => Promise<StatusAnswer>) {
    this.#cache = new StatusCache(MAX_ANSWERS, () => clock.nowMs());
    this.#ask = ask;
  }

  get version(): number {
    return this.#cache.version;
  }

  ask(question: StatusQuestion): StatusAnswer | Promise<StatusAnswer> {
    return this.#cache.get(keyOfQuestion(question), () => this.#ask(question));
  }
}
