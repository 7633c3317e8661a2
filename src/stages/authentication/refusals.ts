import { type Decision, type DenyOptions, deny } from '../../core/decision.ts';
import type { ReasonCode } from '../../core/reasons.ts';

/** What can be wrong with an API key: the reason, and what the journal says. */
const KEY_PROBLEMS = {
  form: ['authn.malformed', 'The text has not the form of an API key, or its checksum is wrong.'],
  unknown: ['authn.unknown', 'No API key has this id.'],
  secret: ['authn.unknown', 'An API key has this id, but another secret.'],
  revoked: ['authn.revoked', 'The API key was revoked.'],
  expired: ['authn.expired', 'The API key has expired.'],
} as const satisfies Record<string, readonly [ReasonCode, string]>;

/** What can be wrong with a token: the reason, and what the journal says. */
const TOKEN_PROBLEMS = {
  length: ['authn.malformed', 'The token is longer than 16,384 characters.'],
  parts: ['authn.malformed', 'The token has not the three parts of a signed JWT.'],
  encoding: ['authn.malformed', 'A part of the token is not canonical base64url.'],
  json: ['authn.malformed', 'Header or claims are not one JSON object in UTF-8 without duplicate names.'],
  header: ['authn.malformed', '`alg` or `kid` of the token is not acceptable text.'],
  type: ['authn.malformed', '`typ` of the token is neither JWT nor at+jwt.'],
  critical: ['authn.malformed', 'The token asks for extensions (`crit`, `b64`) that are not understood.'],
  embedded: ['authn.malformed', 'The token brings or names its own key (`jwk`, `jku`, `x5u`).'],
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
  audience: ['authn.audience', '`aud` holds no audience of this API.'],
} as const satisfies Record<string, readonly [ReasonCode, string]>;

export type KeyProblem = keyof typeof KEY_PROBLEMS;
export type TokenProblem = keyof typeof TOKEN_PROBLEMS;

/** Every refusal of one route's authentication, built beforehand. */
export interface Refusals {
  readonly missing: Decision;
  readonly incomplete: Decision;
  readonly contradiction: Decision;
  readonly ambiguousKey: Decision;
  readonly ambiguousToken: Decision;
  readonly key: Readonly<Record<KeyProblem, Decision>>;
  readonly token: Readonly<Record<TokenProblem, Decision>>;
}

function denyAll<Name extends string>(
  table: Readonly<Record<Name, readonly [ReasonCode, string]>>,
  options: DenyOptions,
): Record<Name, Decision> {
  const rows = Object.entries<readonly [ReasonCode, string]>(table);
  const decisions = rows.map(([name, [code, detail]]) => [name, deny(code, { ...options, detail })]);
  return Object.fromEntries(decisions) as Record<Name, Decision>;
}

/** The challenges of a route: what each kind of credential is asked for with. */
class Challenges {
  readonly key: readonly string[];
  readonly token: readonly string[];
  readonly #bearer: string;

  /** `realm` is text that needs no escape in a quoted string. */
  constructor(realm: string) {
    this.#bearer = `Bearer realm="${realm}"`;
    this.key = ['WWW-Authenticate', `ApiKey realm="${realm}"`];
    // RFC 6750, section 3.1: without any authentication information, no error code.
    this.token = ['WWW-Authenticate', this.#bearer];
  }

  tokenError(error: string, description: string): readonly string[] {
    return ['WWW-Authenticate', `${this.#bearer}, error="${error}", error_description="${description}"`];
  }
}

/** Refusals that are about the credentials of a request together. */
function denyTogether(headers: readonly string[]) {
  return {
    missing: deny('authn.missing', {
      headers,
      detail: 'The request carries no credential that this API accepts.',
    }),
    incomplete: deny('authn.incomplete', {
      headers,
      detail: 'The credentials are valid, but no combination that this API accepts is complete.',
    }),
    contradiction: deny('authn.contradiction', {
      headers,
      detail: 'The credentials are valid, but they name different callers or clients.',
    }),
  };
}

/** Builds the refusals with their challenges. `realm` is text that needs no escape in a quoted string. */
export function compileRefusals(realm: string, kinds: ReadonlySet<'apiKey' | 'jwt'>): Refusals {
  const challenges = new Challenges(realm);
  const { key, token } = challenges;
  const ambiguous = 'authn.ambiguous';
  return {
    ...denyTogether([...(kinds.has('jwt') ? token : []), ...(kinds.has('apiKey') ? key : [])]),
    ambiguousKey: deny(ambiguous, { headers: key, detail: 'The API key came more than once.' }),
    ambiguousToken: deny(ambiguous, {
      headers: challenges.tokenError('invalid_request', 'More than one token'),
      detail: 'The header field of the token came more than once.',
    }),
    key: denyAll(KEY_PROBLEMS, { headers: key }),
    token: denyAll(TOKEN_PROBLEMS, {
      headers: challenges.tokenError('invalid_token', 'The token is not valid'),
    }),
  };
}
