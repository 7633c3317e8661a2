import { createHash } from 'node:crypto';
import { type CertificateFacts, isSameBytes } from './certificate.ts';
import { contextTag, Der, TAG } from './der.ts';
import { readBytesOfBits, readInteger, readOid, readSmallInteger, readTime } from './der-values.ts';
import { derElement, derOid } from './der-writer.ts';
import type { SignedBytes } from './signed-bytes.ts';

const SHA1 = '1.3.14.3.2.26';
const BASIC = '1.3.6.1.5.5.7.48.1.1';
const NONCE = '1.3.6.1.5.5.7.48.1.2';
const MAX_CERTIFICATES = 4;
/** `responseStatus` (RFC 6960, 4.2.1). */
const REFUSALS = [
  '',
  'a malformed request',
  'an internal error',
  'try later',
  '',
  'sign the request',
  'unauthorized',
];

const sha1 = (bytes: Uint8Array): Buffer => createHash('sha1').update(bytes).digest();

/**
 * Which certificate is meant (RFC 6960, 4.1.1).
 *
 * Safety: the digest only names the authority among those of a responder; every responder knows SHA-1 (RFC 5019, 2.1.1).
 */
function certificateId({ serial }: CertificateFacts, issuer: CertificateFacts): Buffer {
  return derElement(
    TAG.sequence,
    derElement(TAG.sequence, derOid(SHA1), derElement(TAG.null)),
    derElement(TAG.octetString, sha1(issuer.subjectDer)),
    derElement(TAG.octetString, sha1(issuer.keyBits)),
    derElement(TAG.integer, Buffer.from(serial, 'hex')),
  );
}

/** Writes a request about one certificate; `nonce` may be empty. */
export function ocspRequest(
  certificate: CertificateFacts,
  issuer: CertificateFacts,
  nonce: Uint8Array,
): Buffer {
  const request = derElement(TAG.sequence, derElement(TAG.sequence, certificateId(certificate, issuer)));
  const value = derElement(TAG.octetString, derElement(TAG.octetString, nonce));
  const extension = derElement(TAG.sequence, derOid(NONCE), value);
  const extensions =
    nonce.length === 0 ? [] : [derElement(contextTag(2, true), derElement(TAG.sequence, extension))];
  return derElement(TAG.sequence, derElement(TAG.sequence, request, ...extensions));
}

/** What a responder says, before anybody looked at who signed it. */
export interface OcspResponse extends SignedBytes {
  /** Who says to have signed: the name as it is encoded, or the SHA-1 of the key; the other one is empty. */
  readonly responderName: Uint8Array;
  readonly responderKey: Uint8Array;
  /** Certificates that came with it. */
  readonly certificates: readonly Uint8Array[];
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly thisUpdateMs: number;
  /** 0 where newer word is always there. */
  readonly nextUpdateMs: number;
  /** Empty where there is none. */
  readonly nonce: Uint8Array;
}

/** Why there is no response, as the end of a sentence. */
export interface OcspProblem {
  readonly why: string;
}

const EMPTY = new Uint8Array(0);
const UNREADABLE: OcspProblem = { why: 'answered with something that is no OCSP response' };

/** Reads the answer (RFC 6960, 4.2) about one certificate. */
export function parseOcspResponse(
  der: Uint8Array,
  certificate: CertificateFacts,
  issuer: CertificateFacts,
): OcspResponse | OcspProblem {
  const outer = Der.over(der);
  const response = outer.next(TAG.sequence);
  const status = readSmallInteger(response.next(TAG.enumerated));
  if (outer.isBroken) return UNREADABLE;
  if (status !== 0) return { why: `answered with a refusal: ${REFUSALS[status] || `status ${status}`}` };
  const wrapped = response.next(contextTag(0, true)).next(TAG.sequence);
  if (readOid(wrapped.next(TAG.oid)) !== BASIC) return UNREADABLE;
  const basic = wrapped.next(TAG.octetString).next(TAG.sequence);
  const data = basic.next(TAG.sequence);
  const algorithm = basic.next(TAG.sequence).element;
  const signature = readBytesOfBits(basic.next(TAG.bitString));
  const certificates = readCertificates(basic.nextIf(contextTag(0, true)));
  basic.end();
  outer.end();
  const signed = data.element;
  const found = readData(data, certificateId(certificate, issuer));
  if (outer.isBroken) return UNREADABLE;
  if (found === null) return { why: 'answered about another certificate' };
  return { ...found, signed, algorithm, signature, certificates };
}

