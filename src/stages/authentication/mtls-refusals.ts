import { type Decision, deny } from '../../core/decision.ts';
import type { ReasonCode } from '../../core/reasons.ts';
import type { PathFault } from '../../lib/x509/path.ts';
import type { CallerProblem } from './mtls-callers.ts';

export type CertificateProblem = PathFault | CallerProblem | 'handshake' | 'revoked' | 'unknown';

/** What can be wrong with a client certificate: the reason, and what the journal says. */
const PROBLEMS: Readonly<Record<CertificateProblem, readonly [ReasonCode, string]>> = {
  unreadable: [
    'authn.malformed',
    'The certificate is longer than 16 KiB, or not one that can be read in one way only.',
  ],
  handshake: ['authn.untrusted', 'OpenSSL found the certificate wrong in the handshake.'],
  untrusted: [
    'authn.untrusted',
    'No path leads to an authority of this API: another one signed, or one in between is missing.',
  ],
  signature: [
    'authn.untrusted',
    'An authority has the name of the issuer, but did not sign the certificate.',
  ],
  purpose: [
    'authn.untrusted',
    'The certificate, or an authority above it, is not for clients (extendedKeyUsage, keyUsage).',
  ],
  'is-authority': ['authn.untrusted', 'The certificate is that of an authority.'],
  'no-authority': [
    'authn.untrusted',
    'One of the path may not sign certificates (basicConstraints, keyUsage).',
  ],
  'path-length': ['authn.untrusted', 'The path is longer than an authority allows (pathLenConstraint).'],
  'authority-time': [
    'authn.untrusted',
    'An authority of the path has expired, or is outside of its `from` and `until`.',
  ],
  weak: [
    'authn.untrusted',
    'A key or signature of the path is too weak: RSA from 2048 to 8192 bits, SHA-256 and up.',
  ],
  critical: ['authn.untrusted', 'A certificate of the path has a critical extension that is not understood.'],
  constraints: [
    'authn.untrusted',
    'An authority of the path has name constraints, which are not understood.',
  ],
  effort: ['authn.untrusted', 'Too many authorities of one name would have to be tried.'],
  expired: ['authn.expired', 'The certificate has expired.'],
  'not-yet-valid': ['authn.not-yet-valid', 'The certificate is not valid yet.'],
  unmapped: ['authn.unmapped', 'The certificate is valid, but nothing that `mtls` lists matches it.'],
  unnamed: [
    'authn.unmapped',
    'The certificate is valid, but has not exactly one name of the kind that `subjectFrom` wants.',
  ],
  revoked: ['authn.revoked', 'The certificate, or that of an authority above it, was revoked.'],
  unknown: ['authn.revoked', 'The OCSP responder does not know the certificate.'],
};

export type CertificateRefusals = Readonly<Record<CertificateProblem, Decision>>;

/**
 * The challenge for a certificate. No scheme is registered for one; RFC 9110, 15.5.2 asks for a challenge, and programs
 * that do not know this one skip it.
 */
export function certificateChallenge(realm: string): readonly string[] {
  return ['WWW-Authenticate', `ClientCertificate realm="${realm}"`];
}

/** Builds the refusals; `realm` is text that needs no escape in a quoted string. */
export function certificateRefusals(realm: string): CertificateRefusals {
  const headers = certificateChallenge(realm);
  const rows = Object.entries(PROBLEMS).map(([name, [code, detail]]) => [
    name,
    deny(code, { headers, detail }),
  ]);
  return Object.fromEntries(rows) as CertificateRefusals;
}
