import type { ReasonCode } from '../../core/reasons.ts';

/** What can be wrong with a token: the reason, and what the journal says. */
export const TOKEN_PROBLEMS = {
  length: ['authn.malformed', 'The token is longer than 16,384 characters.'],
  parts: ['authn.malformed', 'The token has not the three parts of a signed JWT.'],
  encoding: ['authn.malformed', 'A part of the token is not canonical base64url.'],
  json: ['authn.malformed', 'Header or claims are not one JSON object in UTF-8 without duplicate names.'],
  header: ['authn.malformed', '`alg` or `kid` of the token is not acceptable text.'],
  type: ['authn.malformed', '`typ` of the token is neither JWT nor at+jwt.'],
  critical: ['authn.malformed', 'The token asks for extensions (`crit`, `b64`) that are not understood.'],
  embedded: ['authn.malformed', 'The token brings or names its own key (`jwk`, `jku`, `x5u`, `x5c`).'],
  issuer: ['authn.issuer', '`iss` is not an issuer that this API accepts.'],
  algorithm: ['authn.algorithm', '`alg` is not in the list of the issuer.'],
  'key-type': ['authn.algorithm', 'No key of the issuer that the token may mean fits `alg`.'],
  'key-unknown': ['authn.key-unknown', '`kid` is not in the key set of the issuer.'],
  signature: ['authn.signature', 'The signature does not verify.'],
  dates: ['authn.claims', '`exp`, `nbf` or `iat` is not a number of seconds before the year 10,000.'],
  subject: ['authn.claims', '`sub` is not text of 1 to 256 characters without control characters.'],
  required: ['authn.claims', 'A claim that `requiredClaims` of the issuer lists is absent or null.'],
  expired: ['authn.expired', '`exp` has passed.'],
  'not-before': ['authn.not-yet-valid', '`nbf` has not come.'],
  'issued-ahead': ['authn.not-yet-valid', '`iat` lies further ahead than `maxIatSkewS` of the issuer.'],
  'audience-form': ['authn.audience', '`aud` is neither text nor a list of texts.'],
  identifier: ['authn.claims', '`jti` is not text of 1 to 256 characters without control characters.'],
  purpose: [
    'authn.claims',
    'The token is not an access token: it is an ID, refresh or logout token, or untyped.',
  ],
  audience: ['authn.audience', '`aud` holds no audience of this API.'],
  revoked: ['authn.revoked', 'The token was revoked.'],
  confirmation: ['authn.binding', '`cnf` of the token names no key that can be checked here.'],
  'certificate-missing': [
    'authn.binding',
    'The token is bound to a certificate, and the client showed none.',
  ],
  'certificate-other': ['authn.binding', 'The token is bound to another certificate than the client showed.'],
  'dpop-off': [
    'authn.binding',
    'The token is bound to a key of the client, and `dpop` of the method is off.',
  ],
  downgrade: [
    'authn.binding',
    'The token is bound to a key of the client, and came without the DPoP scheme.',
  ],
  unbound: ['authn.binding', 'The token came with the DPoP scheme, and is bound to no key.'],
  'dpop-required': ['authn.binding', 'The token came without the DPoP scheme, and `dpop` is required.'],
  'no-identifier': ['authn.claims', 'The token has no `jti`, which `replay: once` needs.'],
  'used-once': ['authn.replayed', 'The token was used before, and `replay` is once.'],
  'used-elsewhere': [
    'authn.replayed',
    'The token is in use by another client: another network or User-Agent.',
  ],
  'opaque-form': ['authn.malformed', 'The token has signs that no token has (RFC 6750, section 2.1).'],
  inactive: ['authn.inactive', 'The authorization server says that the token is not active.'],
  nobody: ['authn.claims', 'The authorization server names neither a subject nor a client of the token.'],
} as const satisfies Record<string, readonly [ReasonCode, string]>;

export type TokenProblem = keyof typeof TOKEN_PROBLEMS;