function readCertificates(wrapped: Der | null): Uint8Array[] {
  const found: Uint8Array[] = [];
  const list = wrapped?.next(TAG.sequence);
  while (list !== undefined && !list.isAtEnd) {
    found.push(list.next(TAG.sequence).element);
    if (found.length > MAX_CERTIFICATES) list.fail();
  }
  return found;
}

type ResponseData = Omit<OcspResponse, keyof SignedBytes | 'certificates'>;

/** ResponseData (RFC 6960, 4.2.1); null where it is not about the certificate. */
function readData(data: Der, wanted: Uint8Array): ResponseData | null {
  const version = data.nextIf(contextTag(0, true));
  if (version !== null && readSmallInteger(version.next(TAG.integer)) !== 0) data.fail();
  const byName = data.nextIf(contextTag(1, true));
  const byKey = byName === null ? data.next(contextTag(2, true)) : null;
  const responderName = byName === null ? EMPTY : byName.next(TAG.sequence).element;
  const responderKey = byKey === null ? EMPTY : byKey.next(TAG.octetString).content;
  readTime(data.next(TAG.generalizedTime));
  const responses = data.next(TAG.sequence);
  let found: Pick<OcspResponse, 'status' | 'thisUpdateMs' | 'nextUpdateMs'> | null = null;
  while (!responses.isAtEnd) {
    const single = responses.next(TAG.sequence);
    const id = single.next(TAG.sequence);
    const read = readSingle(single);
    if (isSameCertificate(id, wanted)) found ??= read;
  }
  const nonce = readNonce(data.nextIf(contextTag(1, true)));
  data.end();
  return found === null ? null : { ...found, responderName, responderKey, nonce };
}

function readSingle(single: Der): Pick<OcspResponse, 'status' | 'thisUpdateMs' | 'nextUpdateMs'> {
  const status = statusOf(single);
  const thisUpdateMs = readTime(single.next(TAG.generalizedTime));
  const next = single.nextIf(contextTag(0, true));
  const nextUpdateMs = next === null ? 0 : readTime(next.next(TAG.generalizedTime));
  single.nextIf(contextTag(1, true));
  single.end();
  return { status, thisUpdateMs, nextUpdateMs };
}

function statusOf(single: Der): OcspResponse['status'] {
  const { tag } = single.next();
  if (tag === contextTag(0, false)) return 'good';
  if (tag === contextTag(1, true)) return 'revoked';
  if (tag !== contextTag(2, false)) single.fail();
  return 'unknown';
}

/** The parameters of the digest may be NULL or left out. */
function isSameCertificate(id: Der, wanted: Uint8Array): boolean {
  const parts = (der: Der): Uint8Array[] => {
    const algorithm = der.next(TAG.sequence);
    const digest = algorithm.next(TAG.oid).element;
    return [digest, der.next(TAG.octetString).content, der.next(TAG.octetString).content, serialOf(der)];
  };
  const [found, own] = [parts(id), parts(Der.over(wanted).next(TAG.sequence))];
  return found.every((part, at) => isSameBytes(part, own[at] as Uint8Array));
}

function serialOf(der: Der): Uint8Array {
  return Buffer.from(readInteger(der.next(TAG.integer)), 'hex');
}

function readNonce(wrapped: Der | null): Uint8Array {
  const list = wrapped?.next(TAG.sequence);
  let nonce: Uint8Array = EMPTY;
  while (list !== undefined && !list.isAtEnd) {
    const extension = list.next(TAG.sequence);
    const id = readOid(extension.next(TAG.oid));
    extension.nextIf(TAG.boolean);
    const value = extension.next(TAG.octetString);
    if (id === NONCE) nonce = value.next(TAG.octetString).content;
  }
  return nonce;
}
