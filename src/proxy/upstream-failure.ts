import { type Decision, deny } from '../core/decision.ts';
import type { ReasonCode } from '../core/reasons.ts';

/** A failed exchange with an upstream. */
export interface UpstreamFailure {
  readonly decision: Decision;
  /** Whether another attempt may succeed. */
  readonly isRetryable: boolean;
  /** Whether it speaks against the target; not when a request cannot be sent at all, or others are in its way. */
  readonly isTargets: boolean;
}

/** An answer of an upstream that must not be passed on. */
export class InvalidAnswer extends Error {
  readonly code = 'INVALID_ANSWER';
}

/** All connections to the target were in use for too long. */
export class NoConnection extends Error {
  readonly code = 'NO_CONNECTION';
}

/** Codes of undici, node:net and node:tls, and what they mean. */
const MEANINGS: Readonly<Record<string, ReasonCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'upstream.connect-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'upstream.first-byte-timeout',
  UND_ERR_BODY_TIMEOUT: 'upstream.idle-timeout',
  UND_ERR_SOCKET: 'upstream.reset',
  UND_ERR_HEADERS_OVERFLOW: 'upstream.invalid',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'upstream.invalid',
  ERR_ASSERTION: 'upstream.invalid',
  INVALID_ANSWER: 'upstream.invalid',
  NO_CONNECTION: 'upstream.connect-timeout',
  UND_ERR_INFO: 'upstream.reset',
  UND_ERR_DESTROYED: 'upstream.reset',
  UND_ERR_CLOSED: 'upstream.reset',
  ECONNRESET: 'upstream.reset',
  EPIPE: 'upstream.reset',
  ETIMEDOUT: 'upstream.connect-timeout',
  ECONNREFUSED: 'upstream.connect',
  EHOSTUNREACH: 'upstream.connect',
  ENETUNREACH: 'upstream.connect',
  ENOTFOUND: 'upstream.connect',
  EAI_AGAIN: 'upstream.connect',
  EADDRNOTAVAIL: 'upstream.connect',
};

const RETRYABLE = new Set<ReasonCode>(['upstream.connect', 'upstream.connect-timeout', 'upstream.reset']);

function meaningOf(name: string, code: string, message: string): ReasonCode {
  // An interim answer that ends the exchange, or a switch of protocols that was not asked for.
  if (code === 'UND_ERR_SOCKET' && /^bad (response|upgrade)$/.test(message)) return 'upstream.invalid';
  const known = MEANINGS[code];
  if (known !== undefined) return known;
  // Errors of the parser have a name of their own and often no code.
  if (name === 'HTTPParserError' || code.startsWith('HPE_')) return 'upstream.invalid';
  if (
    /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|UNABLE_|SELF_SIGNED|DEPTH_ZERO|EPROTO|HOSTNAME_|INVALID_|PATH_LENGTH|ERROR_IN_)/.test(
      code,
    )
  )
    return 'upstream.tls';
  return 'gateway.bug';
}

/** Says what an error of the client library means for the request. */
export function classifyFailure(error: unknown): UpstreamFailure {
  const { name = '', code = '', message = '' } = error as { name?: string; code?: string; message?: string };
  const reason = meaningOf(name, code, message);
  const detail = `${code} ${message}`.trim().slice(0, 200);
  return {
    decision: deny(reason, { detail }),
    isRetryable: RETRYABLE.has(reason),
    isTargets: reason !== 'gateway.bug' && code !== 'NO_CONNECTION',
  };
}

/** RFC 9110, 9.2.2: sending these twice does what sending them once does. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Whether a request of the method may be sent again after a failure. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}
