/** One check of a request as the journal tells it. */
export interface JournalCheck {
  readonly stage: string;
  readonly phase: string;
  readonly mode: string;
  /** `continue`, the effect that ended the request, or `would-…` for what observe mode let pass. */
  readonly verdict: string;
  /** Reason code; '' when the check let the request go on. */
  readonly reason: string;
  readonly costNs: number;
}

/** What the control plane reads of a journal record; '' or 0 where the record does not say. */
export interface JournalFacts {
  readonly id: string;
  readonly at: string;
  readonly method: string;
  /** Canonical path; the first line as received where there was none. */
  readonly path: string;
  /** The client behind trusted proxies. */
  readonly clientIp: string;
  readonly user: string;
  readonly status: number;
  readonly durationNs: number;
  readonly apiId: string;
  readonly routeId: string;
  readonly effect: string;
  readonly reason: string;
  readonly stage: string;
  readonly detail: string;
  readonly checks: readonly JournalCheck[];
}

type Json = Readonly<Record<string, unknown>>;

const NOTHING: Json = {};

const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : NOTHING;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;

function checkOf(value: unknown): JournalCheck {
  const check = objectOf(value);
  return {
    stage: textOf(check.stage),
    phase: textOf(check.phase),
    mode: textOf(check.mode),
    verdict: textOf(check.verdict),
    reason: textOf(check.reason),
    costNs: numberOf(check.cost_ns),
  };
}

/** Reads one line of the journal; null when it is not a JSON object. */
export function parseJournalRecord(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

/** Takes the facts out of a journal record; what is missing or of another type counts as absent. */
export function journalFacts(record: Json): JournalFacts {
  const portcullis = objectOf(record.portcullis);
  const decision = objectOf(portcullis.decision);
  return {
    id: textOf(record['http.request.id']),
    at: textOf(record['@timestamp']),
    method: textOf(record['http.request.method']),
    path: textOf(record['url.path']) || textOf(record['url.original']),
    clientIp: textOf(record['client.ip']) || textOf(record['source.ip']),
    user: textOf(record['user.id']),
    status: numberOf(record['http.response.status_code']),
    durationNs: numberOf(record['event.duration']),
    apiId: textOf(portcullis.api),
    routeId: textOf(portcullis.route),
    effect: textOf(decision.effect),
    reason: textOf(decision.reason),
    stage: textOf(decision.stage),
    detail: textOf(decision.detail),
    checks: Array.isArray(portcullis.checks) ? portcullis.checks.map(checkOf) : [],
  };
}
