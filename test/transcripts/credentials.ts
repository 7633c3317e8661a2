import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { parse } from 'yaml';

/** Whoever signs the tokens of a transcript: `issuer` is trusted, `stranger` is not. */
const ISSUER = generateKeyPairSync('rsa', { modulusLength: 2048 });
const STRANGER = generateKeyPairSync('rsa', { modulusLength: 2048 });

interface TokenText {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  /** `issuer` (default), `stranger`, `hmac` with the public key as the secret, or `nobody`. */
  readonly signedBy?: string;
}

/** The key set that the configuration of a transcript finds as `jwks.json`. */
export function jwksText(): string {
  const jwk = { ...ISSUER.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' };
  return JSON.stringify({ keys: [jwk] });
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** `now+900` and `now-60` are epoch seconds; null takes a claim away. */
function claimsOf(claims: Record<string, unknown>, nowS: number): Record<string, unknown> {
  const standard = { iss: 'https://issuer.test', aud: 'orders', sub: 'user-1', exp: 'now+900', iat: 'now-1' };
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries({ ...standard, ...claims })) {
    const relative = typeof value === 'string' ? /^now([+-][0-9]+)$/.exec(value) : null;
    if (value !== null) found[name] = relative === null ? value : nowS + Number(relative[1]);
  }
  return found;
}

function signatureOf(signedBy: string, data: string): string {
  if (signedBy === 'nobody') return '';
  if (signedBy === 'hmac') {
    const secret = ISSUER.publicKey.export({ format: 'pem', type: 'spki' });
    return createHmac('sha256', secret).update(data).digest('base64url');
  }
  const key: KeyObject = signedBy === 'stranger' ? STRANGER.privateKey : ISSUER.privateKey;
  return sign('sha256', Buffer.from(data), key).toString('base64url');
}

/** Makes the token that a section of a transcript describes. */
export function tokenFrom(text: string, nowS: number): string {
  const { header = {}, claims = {}, signedBy = 'issuer' } = (parse(text) ?? {}) as TokenText;
  const head = { alg: 'RS256', typ: 'JWT', kid: 'k1', ...header };
  const data = `${encode(head)}.${encode(claimsOf(claims, nowS))}`;
  return `${data}.${signatureOf(signedBy, data)}`;
}
