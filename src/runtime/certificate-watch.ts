import { type DatedFile, datedFiles, daysLeft, sentenceOf } from '../config/certificate-dates.ts';
import type { Notices } from '../core/notices.ts';
import type { StatusQuestion } from '../core/ports.ts';
import { askResponder } from '../stores/certificates/ask-responder.ts';
import { Responders } from '../stores/certificates/responders.ts';
import type { GatewayState } from './gateway-state.ts';
import type { StandingProblems } from './standing-problems.ts';
import type { ThreadHandle } from './thread-handle.ts';

const ROUND_MS = 60_000;
/** Days before the end at which somebody is told. */
const TOLD_AT_DAYS = [1, 7, 14, 30];

/** How soon after the start they are looked at. */
const FIRST_MS = 1_000;
const clock = { nowMs: () => Date.now() };

/** Looks after certificates: answers what the threads ask about them, and tells which of the configuration end soon. */
export class CertificateWatch {
  readonly #state: Pick<GatewayState, 'loaded'>;
  readonly #notices: Notices;
  readonly #problems: StandingProblems;
  readonly #responders = new Responders({ clock, ask: askResponder });
  readonly #timers: readonly NodeJS.Timeout[];
  #told = new Set<string>();

  constructor(state: Pick<GatewayState, 'loaded'>, notices: Notices, problems: StandingProblems) {
    this.#state = state;
    this.#notices = notices;
    this.#problems = problems;
    this.#timers = [setTimeout(() => this.look(), FIRST_MS), setInterval(() => this.look(), ROUND_MS)];
    for (const timer of this.#timers) timer.unref();
  }

  async answer(thread: ThreadHandle, id: number, question: StatusQuestion): Promise<void> {
    thread.send({ type: 'certificateStatus', id, answer: await this.#responders.ask(question) });
  }

  /** Tells what ends soon, once per threshold, and what has ended as long as it is named. */
  look(nowMs = clock.nowMs()): void {
    const problems = this.#problems;
    const { config, material } = this.#state.loaded;
    const told = new Set<string>();
    for (const file of datedFiles(config, material)) {
      const part = `${file.pointer} ${file.name}`;
      if (file.untilMs <= nowMs) {
        told.add(part);
        problems.set('certificate', part, sentenceOf(file, nowMs));
      } else if (file.kind !== 'revocation-list') this.#announce(file, nowMs);
    }
    for (const part of this.#told) if (!told.has(part)) problems.set('certificate', part, '');
    this.#told = told;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #announce({ kind, pointer, name, untilMs }: DatedFile, nowMs: number): void {
    const days = daysLeft(untilMs, nowMs);
    const threshold = TOLD_AT_DAYS.find((limit) => days < limit);
    if (threshold === undefined) return;
    const until = new Date(untilMs).toISOString();
    this.#notices.raise({
      kind: 'certificate.expires-soon',
      dedupeKey: `${kind} ${until} ${threshold} ${name}`.slice(0, 200),
      payload: { what: kind, name, place: pointer, until, daysLeft: days },
    });
  }
}
