import { type Decision, type DenyOptions, deny } from '../../core/decision.ts';
import type { AuthenticationMethod } from '../../core/principal.ts';
import { REASONS, type ReasonCode } from '../../core/reasons.ts';
import { type CertificateRefusals, certificateChallenge, certificateRefusals } from './mtls-refusals.ts';
import { TOKEN_PROBLEMS, type TokenProblem } from './token-problems.ts';
import { WEBHOOK_PROBLEMS, type WebhookProblem } from './webhook-problems.ts';

/** What can be wrong with an API key: the reason, and what the journal says. */
const KEY_PROBLEMS = {
  form: ['authn.malformed', 'The text has not the form of an API key, or its checksum is wrong.'],
  unknown: ['authn.unknown', 'No API key has this id.'],
  secret: ['authn.unknown', 'An API key has this id, but another secret.'],
  revoked: ['authn.revoked', 'The API key was revoked.'],
  expired: ['authn.expired', 'The API key has expired.'],
} as const satisfies Record<string, readonly [ReasonCode, string]>;

export type KeyProblem = keyof typeof KEY_PROBLEMS;

/** Every refusal of one route's authentication, built beforehand. */
export interface Refusals {
  readonly missing: Decision;
  readonly otherScheme: Decision;
  readonly incomplete: Decision;
  readonly contradiction: Decision;
  readonly ambiguousKey: Decision;
  readonly ambiguousToken: Decision;
  readonly key: Readonly<Record<KeyProblem, Decision>>;
  /** About tokens that came with the Bearer scheme, or in a field of their own. */
  readonly token: Readonly<Record<TokenProblem, Decision>>;
  readonly certificate: CertificateRefusals;
  readonly webhook: Readonly<Record<WebhookProblem, Decision>>;
  /** About tokens that came with the DPoP scheme. */
  readonly dpop: Readonly<Record<TokenProblem, Decision>>;
  /** The DPoP challenge of the route, without any error. */
  readonly dpopChallenge: string;
}

/** Whether a route takes DPoP, and what it tells of it in its challenges. */
export interface DpopOffer {
  readonly policy: 'off' | 'accepted' | 'required';
  readonly algorithms: readonly string[];
}

function denyAll<Name extends string>(
  table: Readonly<Record<Name, readonly [ReasonCode, string]>>,
  options: DenyOptions,
): Record<Name, Decision> {
  const rows = Object.entries<readonly [ReasonCode, string]>(table);
  // RFC 9110, section 11.6.1: a challenge says how to answer a 401.
  const decisions = rows.map(([name, [code, detail]]) => [
    name,
    deny(code, REASONS[code].status === 401 ? { ...options, detail } : { detail }),
  ]);
  return Object.fromEntries(decisions) as Record<Name, Decision>;
}

/** The challenges of a route: what each kind of credential is asked for with. */
class Challenges {
  readonly key: readonly string[];
  readonly token: readonly string[];
  readonly dpop: string;
  readonly webhook: readonly string[];
  readonly #bearer: string;
  readonly #policy: DpopOffer['policy'];

  /** `realm` is text that needs no escape in a quoted string. */
  constructor(realm: string, { policy, algorithms }: DpopOffer) {
    this.#policy = policy;
    this.#bearer = `Bearer realm="${realm}"`;
    // RFC 9449, section 7.1: `algs` tells which algorithms a proof may have.
    this.dpop = `DPoP realm="${realm}", algs="${algorithms.join(' ')}"`;
    this.key = ['WWW-Authenticate', `ApiKey realm="${realm}"`];
    this.webhook = ['WWW-Authenticate', `Webhook realm="${realm}"`];
    // RFC 6750, section 3.1: without any authentication information, no error code.
    this.token = this.#offer(this.#bearer, this.dpop);
  }

  tokenError(error: string, description: string): readonly string[] {
    return this.#offer(`${this.#bearer}, error="${error}", error_description="${description}"`, this.dpop);
  }

  dpopError(error: string, description: string): readonly string[] {
    return this.#offer(this.#bearer, `${this.dpop}, error="${error}", error_description="${description}"`);
  }

  /** What the route takes of both: where it takes DPoP alone, an error is told by that challenge. */
  #offer(bearer: string, dpop: string): readonly string[] {
    if (this.#policy === 'off') return ['WWW-Authenticate', bearer];
    if (this.#policy === 'accepted') return ['WWW-Authenticate', bearer, 'WWW-Authenticate', dpop];
    const error = bearer.slice(this.#bearer.length);
    return ['WWW-Authenticate', dpop + (dpop === this.dpop ? error : '')];
  }
}

/** Refusals that are about the credentials of a request together. */
function denyTogether(headers: readonly string[]) {
  return {
    missing: deny('authn.missing', {
      headers,
      detail: 'The request carries no credential that this API accepts.',
    }),
    otherScheme: deny('authn.missing', {
      headers,
      detail:
        'The Authorization field of the request holds something else than a token that this API accepts.',
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
export function compileRefusals(
  realm: string,
  kinds: ReadonlySet<AuthenticationMethod>,
  offer: DpopOffer,
): Refusals {
  const challenges = new Challenges(realm, offer);
  const { key, token, webhook } = challenges;
  const ambiguous = 'authn.ambiguous';
  return {
    ...denyTogether([
      ...(kinds.has('jwt') || kinds.has('introspection') ? token : []),
      ...(kinds.has('apiKey') ? key : []),
      ...(kinds.has('mtls') ? certificateChallenge(realm) : []),
      ...(kinds.has('webhook') ? webhook : []),
    ]),
    ambiguousKey: deny(ambiguous, { headers: key, detail: 'The API key came more than once.' }),
    ambiguousToken: deny(ambiguous, {
      headers: challenges.tokenError('invalid_request', 'More than one token'),
      detail: 'The header field of the token came more than once.',
    }),
    certificate: certificateRefusals(realm),
    key: denyAll(KEY_PROBLEMS, { headers: key }),
    token: denyAll(TOKEN_PROBLEMS, {
      headers: challenges.tokenError('invalid_token', 'The token is not valid'),
    }),
    dpop: denyAll(TOKEN_PROBLEMS, {
      headers: challenges.dpopError('invalid_token', 'The token is not valid'),
    }),
    dpopChallenge: challenges.dpop,
    webhook: denyAll(WEBHOOK_PROBLEMS, { headers: webhook }),
  };
}
