import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import { type CounterState, type CountingRule, type Hit, newCounterState } from '../../core/limits.ts';
import type { OutcomeReservation } from '../../core/outcomes.ts';
import type { Ports } from '../../core/ports.ts';
import type { Check, Finisher } from '../../core/stage.ts';
import { refuseUncounted, reportDegraded } from './degraded.ts';
import type { ExceptedPolicies } from './excepted-policy.ts';
import type { LimitPolicy } from './limit-policy.ts';
import { refuseLimit, reportLimit } from './limit-report.ts';
import { countedBy } from './limit-source.ts';
import { isAbout, isCounted, type OutcomeRule } from './outcome-rule.ts';

export interface OutcomeOptions {
  readonly rules: readonly OutcomeRule[];
  readonly exceptions: ExceptedPolicies;
  readonly rule: CountingRule;
  /** Value of the member `upgrade_url`, as JSON. */
  readonly upgradeJson: string;
}

/**
 * Reserves a place in every limit on outcomes that is about a request, before it is passed on.
 *
 * Safety: the place is taken before the upstream is asked and kept until the outcome is known. So however many requests come
 * at once, no more of them can achieve something than the limit says.
 */
export class OutcomeReserveCheck implements Check {
  readonly #options: OutcomeOptions;
  readonly #limits: Ports['limits'];
  readonly #clock: Ports['clock'];
  readonly #state: CounterState = newCounterState();

  constructor(options: OutcomeOptions, ports: Ports) {
    this.#options = options;
    this.#limits = ports.limits;
    this.#clock = ports.clock;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    // Nobody would give the place back: its client left while a check before this one waited.
    if (ctx.isOver) return CONTINUE;
    const policies: LimitPolicy[] = [];
    const reservation = this.#reservationOf(ctx, policies);
    if (reservation === null) return CONTINUE;
    ctx.outcome = reservation;
    const { hits, takenMs } = reservation;
    const state = this.#limits.take(hits, this.#options.rule, takenMs, this.#state);
    if (!(state instanceof Promise)) return this.#conclude(ctx, reservation, policies, state);
    return state.then((settled) => this.#conclude(ctx, reservation, policies, settled));
  }

  /** Null where no limit is about the request; fills the list of the policies of those that are. */
  #reservationOf(ctx: RequestContext, policies: LimitPolicy[]): OutcomeReservation | null {
    const { rules, exceptions } = this.#options;
    const hits: Hit[] = [];
    const limits: number[] = [];
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i] as OutcomeRule;
      if (!isAbout(rule, ctx.method)) continue;
      const { scope, dimension } = rule;
      const policy = dimension.isShared ? rule.policy : exceptions.policyFor(ctx, rule, rule.policy);
      if (policy === null) continue;
      hits.push({ scope, client: dimension.clientOf(ctx), limits: policy.limits, cost: policy.cost });
      limits.push(i);
      policies.push(policy);
    }
    if (hits.length === 0) return null;
    return { hits, limits, takenMs: this.#clock.nowMs(), isTaken: false, isOver: false };
  }

  #conclude(
    ctx: RequestContext,
    reservation: OutcomeReservation,
    policies: readonly LimitPolicy[],
    state: CounterState,
  ): Decision {
    const { rules, rule, upgradeJson } = this.#options;
    const nowMs = this.#clock.nowMs();
    if (state.degraded !== '') reportDegraded(ctx, state.degraded, state.problem);
    if (!state.admitted || state.degraded !== '') ctx.outcome = null;
    if (state.degraded === 'deny') return refuseUncounted(state);
    if (!state.admitted) {
      const policy = policies[state.hit] as LimitPolicy;
      const { dimension } = rules[reservation.limits[state.hit] as number] as OutcomeRule;
      reportLimit(ctx.addedHeaders, state, policy, { policies: [policy], count: 1, nowMs });
      const note = countedBy(dimension, ctx);
      return refuseLimit(state, policy, upgradeJson, nowMs, note, 'ratelimit.business');
    }
    // Safety: what was taken elsewhere than in the store cannot be given back to it, so it stays counted.
    if (state.degraded !== '') return CONTINUE;
    reservation.isTaken = true;
    if (reservation.isOver)
      for (const hit of reservation.hits) this.#limits.giveBack(hit, rule, reservation.takenMs, nowMs);
    return CONTINUE;
  }
}

/** Keeps what turned out to count, and gives back the rest. */
export class OutcomeSettleCheck implements Check, Finisher {
  readonly #options: OutcomeOptions;
  readonly #limits: Ports['limits'];
  readonly #clock: Ports['clock'];

  constructor(options: OutcomeOptions, ports: Ports) {
    this.#options = options;
    this.#limits = ports.limits;
    this.#clock = ports.clock;
  }

  /** An answer is there, of the upstream or in its place. It has not left yet: its client finds the place free. */
  run(ctx: RequestContext): Decision {
    this.#settle(ctx);
    return CONTINUE;
  }

  finish(ctx: RequestContext): void {
    ctx.isOver = true;
    this.#settle(ctx);
  }

  #settle(ctx: RequestContext): void {
    const reservation = ctx.outcome;
    if (reservation === null) return;
    ctx.outcome = null;
    reservation.isOver = true;
    if (!reservation.isTaken) return;
    const { rules, rule } = this.#options;
    const nowMs = this.#clock.nowMs();
    const { hits, limits, takenMs } = reservation;
    for (let i = 0; i < hits.length; i++) {
      if (isCounted(rules[limits[i] as number] as OutcomeRule, ctx)) continue;
      this.#limits.giveBack(hits[i] as Hit, rule, takenMs, nowMs);
    }
  }
}
