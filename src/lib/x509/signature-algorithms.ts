import type { KeyObject } from 'node:crypto';
import { contextTag, Der, TAG } from './der.ts';
import { readOid } from './der-values.ts';

const PSS = '1.2.840.113549.1.1.10';

/** THE TABLE of signature algorithms that are accepted, with the digest each signs; '' where it has its own. */
const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.3.101.112', ''],
  ['1.3.101.113', ''],
]);
const PSS_DIGESTS: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);
const CURVES = new Set([
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
]);
const RSA_BITS = { least: 2048, most: 8192 };
/** With 1, everybody can sign; with one as long as the modulus, a signature takes a hundred times as long to verify. */
const RSA_EXPONENT = { least: 3n, most: 0xffff_ffffn };

/** A signature algorithm of an AlgorithmIdentifier. */
export interface SignatureAlgorithm {
  /** Name of the digest for node:crypto; null where the algorithm has its own. */
  readonly digest: string | null;
  readonly isPss: boolean;
}

/** Reads an AlgorithmIdentifier; null when it is none of those accepted, such as one with MD5 or SHA-1. */
export function parseSignatureAlgorithm(der: Uint8Array): SignatureAlgorithm | null {
  const identifier = Der.over(der).next(TAG.sequence);
  const id = readOid(identifier.next(TAG.oid));
  if (id === PSS) {
    const digest = pssDigest(identifier);
    return digest === null ? null : { digest, isPss: true };
  }
  const digest = ALGORITHMS.get(id);
  return digest === undefined ? null : { digest: digest || null, isPss: false };
}

/** RFC 4055, 3.1: the digest is SHA-1 where it is not said. */
function pssDigest(identifier: Der): string | null {
  const digest = identifier.next(TAG.sequence).nextIf(contextTag(0, true));
  if (digest === null) return null;
  return PSS_DIGESTS.get(readOid(digest.next(TAG.sequence).next(TAG.oid))) ?? null;
}

/**
 * Whether a key is strong enough to rely on and small enough to compute with: RSA from 2048 to 8192 bits with an
 * exponent of at most 32, the curves of NIST and Brainpool from 256 bits, Ed25519 and Ed448.
 */
export function isAcceptableKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  switch (asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss': {
      const { modulusLength: bits = 0, publicExponent: exponent = 0n } = asymmetricKeyDetails ?? {};
      if (exponent < RSA_EXPONENT.least || exponent > RSA_EXPONENT.most) return false;
      return bits >= RSA_BITS.least && bits <= RSA_BITS.most;
    }
    case 'ec':
      return CURVES.has(asymmetricKeyDetails?.namedCurve ?? '');
    default:
      return asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'ed448';
  }
}
