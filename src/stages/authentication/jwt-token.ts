import { parseBase64Url } from '../../lib/jose/base64url.ts';
import { checkJson } from '../../lib/text/json-depth.ts';
import type { TokenProblem } from './token-problems.ts';

export const MAX_TOKEN_CHARS = 16_384;
const MAX_KID_CHARS = 256;
const JSON_LIMITS = { maxDepth: 32 };
const TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);
/** Members that bring a key or say where to get one (RFC 7515, sections 4.1.2, 4.1.3, 4.1.5 and 4.1.6). */
const EMBEDDED = ['jwk', 'jku', 'x5u', 'x5c'];

export type JsonObject = { readonly [name: string]: unknown };

/** A signed message that is well-formed; nothing of it is verified. */
export interface ClaimedSignature {
  readonly alg: string;
  /** '' when the header names none. */
  readonly kid: string;
  /** In lower case; '' when the header has none. */
  readonly typ: string;
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
export function parseObject(bytes: Buffer): JsonObject | null {
  if (!checkJson(bytes, JSON_LIMITS).ok) return null;
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** What is wrong with the header of a token; null when it is acceptable. */
function headerProblem(header: JsonObject): TokenProblem | null {
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string') return 'header';
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_CHARS))
    return 'header';
  if (typ !== undefined && (typeof typ !== 'string' || !TYPES.has(typ.toLowerCase()))) return 'type';
  // RFC 7515, section 4.1.11: what is critical and not understood makes the token invalid; nothing is here.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return 'critical';
  // A key that comes with the token proves nothing.
  for (const member of EMBEDDED) if (Object.hasOwn(header, member)) return 'embedded';
  return null;
}

/** A signed message taken apart; nothing of it is judged but its form. */
export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: Buffer;
  /** What the signature is over (RFC 7515, section 5.2). */
  readonly signedBytes: Buffer;
  readonly signature: Buffer;
}

/** What can be wrong with the form of a signed message. */
export type CompactProblem = 'length' | 'parts' | 'encoding' | 'json';

/**
 * Takes a signed message in the compact form (RFC 7515, section 7.1) apart, or says what is wrong with it.
 *
 * Cost: linear in at most `maxChars`.
 */
export function parseCompact(text: string, maxChars: number): CompactJws | CompactProblem {
  if (text.length > maxChars) return 'length';
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first <= 0 || second < 0 || text.indexOf('.', second + 1) >= 0) return 'parts';
  const headerBytes = parseBase64Url(text.slice(0, first));
  const payload = parseBase64Url(text.slice(first + 1, second));
  const signature = parseBase64Url(text.slice(second + 1));
  if (headerBytes === null || payload === null || signature === null) return 'encoding';
  const header = parseObject(headerBytes);
  if (header === null) return 'json';
  return { header, payload, signedBytes: Buffer.from(text.slice(0, second), 'latin1'), signature };
}

/** Reads a signed message as a token, or says what is wrong with it. */
export function parseJws(text: string): ClaimedSignature | TokenProblem {
  const jws = parseCompact(text, MAX_TOKEN_CHARS);
  if (typeof jws === 'string') return jws;
  const { header, payload, signedBytes, signature } = jws;
  const problem = headerProblem(header);
  if (problem !== null) return problem;
  const [alg, kid, typ] = [header.alg as string, (header.kid ?? '') as string, (header.typ ?? '') as string];
  return { alg, kid, typ: typ.toLowerCase(), payload, signedBytes, signature };
}

/** Reads a signed token (RFC 7519, section 7.2), or says what is wrong with it. */
export function parseToken(text: string): ClaimedToken | TokenProblem {
  const jws = parseJws(text);
  if (typeof jws === 'string') return jws;
  const claims = parseObject(jws.payload);
  return claims === null ? 'json' : { jws, claims };
}

/**
 * The issuer that a text names, read as leniently as anybody might read it; '' where there is none.
 *
 * Safety: only to choose who judges the token. What is no well-formed token, yet names an issuer, is judged, and refused,
 * as one of that issuer.
 */
export function claimedIssuer(text: string): string {
  const payload = text.length > MAX_TOKEN_CHARS ? undefined : text.split('.', 3)[1];
  if (payload === undefined) return '';
  try {
    const { iss } = Object(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))) as JsonObject;
    return typeof iss === 'string' ? iss : '';
  } catch {
    return '';
  }
}
