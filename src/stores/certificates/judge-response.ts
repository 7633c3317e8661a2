import type { StatusAnswer } from '../../core/ports.ts';
import { isSameBytes } from '../../lib/x509/certificate.ts';
import { parseOcspResponse } from '../../lib/x509/ocsp.ts';
import { isResponseOf } from '../../lib/x509/ocsp-signer.ts';
import type { PathCertificate } from '../../lib/x509/path-certificate.ts';

/** How far the clock of a responder may be ahead. */
const SKEW_MS = 300_000;
/** How long an answer counts that does not say so (RFC 6960, 4.2.2.1: newer word is always there). */
const UNDATED_MS = 300_000;

/** What a response must be about and made for. */
export interface AskedFor {
  readonly certificate: PathCertificate;
  readonly issuer: PathCertificate;
  readonly responder: string;
  /** Empty where none was sent. */
  readonly nonce: Uint8Array;
  readonly maxAgeMs: number;
}

/**
 * Judges the bytes that a responder answered with. Whatever cannot be relied on is `unavailable`: it says nothing about
 * the certificate.
 */
export function judgeResponse(bytes: Uint8Array, asked: AskedFor, nowMs: number): StatusAnswer {
  const response = parseOcspResponse(bytes, asked.certificate.facts, asked.issuer.facts);
  const refuse = (why: string): StatusAnswer =>
    unavailable(`The OCSP responder ${asked.responder} ${why}.`, nowMs);
  if ('why' in response) return refuse(response.why);
  if (!isResponseOf(response, asked.issuer, nowMs))
    return refuse('answered with a signature that is not of the authority');
  const { status, thisUpdateMs, nextUpdateMs, nonce } = response;
  if (asked.nonce.length > 0 && !isSameBytes(nonce, asked.nonce)) return refuse('did not repeat the nonce');
  if (thisUpdateMs > nowMs + SKEW_MS) return refuse('answered with an answer of the future');
  const endMs = nextUpdateMs === 0 ? thisUpdateMs + UNDATED_MS : nextUpdateMs;
  if (endMs <= nowMs)
    return refuse(`answered with an answer that is out of date since ${new Date(endMs).toISOString()}`);
  return { status, untilMs: Math.min(endMs, nowMs + asked.maxAgeMs), problem: '' };
}

/** How long a responder that could not be asked is left alone. */
const RETRY_MS = 5_000;

export function unavailable(problem: string, nowMs: number): StatusAnswer {
  return { status: 'unavailable', untilMs: nowMs + RETRY_MS, problem };
}
