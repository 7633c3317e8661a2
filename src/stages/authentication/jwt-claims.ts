import { NO_ATTRIBUTES, Principal } from '../../core/principal.ts';
import type { IssuerFacts } from '../../core/stage.ts';
import type { JsonObject } from './jwt-token.ts';
import type { TokenProblem } from './refusals.ts';
import type { VerifiedToken } from './token-cache.ts';

/** 9999-12-31T23:59:59Z: a later date is one in milliseconds, or an attempt to never expire. */
const MAX_DATE_S = 253_402_300_799;
const MAX_NAME_CHARS = 256;
const CONTROL = /[\x00-\x1f\x7f]/;

/** Where in the claims to read what a principal holds: member names from the top. */
export interface ClaimPaths {
  readonly tier: readonly string[];
  readonly roles: readonly string[];
  readonly scope: readonly string[];
}

/** By what the tokens of an issuer are judged; the same for every route whose rules have this id. */
export interface TokenRules {
  readonly id: string;
  readonly issuer: IssuerFacts;
  readonly paths: ClaimPaths;
}

/** Reads a claim's name, or a JSON pointer to it (RFC 6901). */
export function parseClaimPath(text: string): readonly string[] {
  if (!text.startsWith('/')) return [text];
  const names = text.slice(1).split('/');
  return names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function readClaim(claims: JsonObject, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}

/** The texts of a list; one text is a list of itself; whatever else grants nothing. */
function toTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item !== '') : [];
}

function toScopes(value: unknown): readonly string[] {
  return typeof value === 'string' ? toTexts(value.split(' ')) : toTexts(value);
}

function toName(value: unknown): string {
  return typeof value === 'string' && value.length <= MAX_NAME_CHARS && !CONTROL.test(value) ? value : '';
}

/** Whether a claim is a NumericDate (RFC 7519, section 2); fractions are allowed. */
function isDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_DATE_S;
}

function toPrincipal(claims: JsonObject, rules: TokenRules, subject: string): Principal {
  const { paths, issuer } = rules;
  const scope =
    readClaim(claims, paths.scope) ?? (paths.scope[0] === 'scope' ? readClaim(claims, ['scp']) : undefined);
  const clientId = toName(readClaim(claims, ['client_id']) ?? readClaim(claims, ['azp']));
  return new Principal({
    type: clientId === subject ? 'client' : 'user',
    method: 'jwt',
    methods: 'jwt',
    subject,
    credentialId: toName(readClaim(claims, ['jti'])),
    keyId: '',
    clientId,
    issuer: issuer.issuer,
    scopes: new Set(toScopes(scope)),
    roles: new Set(toTexts(readClaim(claims, paths.roles))),
    attributes: NO_ATTRIBUTES,
    tier: toName(readClaim(claims, paths.tier)),
    grant: null,
    counterKey: `jwt:${issuer.id}:${subject}`,
  });
}

/**
 * Judges the claims of a token whose signature was verified: everything but the audience, which is the route's.
 *
 * Shape: what to remember of the token, or what is wrong with it.
 */
export function checkClaims(
  claims: JsonObject,
  rules: TokenRules,
  nowMs: number,
  keysVersion: number,
): VerifiedToken | TokenProblem {
  const { requiredClaims, clockToleranceS, maxIatSkewS, issuer } = rules.issuer;
  for (const name of requiredClaims) if ((readClaim(claims, [name]) ?? null) === null) return 'required';
  const { iss, sub, aud, exp, nbf = 0, iat = 0 } = claims;
  // RFC 7519, section 4.1.1, and RFC 8725, section 3.8: the key belongs to this issuer, so must the token.
  if (iss !== issuer) return 'issuer';
  if (!isDate(exp) || !isDate(nbf) || !isDate(iat)) return 'dates';
  const subject = toName(sub);
  if (subject === '') return 'subject';
  const expiresMs = (exp + clockToleranceS) * 1000;
  if (nowMs >= expiresMs) return 'expired';
  const notBeforeMs = (nbf - clockToleranceS) * 1000;
  if (nowMs < notBeforeMs) return 'not-before';
  const issuedMs = (iat - maxIatSkewS) * 1000;
  if (nowMs < issuedMs) return 'issued-ahead';
  return {
    principal: toPrincipal(claims, rules, subject),
    audience: toTexts(aud),
    rulesId: rules.id,
    notBeforeMs: Math.max(notBeforeMs, issuedMs),
    expiresMs,
    keysVersion,
  };
}
