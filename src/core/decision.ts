import { REASONS, type ReasonCode } from './reasons.ts';

export type Effect = 'continue' | 'deny' | 'answer';

/** Base of the `type` member of problem documents; each reason is an anchor of the published page. */
const TYPE_BASE = 'https://portcullis.dev/reasons#';

/** What a refusal may add to what its reason already says. */
export interface DenyOptions {
  /** For the journal only; never sent. Must not hold a secret. */
  readonly detail?: string;
  /** Flat list of response header names and values. */
  readonly headers?: readonly string[];
  /** More members of the problem document, such as `retry_after`. */
  readonly members?: Readonly<Record<string, string | number | null>>;
  /** Sentence for the client; the title of the reason if absent. */
  readonly message?: string;
  /** Status instead of the reason's own. */
  readonly status?: number;
  /** Closes the connection in place of an answer. */
  readonly isDrop?: boolean;
}

/**
 * What a check concludes: go on, refuse, or answer in the upstream's place.
 *
 * Shape: immutable; build at compile time wherever possible, because under attack the deny path is the hot path.
 * `problem` is the body without its last member: the responder appends the request id and the closing brace.
 */
export class Decision {
  readonly effect: Effect;
  readonly reason: ReasonCode;
  readonly status: number;
  readonly headers: readonly string[];
  readonly problem: string;
  readonly detail: string;
  /** Whether the connection is closed in place of an answer. */
  readonly isDrop: boolean;

  constructor(
    effect: Effect,
    reason: ReasonCode,
    status: number,
    headers: readonly string[],
    problem: string,
    detail: string,
    isDrop = false,
  ) {
    this.effect = effect;
    this.reason = reason;
    this.status = status;
    this.headers = headers;
    this.problem = problem;
    this.detail = detail;
    this.isDrop = isDrop;
  }
}

/** The one value that lets a request go on. */
export const CONTINUE = new Decision('continue', 'request.passed', 0, [], '', '');

/** Builds a refusal with its problem document (RFC 9457). */
export function deny(code: ReasonCode, options: DenyOptions = {}): Decision {
  const { status, title, error } = REASONS[code];
  const finalStatus = options.status ?? status;
  const document = {
    type: TYPE_BASE + code,
    title,
    status: finalStatus,
    error,
    message: options.message ?? `${title}.`,
    ...options.members,
  };
  const problem = `${JSON.stringify(document).slice(0, -1)},"request_id":"`;
  const { headers = [], detail = '', isDrop = false } = options;
  return new Decision('deny', code, finalStatus, headers, problem, detail, isDrop);
}

/** Builds an answer without a body, such as a preflight's. */
export function answer(code: ReasonCode, headers: readonly string[], detail = ''): Decision {
  return new Decision('answer', code, REASONS[code].status, headers, '', detail);
}
