import { createHash } from 'node:crypto';
import type { RequestContext } from '../../core/context.ts';
import { type Decision, deny } from '../../core/decision.ts';
import type { Clock, ProofNonces, ReplayCache, ReplayVerdict } from '../../core/ports.ts';
import { constantEquals } from '../../lib/text/constant-equals.ts';
import type { DpopConfig } from './dpop.schema.ts';
import {
  type ClaimedProof,
  PROOF_PROBLEMS,
  type ProofProblem,
  parseProof,
  signatureProblem,
} from './dpop-proof.ts';
import { isTargetOf } from './dpop-target.ts';
import { denyForReplay } from './replay-refusals.ts';

const SCOPE = 'dpop';

/** What a verifier of proofs needs of the world. */
export interface DpopPorts {
  readonly clock: Clock;
  readonly replay: ReplayCache;
  readonly proofNonces: ProofNonces;
}

/**
 * Verifies that whoever sends a token holds the key that it is bound to (RFC 9449, section 4.3).
 *
 * Shape: knows nothing of how the token itself was verified: a JWT, or an opaque one that was introspected.
 * Cost: what is wrong with form, key, target, time or token is found before any signature is verified. A good ES256
 * proof costs about 150 µs, 100 of them for the signature.
 * Safety: the key must be the token's before it is read, so that nobody makes the gateway work with keys of their own.
 * A proof is accepted once, for as long as its `iat` allows it at all.
 */
export class DpopVerifier {
  readonly #algorithms: ReadonlySet<string>;
  readonly #needsNonce: boolean;
  readonly #maxAgeMs: number;
  readonly #toleranceMs: number;
  readonly #ports: DpopPorts;
  readonly #refusals: Readonly<Record<ProofProblem, Decision>>;
  readonly #challenge: string;
  #nonceRefusal: Decision | null = null;

  /** `challenge` is the DPoP challenge of the route without any error. */
  constructor(config: DpopConfig, toleranceS: number, challenge: string, ports: DpopPorts) {
    this.#algorithms = new Set(config.dpopAlgorithms);
    this.#needsNonce = config.dpopNonce === 'required';
    this.#maxAgeMs = config.dpopMaxAgeS * 1000;
    this.#toleranceMs = toleranceS * 1000;
    this.#ports = ports;
    this.#challenge = challenge;
    const rows = Object.entries(PROOF_PROBLEMS).map(([problem, detail]) => {
      const headers = ['WWW-Authenticate', `${challenge}, error="invalid_dpop_proof"`];
      return [problem, deny('authn.proof', { headers, detail })];
    });
    this.#refusals = Object.fromEntries(rows) as Record<ProofProblem, Decision>;
  }

  /** Verifies the proof of a request that sends `token`, which is bound to the key `jkt`; null when it is right. */
  verify(ctx: RequestContext, token: string, jkt: string): Decision | null | Promise<Decision | null> {
    const { names, values } = ctx.headers;
    const at = names.indexOf('dpop');
    if (at < 0) return this.#refusals.missing;
    if (names.indexOf('dpop', at + 1) >= 0) return this.#refusals.several;
    const proof = parseProof(values[at] as string, this.#algorithms);
    if (typeof proof === 'string') return this.#refusals[proof];
    const problem = this.#problemOf(proof, ctx, token, jkt);
    if (problem !== null) return this.#refusals[problem];
    if (this.#needsNonce && !this.#ports.proofNonces.isValid(proof.nonce)) return this.#refuseNonce();
    const forged = signatureProblem(proof);
    if (forged !== null) return this.#refusals[forged];
    if (this.#needsNonce) ctx.addedHeaders.push('DPoP-Nonce', this.#ports.proofNonces.current());
    const untilMs = proof.iat * 1000 + this.#maxAgeMs + this.#toleranceMs;
    const verdict = this.#ports.replay.once(SCOPE, `${jkt}.${proof.jti}`, untilMs);
    if (verdict instanceof Promise) return verdict.then((late) => this.#conclude(late));
    return this.#conclude(verdict);
  }

  #problemOf(proof: ClaimedProof, ctx: RequestContext, token: string, jkt: string): ProofProblem | null {
    if (proof.jkt !== jkt) return 'other-key';
    if (proof.htm !== ctx.method) return 'method';
    if (!isTargetOf(proof.htu, ctx)) return 'target';
    const ageMs = this.#ports.clock.nowMs() - proof.iat * 1000;
    if (ageMs >= this.#maxAgeMs + this.#toleranceMs || -ageMs > this.#toleranceMs) return 'time';
    return isHashOf(proof.ath, token) ? null : 'token';
  }

  #conclude(verdict: ReplayVerdict): Decision | null {
    if (verdict === 'accepted') return null;
    if (verdict === 'replayed') return this.#refusals.replayed;
    return denyForReplay(verdict, this.#ports.replay.problem);
  }

  /** RFC 9449, section 9. */
  #refuseNonce(): Decision {
    const nonce = this.#ports.proofNonces.current();
    if (this.#nonceRefusal?.headers[3] !== nonce) {
      const challenge = `${this.#challenge}, error="use_dpop_nonce", error_description="The proof needs a nonce of this server"`;
      const headers = ['WWW-Authenticate', challenge, 'DPoP-Nonce', nonce, 'Cache-Control', 'no-store'];
      const detail = 'The proof has no nonce, or one that is not of the gateway or has expired.';
      this.#nonceRefusal = deny('authn.proof-nonce', { headers, detail });
    }
    return this.#nonceRefusal;
  }
}

/** RFC 9449, section 4.2: `ath` is the base64url of SHA-256 over the token. */
function isHashOf(ath: string, token: string): boolean {
  const expected = createHash('sha256').update(token, 'latin1').digest('base64url');
  return constantEquals(ath, expected);
}
