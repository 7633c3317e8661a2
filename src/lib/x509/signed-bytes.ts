import { constants, type KeyObject, verify } from 'node:crypto';
import { parseSignatureAlgorithm } from './signature-algorithms.ts';

/** Bytes with the signature over them. */
export interface SignedBytes {
  readonly signed: Uint8Array;
  /** AlgorithmIdentifier. */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether a key made a signature with an algorithm that is accepted. */
export function isSignedWith({ signed, algorithm, signature }: SignedBytes, key: KeyObject): boolean {
  const known = parseSignatureAlgorithm(algorithm);
  if (known === null) return false;
  const padding = known.isPss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
    : {};
  try {
    return verify(known.digest, signed, { key, ...padding }, signature);
  } catch {
    // A key of another type than the algorithm is for.
    return false;
  }
}
