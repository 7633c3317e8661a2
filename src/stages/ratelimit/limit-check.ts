import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import {
  type CounterState,
  type CountingRule,
  type Hit,
  MAX_HITS,
  NO_LIMITS,
  newCounterState,
} from '../../core/limits.ts';
import type { Ports } from '../../core/ports.ts';
import type { ShownCredential } from '../../core/shown-credential.ts';
import type { Check } from '../../core/stage.ts';
import { tellBurstAbuse } from './burst-notice.ts';
import { refuseUncounted, reportDegraded } from './degraded.ts';
import type { ExceptedPolicies } from './excepted-policy.ts';
import type { LimitPolicy } from './limit-policy.ts';
import { refuseLimit, reportLimit } from './limit-report.ts';
import { causesOf, shareOf } from './limit-share.ts';
import type { LimitSource } from './limit-source.ts';
import { holdSlot } from './slots.ts';

export interface LimitCheckOptions {
  /** At most `MAX_HITS`. */
  readonly sources: readonly LimitSource[];
  readonly exceptions: ExceptedPolicies;
  readonly rule: CountingRule;
  /** Value of the member `upgrade_url`, as JSON. */
  readonly upgradeJson: string;
  /** Where authentication comes later: finds what it will look at. */
  readonly shown: ShownCredential | null;
}

/** What one request counts against: lists that the check fills again for the next one. */
class Taking {
  readonly sources: LimitSource[] = [];
  readonly policies: LimitPolicy[] = [];
  count = 0;
  nowMs = 0;
  share = 1;

  /** A copy for a request that waits: others fill the lists meanwhile. */
  copy(hits: readonly Hit[]): [Taking, Hit[]] {
    const copy = new Taking();
    copy.sources.push(...this.sources.slice(0, this.count));
    copy.policies.push(...this.policies.slice(0, this.count));
    copy.count = this.count;
    copy.nowMs = this.nowMs;
    copy.share = this.share;
    return [copy, hits.map((hit) => ({ ...hit }))];
  }
}

/**
 * Counts a request against all limits that it has, or against none of them; the tightest answers.
 *
 * Cost: nothing is allocated for a request that passes but the names of its counters.
 * Safety: the clock is read here: `ctx.startedAtMs` is older, by as long as authentication took.
 */
export class LimitCheck implements Check {
  readonly #options: LimitCheckOptions;
  readonly #ports: Ports;
  readonly #state: CounterState = newCounterState();
  readonly #taking = new Taking();
  /** Lists of the same hits, by length. */
  readonly #hits: readonly (readonly Hit[])[];

  constructor(options: LimitCheckOptions, ports: Ports) {
    this.#options = options;
    this.#ports = ports;
    const hits = Array.from({ length: MAX_HITS }, () => ({
      scope: '',
      client: '',
      limits: NO_LIMITS,
      cost: 1,
    }));
    this.#hits = Array.from({ length: MAX_HITS + 1 }, (_, length) => hits.slice(0, length));
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    const taking = this.#taking;
    this.#fill(ctx, taking);
    if (taking.count === 0) return CONTINUE;
    const { limits, clock } = this.#ports;
    const hits = this.#hits[taking.count] as readonly Hit[];
    taking.nowMs = clock.nowMs();
    const state = limits.take(hits, this.#options.rule, taking.nowMs, this.#state);
    if (!(state instanceof Promise)) return this.#conclude(ctx, state, taking, hits);
    const [kept, keptHits] = taking.copy(hits);
    return state.then((settled) => this.#conclude(ctx, settled, kept, keptHits));
  }

  /** Lists the limits that a request has. */
  #fill(ctx: RequestContext, taking: Taking): void {
    const { sources, exceptions } = this.#options;
    const hits = this.#hits[MAX_HITS] as readonly Hit[];
    const share = shareOf(this.#ports.limitScales, ctx, this.#mayBeKnown(ctx));
    let dimension: LimitSource['dimension'] | null = null;
    let client = '';
    let count = 0;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i] as LimitSource;
      const configured = source.policyFor(ctx);
      if (configured === null) continue;
      const whole = source.dimension.isShared ? configured : exceptions.policyFor(ctx, source, configured);
      if (whole === null) continue;
      if (source.dimension !== dimension) {
        dimension = source.dimension;
        client = dimension.clientOf(ctx);
      }
      if (whole.tier !== '') ctx.limitTier = whole.tier;
      const policy = dimension.isShared ? whole : whole.at(share);
      const hit = hits[count] as Hit;
      hit.scope = source.scope;
      hit.client = client;
      hit.limits = policy.limits;
      hit.cost = policy.cost;
      taking.sources[count] = source;
      taking.policies[count] = policy;
      count++;
    }
    taking.count = count;
    taking.share = share;
  }

  #mayBeKnown(ctx: RequestContext): boolean {
    const { shown } = this.#options;
    return shown?.isIn(ctx) ?? false;
  }

  #conclude(ctx: RequestContext, state: CounterState, taking: Taking, hits: readonly Hit[]): Decision {
    if (state.degraded !== '') reportDegraded(ctx, state.degraded, state.problem);
    if (state.degraded === 'deny') return refuseUncounted(state);
    if (state.admitted) this.#hold(ctx, taking, hits, state.slotNote);
    if (state.burstToReview >= 0) this.#tellBurst(ctx, state.burstToReview, taking, hits);
    if (state.limit === 0) return CONTINUE;
    const policy = taking.policies[state.hit] as LimitPolicy;
    reportLimit(ctx.addedHeaders, state, policy, taking);
    if (!state.admitted) return this.#refuse(ctx, state, policy, taking);
    if (state.burstExceeded) ctx.observed = policy.watchedBurst;
    return CONTINUE;
  }

  #hold(ctx: RequestContext, { count }: Taking, hits: readonly Hit[], note: number): void {
    const { rule } = this.#options;
    for (let i = 0; i < count; i++) {
      const hit = hits[i] as Hit;
      if (hit.limits.concurrent > 0) holdSlot(ctx, hit, rule, note, this.#ports.limits);
    }
  }

  #tellBurst(ctx: RequestContext, at: number, taking: Taking, hits: readonly Hit[]): void {
    const { dimension } = taking.sources[at] as LimitSource;
    const policy = taking.policies[at] as LimitPolicy;
    tellBurstAbuse(this.#ports.notices, ctx, hits[at] as Hit, dimension, policy, taking.nowMs);
  }

  #refuse(ctx: RequestContext, state: CounterState, policy: LimitPolicy, taking: Taking): Decision {
    ctx.limitedBy = policy.label;
    const source = taking.sources[state.hit] as LimitSource;
    const { share, nowMs } = taking;
    const isSmaller = share < 1 && !source.dimension.isShared;
    const why = isSmaller ? causesOf(this.#ports.limitScales, ctx, share, this.#mayBeKnown(ctx)) : '';
    return refuseLimit(state, policy, this.#options.upgradeJson, nowMs, source.noteOf(ctx) + why);
  }
}
