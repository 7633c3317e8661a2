import type { RequestContext } from '../../core/context.ts';
import { Decision, deny } from '../../core/decision.ts';
import type { Clock, KeySets, VerificationKey } from '../../core/ports.ts';
import type { Principal } from '../../core/principal.ts';
import type { RevokedTokens } from '../../core/token-revocations.ts';
import { fitsAlgorithm, verifySignature } from '../../lib/jose/algorithms.ts';
import { type AuthorizationScheme, schemeOf, tokenOf } from './authorization-field.ts';
import { checkClaims, type TokenRules } from './jwt-claims.ts';
import {
  type ClaimedSignature,
  type ClaimedToken,
  claimedIssuer,
  MAX_TOKEN_CHARS,
  parseToken,
} from './jwt-token.ts';
import type { CredentialMethod } from './method.ts';
import type { Refusals } from './refusals.ts';
import type { TokenCache, VerifiedToken } from './token-cache.ts';
import type { TokenProblem } from './token-problems.ts';
import type { TokenUse } from './token-use.ts';

/** How many keys one token may be tried with. */
const MAX_KEYS_TRIED = 8;

/** An issuer whose tokens a route accepts. */
export interface AcceptedIssuer {
  /** Bit of the entry of the configuration. */
  readonly entry: number;
  readonly rules: TokenRules;
  readonly audience: ReadonlySet<string>;
  readonly use: TokenUse;
  /** Whether its tokens may come with the DPoP scheme. */
  readonly takesDpop: boolean;
}

type Verdict = Principal | Decision | Promise<Principal | Decision>;

