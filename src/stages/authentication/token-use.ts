import type { RequestContext } from '../../core/context.ts';
import type { Decision } from '../../core/decision.ts';
import type { Clock, ProofNonces, ReplayCache, ReplayVerdict } from '../../core/ports.ts';
import { networkOf } from '../../lib/ip/address.ts';
import type { DpopConfig } from './dpop.schema.ts';
import { DpopVerifier } from './dpop.ts';
import type { Refusals } from './refusals.ts';
import type { ReplayConfig } from './replay.schema.ts';
import { denyForReplay } from './replay-refusals.ts';
import type { VerifiedToken } from './token-cache.ts';
import type { TokenProblem } from './token-problems.ts';

/** What the use of tokens is judged with. */
export interface TokenUsePorts {
  readonly clock: Clock;
  readonly replay: ReplayCache;
  readonly proofNonces: ProofNonces;
}

/** What of a token its use is judged by. */
export type UsedToken = Pick<VerifiedToken, 'confirmation' | 'hasJti' | 'replayId' | 'expiresMs'>;

/** Why a token may not be used in this way; null when it may. */
type UseVerdict = TokenProblem | Decision | null;

/**
 * Judges how a token that is valid in itself is used: with the key that it is bound to, and not again where it may not.
 *
 * Safety: last of all checks, so that nobody can use up or bind a token that would have been refused anyhow.
 */
export class TokenUse {
  readonly #config: ReplayConfig & DpopConfig;
  readonly #scope: string;
  readonly #replay: ReplayCache;
  readonly #verifier: DpopVerifier | null;

  /** Tokens of one `scope` never have the identifier of another token. */
  constructor(
    config: ReplayConfig & DpopConfig,
    scope: string,
    clockToleranceS: number,
    ports: TokenUsePorts,
    refusals: Refusals,
  ) {
    this.#config = config;
    this.#scope = scope;
    this.#replay = ports.replay;
    this.#verifier =
      config.dpop === 'off' ? null : new DpopVerifier(config, clockToleranceS, refusals.dpopChallenge, ports);
  }

  /** Judges a token that came with the DPoP scheme or without. */
  check(
    known: UsedToken,
    token: string,
    isDpop: boolean,
    ctx: RequestContext,
  ): UseVerdict | Promise<UseVerdict> {
    const { confirmation } = known;
    if (confirmation === null) {
      if (isDpop) return 'unbound';
      if (this.#config.dpop === 'required') return 'dpop-required';
      return this.#checkReplay(known, ctx);
    }
    if (confirmation === 'unconfirmable') return 'confirmation';
    const { jkt, x5t } = confirmation;
    if (x5t !== '') {
      const problem = certificateProblem(x5t, ctx);
      if (problem !== null) return problem;
    }
    if (jkt === '') {
      if (isDpop) return 'unbound';
      return this.#config.dpop === 'required' ? 'dpop-required' : this.#checkReplay(known, ctx);
    }
    if (this.#verifier === null) return 'dpop-off';
    if (!isDpop) return 'downgrade';
    const proof = this.#verifier.verify(ctx, token, jkt);
    if (proof instanceof Promise) return proof.then((late) => late ?? this.#checkReplay(known, ctx));
    return proof ?? this.#checkReplay(known, ctx);
  }

  #checkReplay(known: UsedToken, ctx: RequestContext): UseVerdict | Promise<UseVerdict> {
    const { replay, replayWindowS, bindingPrefix } = this.#config;
    if (replay === 'off') return null;
    if (replay === 'once') {
      if (!known.hasJti) return 'no-identifier';
      const verdict = this.#replay.once(`${this.#scope} once`, known.replayId, known.expiresMs);
      return this.#conclude(verdict, 'used-once');
    }
    // A key that was shown is the binding, and the same for every use of the token.
    if (known.confirmation !== null) return null;
    const binding = bindingOf(ctx, bindingPrefix);
    const windowMs = replayWindowS * 1000;
    const verdict = this.#replay.bound(this.#scope, known.replayId, binding, known.expiresMs, windowMs);
    return this.#conclude(verdict, 'used-elsewhere');
  }

  #conclude(
    verdict: ReplayVerdict | Promise<ReplayVerdict>,
    problem: TokenProblem,
  ): UseVerdict | Promise<UseVerdict> {
    if (verdict === 'accepted') return null;
    if (verdict instanceof Promise)
      return verdict.then((late) => this.#conclude(late, problem) as UseVerdict);
    return verdict === 'replayed' ? problem : denyForReplay(verdict, this.#replay.problem);
  }
}

/** What is known of a client that shows no key: its network and User-Agent. Cost: 0.1 µs; the network is not spelled out. */
function bindingOf({ client, headers }: RequestContext, bits: ReplayConfig['bindingPrefix']): string {
  const agent = headers.get('user-agent') ?? '';
  if (client.family === 4) {
    const network = bits.v4 === 0 ? 0 : client.words[3] >>> (32 - bits.v4);
    return `4 ${network} ${agent}`;
  }
  const [w0, w1, w2, w3] = networkOf(client, bits.v6).words;
  return `6 ${w0} ${w1} ${w2} ${w3} ${agent}`;
}

/** RFC 8705, section 3. */
function certificateProblem(x5t: string, { certificate }: RequestContext): TokenProblem | null {
  if (certificate === null) return 'certificate-missing';
  return certificate.thumbprintS256 === x5t ? null : 'certificate-other';
}
