import { createHash } from 'node:crypto';
import { Principal } from '../../core/principal.ts';
import type { IssuerFacts } from '../../core/stage.ts';
import { type AttributePaths, readAttributes } from './claim-attributes.ts';
import {
  type ClaimPath,
  type KeptClaim,
  keepClaims,
  parseClaimPath,
  readClaim,
  toName,
  toScopes,
  toTexts,
} from './claim-paths.ts';
import type { ClaimsConfig } from './claims.schema.ts';
import { findConfirmation } from './confirmation.ts';
import type { ClaimedToken, JsonObject } from './jwt-token.ts';
import type { VerifiedToken } from './token-cache.ts';
import type { TokenProblem } from './token-problems.ts';

/** 9999-12-31T23:59:59Z: a later date is one in milliseconds, or an attempt to never expire. */
const MAX_DATE_S = 253_402_300_799;
const ACCESS_TOKEN_TYPES: ReadonlySet<string> = new Set(['at+jwt', 'application/at+jwt']);
/** Claims that only ID tokens and logout tokens have (OpenID Connect Core, 3.3.2.11; Back-Channel Logout, 2.4). */
const OTHER_PURPOSE = ['at_hash', 'c_hash', 's_hash', 'events'];
/** What some issuers call the kinds of their tokens in a claim. */
const OTHER_KINDS: ReadonlySet<unknown> = new Set(['id', 'refresh', 'offline', 'logout', 'initial-access']);

/** Where in the claims to read what a principal holds. */
export interface ClaimPaths extends AttributePaths {
  readonly tier: ClaimPath;
  readonly roles: ClaimPath;
  readonly scope: ClaimPath;
  /** What routes read beside it. */
  readonly kept: readonly KeptClaim[];
}

/** The paths that a configuration names, and those of claims that routes ask for. */
export function claimPathsOf(config: ClaimsConfig, keptClaims: readonly string[]): ClaimPaths {
  return {
    kept: keptClaims.map((name) => [name, parseClaimPath(name)] as const),
    tier: parseClaimPath(config.tierClaim),
    roles: parseClaimPath(config.rolesClaim),
    scope: parseClaimPath(config.scopeClaim),
    mfa: config.mfaClaim === undefined ? null : parseClaimPath(config.mfaClaim),
    acr: parseClaimPath(config.acrClaim),
    amr: parseClaimPath(config.amrClaim),
    department: parseClaimPath(config.departmentClaim),
    clearance: parseClaimPath(config.clearanceClaim),
    tenant: parseClaimPath(config.tenantClaim),
  };
}

/** By what the tokens of an issuer are judged; the same for every route whose rules have this id. */
export interface TokenRules {
  readonly id: string;
  readonly issuer: IssuerFacts;
  readonly paths: ClaimPaths;
  /** `any`: a token may also say that it is a JWT, or nothing. */
  readonly tokenType: 'any' | 'at+jwt';
  /** `auto`: a client when `sub` is the client (RFC 9068, section 5). */
  readonly principalType: 'auto' | 'user' | 'client';
}

/** Whether a claim is a NumericDate (RFC 7519, section 2); fractions are allowed. */
function isDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_DATE_S;
}

/** RFC 7519, section 4.1.3: one text, or a list of texts. */
function isAudience(value: unknown): boolean {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
  );
}

function lowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

/** Whether the token was made for something else than to be shown to an API (RFC 8725, section 2.8). */
function hasOtherPurpose({ jws, claims }: ClaimedToken, tokenType: TokenRules['tokenType']): boolean {
  if (tokenType === 'at+jwt' && !ACCESS_TOKEN_TYPES.has(jws.typ)) return true;
  // The header of RFC 9068 says what the token is for; a claim cannot say otherwise.
  if (ACCESS_TOKEN_TYPES.has(jws.typ)) return false;
  if (OTHER_PURPOSE.some((name) => Object.hasOwn(claims, name))) return true;
  return OTHER_KINDS.has(lowerCase(claims.token_use)) || OTHER_KINDS.has(lowerCase(claims.typ));
}

