import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, Decision } from '../../core/decision.ts';
import { Principal } from '../../core/principal.ts';
import type { Check } from '../../core/stage.ts';
import type { CredentialMethod } from './method.ts';

/** What a route asks of the credentials of a request together. */
export interface Combination {
  /** Every method, in configured order. */
  readonly methods: readonly CredentialMethod[];
  /** One of these sets of entries must be met, as bits; in order of preference. */
  readonly alternatives: readonly number[];
  /** No credential at all. */
  readonly missing: Decision;
  /** Valid credentials, but others are needed beside them. */
  readonly incomplete: Decision;
  /** Valid credentials that name different callers. */
  readonly contradiction: Decision;
  /** Whether all credentials of a combination must name one subject. */
  readonly sameSubject: boolean;
}

/** A verified credential and what it meets. */
interface Proof {
  readonly principal: Principal;
  readonly entries: number;
}

/**
 * Finds every credential of a request and verifies each.
 *
 * Safety: one that does not verify refuses the request, whatever the others say; and so do two that name different callers.
 */
export class AuthenticationCheck implements Check {
  readonly #combination: Combination;

  constructor(combination: Combination) {
    this.#combination = combination;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    for (const method of this.#combination.methods) {
      if (method.examineHead === undefined) continue;
      const credential = method.find(ctx);
      if (credential === null) continue;
      const refusal = typeof credential === 'string' ? method.examineHead(credential, ctx) : credential;
      if (refusal === null) ctx.awaitsBody = true;
      else {
        ctx.awaitsBody = false;
        return refusal;
      }
    }
    return ctx.awaitsBody ? CONTINUE : this.verifyAll(ctx);
  }

  verifyAll(ctx: RequestContext): Decision | Promise<Decision> {
    return this.#verifyFrom(0, null, null, ctx);
  }

  #verifyFrom(
    start: number,
    first: Proof | null,
    others: Proof[] | null,
    ctx: RequestContext,
  ): Decision | Promise<Decision> {
    const { methods } = this.#combination;
    let principal: Principal | null = first?.principal ?? null;
    let entries = first?.entries ?? 0;
    for (let i = start; i < methods.length; i++) {
      const method = methods[i] as CredentialMethod;
      const credential = method.find(ctx);
      if (credential === null) continue;
      if (typeof credential !== 'string') return credential;
      const verified = method.verify(credential, ctx);
      if (verified instanceof Promise) {
        const known = principal === null ? null : { principal, entries };
        return this.#verifyAfter(verified, i, known, others, ctx);
      }
      if (verified instanceof Decision) return verified;
      if (principal === null) {
        principal = verified;
        entries = method.entriesOf(verified);
      } else {
        others ??= [];
        others.push({ principal: verified, entries: method.entriesOf(verified) });
      }
    }
    if (principal === null) return this.#combination.missing;
    return this.#choose(principal, entries, others, ctx);
  }

  async #verifyAfter(
    pending: Promise<Principal | Decision>,
    at: number,
    first: Proof | null,
    others: Proof[] | null,
    ctx: RequestContext,
  ): Promise<Decision> {
    const verified = await pending;
    if (verified instanceof Decision) return verified;
    const method = this.#combination.methods[at] as CredentialMethod;
    const proof = { principal: verified, entries: method.entriesOf(verified) };
    if (first === null) return this.#verifyFrom(at + 1, proof, others, ctx);
    return this.#verifyFrom(at + 1, first, [...(others ?? []), proof], ctx);
  }

  #choose(first: Principal, entries: number, others: readonly Proof[] | null, ctx: RequestContext): Decision {
    const { alternatives, incomplete, contradiction, sameSubject } = this.#combination;
    let all = entries;
    for (const other of others ?? []) all |= other.entries;
    const chosen = alternatives.find((wanted) => (all & wanted) === wanted);
    if (chosen === undefined) return incomplete;
    if (others === null) {
      ctx.principal = first;
      return CONTINUE;
    }
    const proofs = [{ principal: first, entries }, ...others];
    const joined = proofs.filter((proof) => (proof.entries & chosen) !== 0);
    const beside = proofs.filter((proof) => (proof.entries & chosen) === 0);
    const principal = join(
      joined.sort((a, b) => leading(a, chosen) - leading(b, chosen)),
      sameSubject,
    );
    if (principal === null || beside.some((proof) => !isSameCaller(principal, proof.principal)))
      return contradiction;
    ctx.principal = principal;
    return CONTINUE;
  }
}

/** Judges with the body what could not be judged before it was read. */
export class BodyAuthenticationCheck implements Check {
  readonly #check: AuthenticationCheck;

  constructor(check: AuthenticationCheck) {
    this.#check = check;
  }

  wantsBody(ctx: RequestContext): boolean {
    return ctx.awaitsBody;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    return ctx.awaitsBody ? this.#check.verifyAll(ctx) : CONTINUE;
  }
}

/** Position of the entry that a proof brings to an alternative: entries are numbered in configured order. */
function leading({ entries }: Proof, chosen: number): number {
  return 31 - Math.clz32(entries & chosen & -(entries & chosen));
}

/** Whether two credentials, of which either would do, can be of one caller. */
function isSameCaller(one: Principal, other: Principal): boolean {
  const [a, b] = [one.subject, other.subject];
  if (a === b || a === '' || b === '') return isSameClient(one, other);
  return a === other.clientId || b === one.clientId;
}

function isSameClient(one: Principal, other: Principal): boolean {
  return one.clientId === '' || other.clientId === '' || one.clientId === other.clientId;
}

/** Whether two credentials name one subject: a client that speaks for itself may be named by its id. */
function namesSame(one: Principal, other: Principal): boolean {
  const [a, b] = [one.subject, other.subject];
  return a !== '' && b !== '' && (a === b || a === other.clientId || b === one.clientId);
}

/** The caller that several credentials of one combination prove together; null when they contradict each other. */
function join(proofs: readonly Proof[], sameSubject: boolean): Principal | null {
  const [lead, ...rest] = proofs.map(({ principal }) => principal) as [Principal, ...Principal[]];
  let joined = lead;
  for (const next of rest) {
    if (!isSameClient(joined, next) || (sameSubject && !namesSame(lead, next))) return null;
    joined = new Principal({
      ...joined,
      methods: `${joined.methods}+${next.methods}`,
      keyId: joined.keyId || next.keyId,
      clientId: joined.clientId || next.clientId,
      claims: next.claims.size === 0 ? joined.claims : new Map([...next.claims, ...joined.claims]),
      tier: joined.tier || next.tier,
      grant: joined.grant ?? next.grant,
      keyLimits: joined.keyLimits ?? next.keyLimits,
    });
  }
  return joined;
}