/** The first of the keys that fit with which the signature verifies, or what is wrong with it. */
export function findSigner(
  jws: ClaimedSignature,
  keys: readonly VerificationKey[],
): VerificationKey | TokenProblem {
  let tried = 0;
  for (const key of keys) {
    if ((key.alg !== '' && key.alg !== jws.alg) || !fitsAlgorithm(key.key, jws.alg)) continue;
    if (++tried > MAX_KEYS_TRIED) break;
    if (verifySignature(jws.alg, key.key, jws.signedBytes, jws.signature)) return key;
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
  readonly #hasScheme: boolean;
  readonly #takesDpop: boolean;
  readonly #issuers: readonly AcceptedIssuer[];
  readonly #cache: TokenCache;
  readonly #keySets: KeySets;
  readonly #clock: Clock;
  readonly #revokedTokens: RevokedTokens;
  readonly #refusals: Refusals;
  #unavailable: Decision | null = null;

  constructor(
    header: string,
    issuers: readonly AcceptedIssuer[],
    cache: TokenCache,
    ports: { keySets: KeySets; clock: Clock; revokedTokens: RevokedTokens },
    refusals: Refusals,
  ) {
    this.#header = header;
    this.#hasScheme = header === 'authorization';
    this.#takesDpop = issuers.some(({ takesDpop }) => takesDpop);
    this.#issuers = issuers;
    this.#cache = cache;
    this.#keySets = ports.keySets;
    this.#clock = ports.clock;
    this.#revokedTokens = ports.revokedTokens;
    this.#refusals = refusals;
  }

  find(ctx: RequestContext): string | null | Decision {
    const { names, values } = ctx.headers;
    const at = names.indexOf(this.#header);
    if (at < 0) return null;
    if (names.indexOf(this.#header, at + 1) >= 0) return this.#refusals.ambiguousToken;
    const value = values[at] as string;
    if (!this.#hasScheme) return value;
    const scheme = schemeOf(value);
    // Beside a good key it would reach an upstream that takes whatever it finds there for a token that was verified.
    if (scheme === null || (scheme === 'dpop' && !this.#takesDpop)) return this.#refusals.otherScheme;
    return tokenOf(value, scheme);
  }

  /** Whether a token says that it is of one of the issuers. */
  isFor(text: string): boolean {
    const known = this.#cache.find(text);
    if (known !== null && this.#issuers.some(({ rules }) => rules.id === known.rulesId)) return true;
    const named = claimedIssuer(text);
    return this.#issuers.some(({ rules }) => rules.issuer.issuer === named);
  }

  verify(text: string, ctx: RequestContext): Verdict {
    if (text.length > MAX_TOKEN_CHARS) return this.#refuse('length', '', ctx);
    const known = this.#recall(text, ctx);
    if (known !== null) return known;
    const token = parseToken(text);
    if (typeof token === 'string') return this.#refuse(token, '', ctx);
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
  #recall(text: string, ctx: RequestContext): Verdict | null {
    const known = this.#cache.find(text);
    if (known === null) return null;
    for (const accepted of this.#issuers) {
      const { rules } = accepted;
      if (rules.id !== known.rulesId) continue;
      const nowMs = this.#clock.nowMs();
      const isFresh = nowMs < known.expiresMs && nowMs >= known.notBeforeMs;
      if (!isFresh || !this.#hasKey(known, rules.issuer.id)) {
        this.#cache.delete(text);
        return null;
      }
      return this.#conclude(known, accepted, text, ctx);
    }
    return null;
  }

  /** Whether the key that verified a token is still one of the issuer's, whatever else became of its key set. */
  #hasKey(known: VerifiedToken, issuerId: string): boolean {
    const version = this.#keySets.version(issuerId);
    if (known.keysVersion === version) return true;
    const { kid, alg, key } = known.key;
    const keys = this.#keySets.find(issuerId, kid) ?? [];
    if (!keys.some((other) => other.alg === alg && other.key.equals(key))) return false;
    known.keysVersion = version;
    return true;
  }

  #judge(
    text: string,
    token: ClaimedToken,
    accepted: AcceptedIssuer,
    keys: readonly VerificationKey[],
    ctx: RequestContext,
  ): Verdict {
    const { rules } = accepted;
    const key = findSigner(token.jws, keys);
    if (typeof key === 'string') return this.#refuse(key, text, ctx);
    const checked = checkClaims(token, rules, this.#clock.nowMs());
    if (typeof checked === 'string') return this.#refuse(checked, text, ctx);
    const keysVersion = this.#keySets.version(rules.issuer.id);
    const verified = { ...checked, key, keysVersion, revocationsVersion: -1 };
    this.#cache.put(text, verified);
    return this.#conclude(verified, accepted, text, ctx);
  }

  /** Judges what depends on the route and on how the token came. */
  #conclude(known: VerifiedToken, accepted: AcceptedIssuer, text: string, ctx: RequestContext): Verdict {
    if (this.#isRevoked(known)) return this.#refuse('revoked', text, ctx);
    if (!hasAudience(known, accepted.audience)) return this.#refuse('audience', text, ctx);
    const verdict = accepted.use.check(known, text, this.#schemeOf(ctx) === 'dpop', ctx);
    if (verdict === null) return known.principal;
    if (verdict instanceof Promise)
      return verdict.then((late) => (late === null ? known.principal : this.#refuse(late, text, ctx)));
    return this.#refuse(verdict, text, ctx);
  }

  #isRevoked(known: VerifiedToken): boolean {
    const { version } = this.#revokedTokens;
    if (known.revocationsVersion === version) return false;
    const { issuer, credentialId, subject } = known.principal;
    if (this.#revokedTokens.isRevoked(issuer, credentialId, subject, known.issuedAtMs)) return true;
    known.revocationsVersion = version;
    return false;
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
    if (keys.length === 0) {
      // A provider that is down may have made the key meanwhile: nothing says that the token is wrong.
      const problem = this.#keySets.fetchProblem(id);
      return problem === '' ? this.#refuse('key-unknown', text, ctx) : this.#unavailableBecause(problem);
    }
    return this.#judge(text, token, accepted, keys, ctx);
  }

  #unavailableBecause(problem: string): Decision {
    const detail = problem === '' ? 'The keys of the issuer were not loaded yet.' : problem;
    if (this.#unavailable?.detail !== detail) this.#unavailable = deny('authn.unavailable', { detail });
    return this.#unavailable;
  }

  #schemeOf(ctx: RequestContext): AuthorizationScheme | null {
    return this.#takesDpop ? schemeOf(ctx.headers.get(this.#header) ?? '') : null;
  }

  /** The start of the signature names the token to the journal and is of no use without the rest of it. */
  #refuse(problem: TokenProblem | Decision, text: string, ctx: RequestContext): Decision {
    const at = text.lastIndexOf('.') + 1;
    if (at > 0) ctx.claimedCredential = text.slice(at, at + 8);
    if (problem instanceof Decision) return problem;
    return (this.#schemeOf(ctx) === 'dpop' ? this.#refusals.dpop : this.#refusals.token)[problem];
  }
}

function hasAudience(token: VerifiedToken, audience: ReadonlySet<string>): boolean {
  for (const name of token.audience) if (audience.has(name)) return true;
  return false;
}