function toPrincipal(claims: JsonObject, rules: TokenRules, subject: string): Principal {
  const { paths, issuer, principalType } = rules;
  const scope =
    readClaim(claims, paths.scope) ?? (paths.scope[0] === 'scope' ? readClaim(claims, ['scp']) : undefined);
  const clientId = toName(readClaim(claims, ['client_id']) ?? readClaim(claims, ['azp']));
  return new Principal({
    type: principalType === 'auto' ? (clientId === subject ? 'client' : 'user') : principalType,
    method: 'jwt',
    methods: 'jwt',
    subject,
    credentialId: toName(readClaim(claims, ['jti'])),
    keyId: '',
    clientId,
    issuer: issuer.issuer,
    scopes: new Set(toScopes(scope)),
    roles: new Set(toTexts(readClaim(claims, paths.roles))),
    attributes: readAttributes(claims, paths),
    claims: keepClaims(claims, paths.kept),
    tier: toName(readClaim(claims, paths.tier)),
    grant: null,
    counterKey: `jwt:${issuer.id}:${subject}`,
  });
}

/** What can be wrong with claims without looking at a clock. */
function claimsProblem(token: ClaimedToken, rules: TokenRules): TokenProblem | null {
  const { claims } = token;
  for (const name of rules.issuer.requiredClaims)
    if ((readClaim(claims, [name]) ?? null) === null) return 'required';
  const { iss, sub, aud, exp, nbf = 0, iat = 0, jti } = claims;
  // RFC 7519, section 4.1.1, and RFC 8725, section 3.8: the key belongs to this issuer, so must the token.
  if (iss !== rules.issuer.issuer) return 'issuer';
  if (!isDate(exp) || !isDate(nbf) || !isDate(iat)) return 'dates';
  if (toName(sub) === '') return 'subject';
  if (jti !== undefined && toName(jti) === '') return 'identifier';
  if (!isAudience(aud)) return 'audience-form';
  return hasOtherPurpose(token, rules.tokenType) ? 'purpose' : null;
}

/**
 * What names the token to whoever remembers its use: its `jti`, else a hash of what is signed.
 *
 * Safety: not of the signature, because an ECDSA signature has a second valid form that anyone can make of the first.
 */
function replayIdOf({ jws, claims }: ClaimedToken): string {
  if (typeof claims.jti === 'string') return `j${claims.jti}`;
  return `h${createHash('sha256').update(jws.signedBytes).digest('base64url')}`;
}

/**
 * Judges the claims of a token whose signature was verified: everything but the audience, which is the route's.
 *
 * Shape: what to remember of the token, or what is wrong with it.
 */
export function checkClaims(
  token: ClaimedToken,
  rules: TokenRules,
  nowMs: number,
): Omit<VerifiedToken, 'keysVersion' | 'key' | 'revocationsVersion'> | TokenProblem {
  const problem = claimsProblem(token, rules);
  if (problem !== null) return problem;
  const { claims } = token;
  const { clockToleranceS, maxIatSkewS } = rules.issuer;
  const [exp, nbf, iat] = [claims.exp, claims.nbf ?? 0, claims.iat ?? 0] as [number, number, number];
  const expiresMs = (exp + clockToleranceS) * 1000;
  if (nowMs >= expiresMs) return 'expired';
  const notBeforeMs = (nbf - clockToleranceS) * 1000;
  if (nowMs < notBeforeMs) return 'not-before';
  const issuedMs = (iat - maxIatSkewS) * 1000;
  if (nowMs < issuedMs) return 'issued-ahead';
  return {
    principal: toPrincipal(claims, rules, claims.sub as string),
    audience: toTexts(claims.aud),
    rulesId: rules.id,
    notBeforeMs: Math.max(notBeforeMs, issuedMs),
    expiresMs,
    issuedAtMs: iat * 1000,
    replayId: replayIdOf(token),
    hasJti: typeof claims.jti === 'string',
    confirmation: findConfirmation(claims),
  };
}
