import { constants, createHmac, type KeyObject, sign } from 'node:crypto';
import { ISSUER, NOW_S, PAIRS } from './authentication-world.ts';

export const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Claims that pass, with changes; undefined takes a claim away. */
export const claims = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  sub: 'user-1',
  iss: ISSUER,
  aud: 'orders',
  exp: NOW_S + 900,
  iat: NOW_S,
  ...change,
});

/** Signs bytes as the algorithm says, without any check of what is signed. */
export function signBytes(alg: string, key: KeyObject, data: string): Buffer {
  const digest = `sha${alg.slice(2)}`;
  const bytes = Buffer.from(data);
  if (alg.startsWith('HS')) return createHmac(digest, key).update(bytes).digest();
  if (alg.startsWith('RS')) return sign(digest, bytes, key);
  if (alg.startsWith('ES')) return sign(digest, bytes, { key, dsaEncoding: 'ieee-p1363' });
  if (alg === 'EdDSA') return sign(null, bytes, key);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return sign(digest, bytes, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
}

/** Makes a token of any header and payload, so that a test can make bad ones; texts are taken as they are. */
export function token(
  header: Record<string, unknown> | string = { alg: 'RS256', kid: 'k1' },
  payload: Record<string, unknown> | string = claims(),
  key: KeyObject = PAIRS.rsa.privateKey,
  alg = 'RS256',
): string {
  const data = `${encode(header)}.${encode(payload)}`;
  return `${data}.${signBytes(alg, key, data).toString('base64url')}`;
}
