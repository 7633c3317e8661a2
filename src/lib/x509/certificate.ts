import { contextTag, Der, TAG } from './der.ts';
import { readBytesOfBits, readInteger, readOid, readSmallInteger, readTime } from './der-values.ts';
import { type Extensions, NO_EXTENSIONS, readExtensions } from './extensions.ts';
import { type DistinguishedName, readName } from './name.ts';

/** What a certificate says, read from its bytes. */
export interface CertificateFacts extends Extensions {
  readonly der: Uint8Array;
  /** Hexadecimal, in whole bytes. */
  readonly serial: string;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  /** The names as they are encoded. */
  readonly subjectDer: Uint8Array;
  readonly issuerDer: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SubjectPublicKeyInfo, and the bits of the key in it. */
  readonly keyInfo: Uint8Array;
  readonly keyBits: Uint8Array;
  /** AlgorithmIdentifier of the signature. */
  readonly signatureAlgorithm: Uint8Array;
}

/** Longest certificate that is read. */
export const MAX_CERTIFICATE_BYTES = 16_384;

/**
 * Reads an X.509 certificate (RFC 5280, section 4); null when it is not one, is longer than 16 KiB, or can be read in
 * more than one way.
 */
export function parseCertificate(der: Uint8Array): CertificateFacts | null {
  if (der.length > MAX_CERTIFICATE_BYTES) return null;
  const outer = Der.over(der);
  const certificate = outer.next(TAG.sequence);
  const signed = certificate.next(TAG.sequence);
  const algorithm = certificate.next(TAG.sequence).element;
  readBytesOfBits(certificate.next(TAG.bitString));
  certificate.end();
  outer.end();
  const facts = readSigned(signed, der);
  // RFC 5280, 4.1.1.2: the same identifier inside and outside of what is signed.
  if (outer.isBroken || !isSameBytes(facts.signatureAlgorithm, algorithm)) return null;
  return facts;
}

function readSigned(signed: Der, der: Uint8Array): CertificateFacts {
  const version = readVersion(signed);
  const serial = readInteger(signed.next(TAG.integer));
  const signatureAlgorithm = signed.next(TAG.sequence).element;
  const issuer = signed.next(TAG.sequence);
  const validity = signed.next(TAG.sequence);
  const [notBeforeMs, notAfterMs] = [readTime(validity.next()), readTime(validity.next())];
  validity.end();
  const subject = signed.next(TAG.sequence);
  const key = signed.next(TAG.sequence);
  // Unique identifiers, which nobody uses and RFC 5280, 4.1.2.8 forbids to make.
  for (const number of [1, 2]) signed.nextIf(contextTag(number, false));
  const wrapped = signed.nextIf(contextTag(3, true));
  signed.end();
  const hasExtensions = wrapped !== null;
  if (hasExtensions && version !== 2) signed.fail();
  const extensions = hasExtensions ? readExtensions(wrapped.next(TAG.sequence)) : NO_EXTENSIONS;
  wrapped?.end();
  return {
    der,
    serial,
    signatureAlgorithm,
    issuer: readName(issuer),
    subject: readName(subject),
    issuerDer: issuer.element,
    subjectDer: subject.element,
    notBeforeMs,
    notAfterMs,
    keyInfo: key.element,
    keyBits: readKey(key),
    ...extensions,
  };
}

function readVersion(signed: Der): number {
  const wrapped = signed.nextIf(contextTag(0, true));
  if (wrapped === null) return 0;
  const version = readSmallInteger(wrapped.next(TAG.integer));
  wrapped.end();
  if (version > 2) signed.fail();
  return version;
}

function readKey(key: Der): Uint8Array {
  const algorithm = key.next(TAG.sequence);
  readOid(algorithm.next(TAG.oid));
  const bits = readBytesOfBits(key.next(TAG.bitString));
  key.end();
  return bits;
}

export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
