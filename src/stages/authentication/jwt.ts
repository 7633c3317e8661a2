import type { RequestContext } from '../../core/context.ts';
import { type Decision, deny } from '../../core/decision.ts';
import type { Clock, KeySets, VerificationKey } from '../../core/ports.ts';
import type { Principal } from '../../core/principal.ts';
import { fitsAlgorithm, verifySignature } from '../../lib/jose/algorithms.ts';
import { checkClaims, type TokenRules } from './jwt-claims.ts';
import { type ClaimedSignature, type ClaimedToken, parseToken } from './jwt-token.ts';
import type { CredentialMethod } from './method.ts';
import type { Refusals, TokenProblem } from './refusals.ts';
import type { TokenCache, VerifiedToken } from './token-cache.ts';

/** How many keys one token may be tried with. */
const MAX_KEYS_TRIED = 8;
const BEARER = 'Bearer ';

/** An issuer whose tokens a route accepts. */
export interface AcceptedIssuer {
  /** Bit of the entry of the configuration. */
  readonly entry: number;
  readonly rules: TokenRules;
  readonly audience: ReadonlySet<string>;
}

/** Tries the keys that fit; null when the signature verifies. */
export function signatureProblem(
  jws: ClaimedSignature,
  keys: readonly VerificationKey[],
): TokenProblem | null {
  let tried = 0;
  for (const { alg, key } of keys) {
    if ((alg !== '' && alg !== jws.alg) || !fitsAlgorithm(key, jws.alg)) continue;
    if (++tried > MAX_KEYS_TRIED) break;
    if (verifySignature(jws.alg, key, jws.signedBytes, jws.signature)) return null;
  }
  return tried === 0 ? 'key-type' : 'signature';
}

/**
 * Authentication by JSON Web Token (RFC 7519), from one header field, of one or more issuers.
 *
 * Cost: a repeated token is a lookup; a new one is read, then verified, and waits only when its key must be fetched.
 * Safety: what is said about claims is said only after the signature verified. The claimed `iss` chooses whose
 * keys are tried, and those keys verify for no other issuer.
 */
export class JwtMethod implements CredentialMethod {
  readonly #header: string;
  readonly #bearer: boolean;
  readonly #issuers: readonly AcceptedIssuer[];
  readonly #cache: TokenCache;
  readonly #keySets: KeySets;
  readonly #clock: Clock;
  readonly #refusals: Refusals;
  #unavailable: Decision | null = null;

  constructor(
    header: string,
    issuers: readonly AcceptedIssuer[],
    cache: TokenCache,
    ports: { keySets: KeySets; clock: Clock },
    refusals: Refusals,
  ) {
    this.#header = header;
    this.#bearer = header === 'authorization';
    this.#issuers = issuers;
    this.#cache = cache;
    this.#keySets = ports.keySets;
    this.#clock = ports.clock;
    this.#refusals = refusals;
  }

  find(ctx: RequestContext): string | null | Decision {
    const { names, values } = ctx.headers;
    const at = names.indexOf(this.#header);
    if (at < 0) return null;
    if (names.indexOf(this.#header, at + 1) >= 0) return this.#refusals.ambiguousToken;
    const value = values[at] as string;
    return this.#bearer ? bearerToken(value) : value;
  }

  verify(text: string, ctx: RequestContext): Principal | Decision | Promise<Principal | Decision> {
    const known = this.#recall(text, ctx);
    if (known !== null) return known;
    const token = parseToken(text);
    if (typeof token === 'string') return this.#refusals.token[token];
    const accepted = this.#issuers.find((entry) => entry.rules.issuer.issuer === token.claims.iss);
    if (accepted === undefined) return this.#refuse('issuer', text, ctx);
    const { id, algorithms } = accepted.rules.issuer;
    if (!algorithms.includes(token.jws.alg)) return this.#refuse('algorithm', text, ctx);
    const keys = this.#keySets.find(id, token.jws.kid);
    if (keys === null || keys.length === 0) return this.#afterRefetch(text, token, accepted, ctx);
    return this.#judge(text, token, accepted, keys, ctx);
  }

  entriesOf(principal: Principal): number {
    for (const { entry, rules } of this.#issuers) if (rules.issuer.issuer === principal.issuer) return entry;
    return 0;
  }

  /** What is remembered of a token, judged for this route and this moment; null when it must be verified. */
  #recall(text: string, ctx: RequestContext): Principal | Decision | null {
    const known = this.#cache.find(text);
    if (known === null) return null;
    for (const { rules, audience } of this.#issuers) {
      if (rules.id !== known.rulesId) continue;
      const nowMs = this.#clock.nowMs();
      const isFresh = nowMs < known.expiresMs && nowMs >= known.notBeforeMs;
      if (!isFresh || known.keysVersion !== this.#keySets.version(rules.issuer.id)) {
        this.#cache.delete(text);
        return null;
      }
      return hasAudience(known, audience) ? known.principal : this.#refuse('audience', text, ctx);
    }
    return null;
  }

  #judge(
    text: string,
    token: ClaimedToken,
    accepted: AcceptedIssuer,
    keys: readonly VerificationKey[],
    ctx: RequestContext,
  ): Principal | Decision {
    const { rules, audience } = accepted;
    const problem = signatureProblem(token.jws, keys);
    if (problem !== null) return this.#refuse(problem, text, ctx);
    const version = this.#keySets.version(rules.issuer.id);
    const verified = checkClaims(token.claims, rules, this.#clock.nowMs(), version);
    if (typeof verified === 'string') return this.#refuse(verified, text, ctx);
    this.#cache.put(text, verified);
    return hasAudience(verified, audience) ? verified.principal : this.#refuse('audience', text, ctx);
  }

  async #afterRefetch(
    text: string,
    token: ClaimedToken,
    accepted: AcceptedIssuer,
    ctx: RequestContext,
  ): Promise<Principal | Decision> {
    const { id } = accepted.rules.issuer;
    await this.#keySets.refetch(id, token.jws.kid);
    const keys = this.#keySets.find(id, token.jws.kid);
    if (keys === null) return this.#unavailableBecause(this.#keySets.problem(id));
    if (keys.length === 0) return this.#refuse('key-unknown', text, ctx);
    return this.#judge(text, token, accepted, keys, ctx);
  }

  #unavailableBecause(problem: string): Decision {
    const detail = problem === '' ? 'The keys of the issuer were not loaded yet.' : problem;
    if (this.#unavailable?.detail !== detail) this.#unavailable = deny('authn.unavailable', { detail });
    return this.#unavailable;
  }

  /** The start of the signature names the token to the journal and is of no use without the rest of it. */
  #refuse(problem: TokenProblem, text: string, ctx: RequestContext): Decision {
    const at = text.lastIndexOf('.') + 1;
    ctx.claimedCredential = text.slice(at, at + 8);
    return this.#refusals.token[problem];
  }
}

function hasAudience(token: VerifiedToken, audience: ReadonlySet<string>): boolean {
  for (const name of token.audience) if (audience.has(name)) return true;
  return false;
}

/** The token of a Bearer credential (RFC 6750, section 2.1); null for another scheme. */
function bearerToken(value: string): string | null {
  if (value.startsWith(BEARER) && value.charCodeAt(BEARER.length) !== 0x20) return value.slice(BEARER.length);
  // RFC 9110, section 11.1: the scheme is case-insensitive; section 11.4: one or more spaces follow it.
  const match = /^bearer(?: +|$)/i.exec(value);
  return match === null ? null : value.slice(match[0].length);
}
