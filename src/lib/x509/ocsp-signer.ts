import { createHash } from 'node:crypto';
import { isSameBytes } from './certificate.ts';
import { KEY_USAGE, PURPOSE } from './extensions.ts';
import type { OcspResponse } from './ocsp.ts';
import { PathCertificate } from './path-certificate.ts';
import { isSignedWith } from './signed-bytes.ts';

/**
 * Whether a response is signed by whom it must be (RFC 6960, 4.2.2.2): the authority that issued the certificate, or a
 * responder that the same authority made one directly.
 *
 * Safety: a delegated responder is valid now and says that it is for this (extendedKeyUsage OCSPSigning). Whether it was
 * revoked itself is not asked: the one to ask would be itself.
 */
export function isResponseOf(response: OcspResponse, issuer: PathCertificate, nowMs: number): boolean {
  if (isNamed(response, issuer)) return isSignedWith(response, issuer.key);
  for (const der of response.certificates) {
    const responder = PathCertificate.open(der);
    if (responder === null || !isNamed(response, responder)) continue;
    return isDelegate(responder, issuer, nowMs) && isSignedWith(response, responder.key);
  }
  return false;
}

function isNamed({ responderName, responderKey }: OcspResponse, { facts }: PathCertificate): boolean {
  if (responderName.length > 0) return isSameBytes(responderName, facts.subjectDer);
  return isSameBytes(responderKey, createHash('sha1').update(facts.keyBits).digest());
}

function isDelegate(responder: PathCertificate, issuer: PathCertificate, nowMs: number): boolean {
  const { notBeforeMs, notAfterMs, purposes, keyUsage, unknownCritical } = responder.facts;
  const maySign = keyUsage === null || (keyUsage & KEY_USAGE.digitalSignature) !== 0;
  return (
    purposes?.includes(PURPOSE.ocspSigning) === true &&
    maySign &&
    unknownCritical.length === 0 &&
    nowMs >= notBeforeMs &&
    nowMs <= notAfterMs &&
    responder.isStrong &&
    responder.isSignedBy(issuer)
  );
}
