import { type JournalCheck, journalFacts } from '../core/journal-record.ts';
import { REASONS, type Reason, type ReasonCode } from '../core/reasons.ts';

/** One check of the request, in words. */
export interface ExplainedCheck {
  readonly stage: string;
  readonly phase: string;
  readonly mode: string;
  readonly verdict: string;
  /** Reason code; '' when the check let the request go on. */
  readonly reason: string;
  readonly title: string;
  /** Microseconds. */
  readonly costUs: number;
}

/** A refusal that observe mode held back. */
export interface WouldRefuse {
  readonly stage: string;
  readonly reason: string;
  readonly title: string;
  readonly status: number;
  readonly remedy: string;
}

/** Why a request was answered as it was. */
export interface Explanation {
  /** One sentence that says it all. */
  readonly headline: string;
  readonly effect: string;
  readonly reason: string;
  readonly title: string;
  readonly stage: string;
  readonly detail: string;
  readonly status: number;
  /** What would have let it pass; '' when it did. */
  readonly remedy: string;
  readonly checks: ExplainedCheck[];
  /** What would have been refused had every stage been enforced. */
  readonly wouldRefuse: WouldRefuse[];
  readonly checksUs: number;
  readonly totalMs: number;
}

const WOULD = 'would-';

function findReason(code: string): Reason | null {
  return Object.hasOwn(REASONS, code) ? REASONS[code as ReasonCode] : null;
}

/** Text of a client without what could move the cursor or turn the writing direction on a terminal. */
function shown(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
}

function explainCheck(check: JournalCheck): ExplainedCheck {
  return {
    stage: check.stage,
    phase: check.phase,
    mode: check.mode,
    verdict: check.verdict,
    reason: check.reason,
    title: findReason(check.reason)?.title ?? '',
    costUs: check.costNs / 1000,
  };
}

function wouldRefuse(checks: readonly JournalCheck[]): WouldRefuse[] {
  return checks
    .filter((check) => check.verdict === `${WOULD}deny`)
    .map((check) => {
      const reason = findReason(check.reason);
      return {
        stage: check.stage,
        reason: check.reason,
        title: reason?.title ?? '',
        status: reason?.status ?? 0,
        remedy: reason?.remedy ?? '',
      };
    });
}

function headlineOf(facts: ReturnType<typeof journalFacts>, title: string): string {
  const what = shown(`${facts.method} ${facts.path}`.trim()) || 'The request';
  const from = facts.clientIp === '' ? '' : ` from ${shown(facts.clientIp)}`;
  const status = facts.status === 0 ? '' : ` with ${facts.status}`;
  if (facts.reason === 'request.aborted') return `${what}${from} was given up by the client.`;
  if (facts.effect === 'deny') return `${what}${from} was refused${status}: ${title || facts.reason}.`;
  if (facts.effect === 'answer') return `${what}${from} was answered by the gateway${status}: ${title}.`;
  return `${what}${from} was passed on and answered${status}.`;
}

/** Turns a journal record into an explanation; never throws, whatever the record holds. */
export function explain(record: Readonly<Record<string, unknown>>): Explanation {
  const facts = journalFacts(record);
  const reason = findReason(facts.reason);
  const title = reason?.title ?? '';
  return {
    headline: headlineOf(facts, title),
    effect: facts.effect,
    reason: facts.reason,
    title,
    stage: facts.stage,
    detail: facts.detail,
    status: facts.status,
    remedy: facts.effect === 'deny' ? (reason?.remedy ?? '') : '',
    checks: facts.checks.map(explainCheck),
    wouldRefuse: wouldRefuse(facts.checks),
    checksUs: facts.checks.reduce((sum, check) => sum + check.costNs, 0) / 1000,
    totalMs: facts.durationNs / 1e6,
  };
}
