import { parseBase64Url } from '../../lib/jose/base64url.ts';
import { checkJson } from '../../lib/text/json-depth.ts';
import type { TokenProblem } from './refusals.ts';

const MAX_TOKEN_CHARS = 16_384;
const MAX_KID_CHARS = 256;
const JSON_LIMITS = { maxDepth: 32 };
const TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);

export type JsonObject = { readonly [name: string]: unknown };

/** A signed message that is well-formed; nothing of it is verified. */
export interface ClaimedSignature {
  readonly alg: string;
  /** '' when the header names none. */
  readonly kid: string;
  readonly payload: Buffer;
  /** What the signature is over (RFC 7515, section 5.2). */
  readonly signedBytes: Buffer;
  readonly signature: Buffer;
}

/** A token that is well-formed; nothing of it is verified. */
export interface ClaimedToken {
  readonly jws: ClaimedSignature;
  readonly claims: JsonObject;
}

/**
 * Reads a JSON object strictly; null for everything else.
 *
 * Safety: duplicate names are refused on every level (RFC 7515, section 4; RFC 7519, section 4), because two
 * readers may take two different ones.
 */
function parseObject(bytes: Buffer): JsonObject | null {
  if (!checkJson(bytes, JSON_LIMITS).ok) return null;
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** What is wrong with a header; null when it is acceptable. */
function headerProblem(header: JsonObject): TokenProblem | null {
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string') return 'header';
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_CHARS))
    return 'header';
  if (typ !== undefined && (typeof typ !== 'string' || !TYPES.has(typ.toLowerCase()))) return 'type';
  // RFC 7515, section 4.1.11: what is critical and not understood makes the token invalid; nothing is here.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return 'critical';
  // A key that comes with the token proves nothing.
  if (Object.hasOwn(header, 'jwk') || Object.hasOwn(header, 'jku') || Object.hasOwn(header, 'x5u'))
    return 'embedded';
  return null;
}

/**
 * Reads a signed message in the compact form (RFC 7515, section 7.1), or says what is wrong with it.
 *
 * Cost: linear in at most 16,384 characters.
 */
export function parseJws(text: string): ClaimedSignature | TokenProblem {
  if (text.length > MAX_TOKEN_CHARS) return 'length';
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first <= 0 || second < 0 || text.indexOf('.', second + 1) >= 0) return 'parts';
  const headerBytes = parseBase64Url(text.slice(0, first));
  const payload = parseBase64Url(text.slice(first + 1, second));
  const signature = parseBase64Url(text.slice(second + 1));
  if (headerBytes === null || payload === null || signature === null) return 'encoding';
  const header = parseObject(headerBytes);
  if (header === null) return 'json';
  const problem = headerProblem(header);
  if (problem !== null) return problem;
  const signedBytes = Buffer.from(text.slice(0, second), 'latin1');
  return { alg: header.alg as string, kid: (header.kid ?? '') as string, payload, signedBytes, signature };
}

/** Reads a signed token (RFC 7519, section 7.2), or says what is wrong with it. */
export function parseToken(text: string): ClaimedToken | TokenProblem {
  const jws = parseJws(text);
  if (typeof jws === 'string') return jws;
  const claims = parseObject(jws.payload);
  return claims === null ? 'json' : { jws, claims };
}
