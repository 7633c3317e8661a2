import type { Log } from './gateway-log.ts';

/** What can fail while the gateway runs, and what to log when it works again; '' where others log it. */
const WELL_AGAIN = {
  config: '',
  database: 'The database works again.',
  journal: 'The journal is written again.',
  oauth: 'The authorization server works again.',
  'oauth-journal': 'Events of the authorization server are written to the journal again.',
  rotation: 'The journal can begin new files again.',
  thread: 'The data-plane thread runs again.',
  target: '',
  certificate: 'What had ended was replaced.',
  notices: 'Notices are told again.',
  replay: 'What gateways share in Redis works again.',
  keys: 'API keys are rotated again.',
  adaptive: 'Adaptive limits keep what they do again.',
  'waf-records': 'Bypasses of the WAF and trials of rules are watched over again.',
  'limit-exceptions': 'The ends of exceptions from limits are watched over again.',
} as const;

export type ProblemKind = keyof typeof WELL_AGAIN;

/** What does not work now, as sentences; each is logged when it begins, and its end as well. */
export class StandingProblems {
  readonly #log: Log;
  readonly #sentences = new Map<ProblemKind, Map<string, string>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes what one part says now: a sentence, or '' when all is well with it. */
  set(kind: ProblemKind, part: string, sentence: string): void {
    const parts = this.#sentences.get(kind) ?? new Map<string, string>();
    this.#sentences.set(kind, parts);
    const isNews = ![...parts.values()].includes(sentence);
    const wasBad = parts.delete(part);
    if (sentence !== '') parts.set(part, sentence);
    if (WELL_AGAIN[kind] === '') return;
    if (sentence !== '' && isNews) this.#log('error', sentence);
    if (wasBad && parts.size === 0) this.#log('info', WELL_AGAIN[kind]);
  }

  /** The first sentence of a kind; '' when there is none. */
  first(kind: ProblemKind): string {
    return this.#sentences.get(kind)?.values().next().value ?? '';
  }

  /** Every sentence, each once. */
  get all(): readonly string[] {
    return [...new Set([...this.#sentences.values()].flatMap((parts) => [...parts.values()]))];
  }
}
