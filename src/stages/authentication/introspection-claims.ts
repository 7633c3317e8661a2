import { Principal } from '../../core/principal.ts';
import { readAttributes } from './claim-attributes.ts';
import { keepClaims, readClaim, toName, toScopes, toTexts } from './claim-paths.ts';
import { findConfirmation } from './confirmation.ts';
import type { ClaimPaths } from './jwt-claims.ts';
import type { JsonObject } from './jwt-token.ts';
import type { TokenProblem } from './token-problems.ts';
import type { UsedToken } from './token-use.ts';

/** 9999-12-31T23:59:59Z. */
const MAX_DATE_S = 253_402_300_799;
/** What servers call tokens that are not for APIs, in `token_type`, `token_use` or `typ`. */
const OTHER_KINDS: ReadonlySet<string> = new Set([
  'id',
  'id_token',
  'refresh',
  'refresh_token',
  'offline',
  'logout',
]);

/** By what answers about tokens are judged. */
export interface IntrospectionRules {
  /** Names the rules and the server; answers to other rules are not shared. */
  readonly id: string;
  /** Names the server alone. */
  readonly serverId: string;
  /** What `iss` must be where the answer has one; '' for anything. */
  readonly issuer: string;
  readonly clockToleranceS: number;
  readonly paths: ClaimPaths;
}

/** What is remembered of a token that its authorization server calls active. */
export interface ActiveToken extends UsedToken {
  readonly principal: Principal;
  readonly audience: readonly string[];
  readonly notBeforeMs: number;
  /** When the server said so. */
  readonly saidAtMs: number;
}

/** Whether a member is absent, or a number of seconds. */
function isDate(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= MAX_DATE_S);
}

function hasOtherPurpose({ token_type, token_use, typ }: JsonObject): boolean {
  return [token_type, token_use, typ].some(
    (kind) => typeof kind === 'string' && OTHER_KINDS.has(kind.toLowerCase()),
  );
}

/** RFC 7662, section 2.2: who the token is about; a client that speaks for itself where there is no user. */
function toPrincipal(claims: JsonObject, rules: IntrospectionRules): Principal | null {
  const { paths, serverId } = rules;
  const clientId = toName(claims.client_id ?? claims.azp);
  const subject = toName(claims.sub) || toName(claims.username) || clientId;
  if (subject === '') return null;
  const scope =
    readClaim(claims, paths.scope) ?? (paths.scope[0] === 'scope' ? readClaim(claims, ['scp']) : undefined);
  return new Principal({
    type: subject === clientId ? 'client' : 'user',
    method: 'introspection',
    methods: 'introspection',
    subject,
    credentialId: toName(claims.jti),
    keyId: '',
    clientId,
    issuer: typeof claims.iss === 'string' ? claims.iss : rules.issuer,
    scopes: new Set(toScopes(scope)),
    roles: new Set(toTexts(readClaim(claims, paths.roles))),
    attributes: readAttributes(claims, paths),
    claims: keepClaims(claims, paths.kept),
    tier: toName(readClaim(claims, paths.tier)),
    grant: null,
    counterKey: `introspection:${serverId}:${subject}`,
  });
}

/**
 * Judges what a server answers about an active token: everything but the audience, which is the route's.
 *
 * Safety: that the server calls it active is not taken for more than it is: times, issuer and purpose are looked at.
 */
export function checkAnswer(
  claims: JsonObject,
  rules: IntrospectionRules,
  digest: string,
  nowMs: number,
): Omit<ActiveToken, 'saidAtMs'> | TokenProblem {
  const { exp, nbf, iat, iss } = claims;
  if (iss !== undefined && (typeof iss !== 'string' || (rules.issuer !== '' && iss !== rules.issuer)))
    return 'issuer';
  if (!isDate(exp) || !isDate(nbf) || !isDate(iat)) return 'dates';
  if (hasOtherPurpose(claims)) return 'purpose';
  const toleranceMs = rules.clockToleranceS * 1000;
  const expiresMs = exp === undefined ? Number.POSITIVE_INFINITY : exp * 1000 + toleranceMs;
  if (nowMs >= expiresMs) return 'expired';
  const notBeforeMs = (nbf ?? 0) * 1000 - toleranceMs;
  if (nowMs < notBeforeMs) return 'not-before';
  if (nowMs < (iat ?? 0) * 1000 - toleranceMs) return 'issued-ahead';
  const principal = toPrincipal(claims, rules);
  if (principal === null) return 'nobody';
  return {
    principal,
    audience: toTexts(claims.aud),
    notBeforeMs,
    expiresMs,
    replayId: digest,
    // The token itself is the identifier that `jti` is of others.
    hasJti: true,
    confirmation: findConfirmation(claims),
  };
}
