import { createHash, type KeyObject, randomUUID } from 'node:crypto';
import { encode, signBytes } from './sign-token.ts';

/** A key pair of a client that makes proofs. */
export interface ProofKey {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** What a proof says, and what a test changes of it; undefined takes a member away. */
export interface ProofSketch {
  readonly token: string;
  readonly method?: string;
  readonly uri: string;
  readonly nowS: number;
  readonly alg?: string;
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  /** Signs in place of the key itself. */
  readonly signer?: KeyObject;
}

/** The SHA-256 thumbprint of a key (RFC 7638). */
export function thumbprint(key: KeyObject): string {
  const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' });
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

export const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');

/** Makes a proof (RFC 9449, section 4.2). */
export function makeProof(key: ProofKey, sketch: ProofSketch): string {
  const { token, uri, nowS, method = 'GET', alg = 'ES256' } = sketch;
  const jwk = key.publicKey.export({ format: 'jwk' });
  const header = { typ: 'dpop+jwt', alg, jwk, ...sketch.header };
  const claims = {
    jti: randomUUID(),
    htm: method,
    htu: uri,
    iat: nowS,
    ath: hashOf(token),
    ...sketch.claims,
  };
  const data = `${encode(header)}.${encode(claims)}`;
  return `${data}.${signBytes(alg, sketch.signer ?? key.privateKey, data).toString('base64url')}`;
}
