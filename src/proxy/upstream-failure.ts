import { type Decision, deny } from '../core/decision.ts';
import type { ReasonCode } from '../core/reasons.ts';
import type { UpstreamCall } from './upstream-call.ts';

/** A failed exchange with an upstream. */
export interface UpstreamFailure {
  readonly decision: Decision;
  /** Whether another attempt may succeed. */
  readonly isRetryable: boolean;
  /** Whether it speaks against the target; not when a request cannot be sent at all, or others are in its way. */
  readonly isTargets: boolean;
}

/** What the proxy itself finds wrong with an upstream. */
export class UpstreamFault extends Error {
  readonly reason: ReasonCode;

  constructor(reason: ReasonCode, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** All connections to the target were in use for too long. */
export class NoConnection extends UpstreamFault {
  constructor() {
    super('upstream.connect-timeout', 'no connection became free');
  }
}

export const CONNECT_TIMEOUT = new UpstreamFault(
  'upstream.connect-timeout',
  'the connection took longer than timeouts.connectMs',
);
export const FIRST_BYTE_TIMEOUT = new UpstreamFault(
  'upstream.first-byte-timeout',
  'the answer took longer than timeouts.firstByteMs to begin',
);
export const IDLE_TIMEOUT = new UpstreamFault(
  'upstream.idle-timeout',
  'the answer paused longer than timeouts.idleMs',
);

/** Codes of node:net and node:tls, and what they mean. */
const MEANINGS: Readonly<Record<string, ReasonCode>> = {
  ECONNRESET: 'upstream.reset',
  EPIPE: 'upstream.reset',
  ETIMEDOUT: 'upstream.connect-timeout',
  ECONNREFUSED: 'upstream.connect',
  EHOSTUNREACH: 'upstream.connect',
  ENETUNREACH: 'upstream.connect',
  ENOTFOUND: 'upstream.connect',
  EAI_AGAIN: 'upstream.connect',
  EADDRNOTAVAIL: 'upstream.connect',
  EMFILE: 'upstream.connect',
};

const TLS_CODES =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|UNABLE_|SELF_SIGNED|DEPTH_ZERO|EPROTO|HOSTNAME_|INVALID_|PATH_LENGTH|ERROR_IN_)/;

const RETRYABLE = new Set<ReasonCode>(['upstream.connect', 'upstream.connect-timeout', 'upstream.reset']);

function meaningOf(error: unknown, code: string): ReasonCode {
  if (error instanceof UpstreamFault) return error.reason;
  return MEANINGS[code] ?? (TLS_CODES.test(code) ? 'upstream.tls' : 'gateway.bug');
}

/** Says what an error of a connection to an upstream means for the request. */
export function classifyFailure(error: unknown): UpstreamFailure {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const reason = meaningOf(error, code);
  const detail = `${code} ${message}`.trim().slice(0, 200);
  return {
    decision: deny(reason, { detail }),
    isRetryable: RETRYABLE.has(reason),
    isTargets: reason !== 'gateway.bug' && !(error instanceof NoConnection),
  };
}

/** RFC 9110, 9.2.2: sending these twice does what sending them once does. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Whether another attempt cannot do harm: nothing came back, and what was sent may have its effect twice. */
export function mayAskAgain(call: UpstreamCall, { isRetryable }: UpstreamFailure): boolean {
  return isRetryable && !call.isAnswered && (!call.isSent || IDEMPOTENT.has(call.request.method));
}
