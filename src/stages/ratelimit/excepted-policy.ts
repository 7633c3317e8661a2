import type { RequestContext } from '../../core/context.ts';
import type {
  ExceptionNumbers,
  ExceptionPlace,
  LimitException,
  LimitExceptions,
} from '../../core/limit-exceptions.ts';
import type { BurstRule, Limits } from '../../core/limits.ts';
import type { Ports } from '../../core/ports.ts';
import type { RouteFacts } from '../../core/stage.ts';
import { isLimited, LimitPolicy, tierPolicy } from './limit-policy.ts';
import { MAX_CONCURRENT, MAX_LIMIT } from './tiers.ts';

/**
 * What a limit is: the allowance of a tier, the numbers of a block, one of its list, those of a key, or one on outcomes.
 */
export type LimitPart = 'tier' | 'own' | 'listed' | 'key' | 'outcome';

/** A limit as exceptions see it. */
export interface ExceptableLimit {
  readonly part: LimitPart;
  /** '' where it has none. */
  readonly id: string;
}

/**
 * Puts the limits of an exception in the place of those of the configuration.
 *
 * Shape: an exception without `limit` changes what the caller has: another tier the tier, a factor every number, numbers those
 * of the tier or, where the exception names an API, those of its block. One with `limit` changes the limit of that id. Limits
 * on outcomes are changed by their id only: whoever is allowed to ask more often is not thereby allowed to do more.
 * Cost: one look while there are no exceptions; each policy is prepared once.
 */
export class ExceptedPolicies {
  readonly #exceptions: LimitExceptions;
  readonly #clock: Ports['clock'];
  readonly #tiers: ReadonlyMap<string, Limits>;
  readonly #anywhere: ExceptionPlace;
  readonly #places = new Map<string, ExceptionPlace>();
  readonly #prepared = new WeakMap<LimitPolicy, WeakMap<LimitException, LimitPolicy>>();

  constructor(
    { apiId, endpointId, tiers }: Pick<RouteFacts, 'apiId' | 'endpointId' | 'tiers'>,
    { limitExceptions, clock }: Pick<Ports, 'limitExceptions' | 'clock'>,
  ) {
    this.#exceptions = limitExceptions;
    this.#clock = clock;
    this.#tiers = tiers;
    this.#anywhere = { api: apiId, endpoint: endpointId, limit: '' };
  }

  /** The limits of a request where those of the configuration are given; null where it has none then. */
  policyFor(ctx: RequestContext, limit: ExceptableLimit, policy: LimitPolicy): LimitPolicy | null {
    const one = this.#find(ctx, limit);
    if (one === null) return policy;
    note(ctx, one.id);
    const changed = this.#prepare(policy, one);
    return isLimited(changed.limits) ? changed : null;
  }

  #find({ principal, client }: RequestContext, limit: ExceptableLimit): LimitException | null {
    const nowMs = this.#clock.nowMs();
    const named =
      limit.id === '' ? null : this.#exceptions.find(principal, client, this.#placeOf(limit.id), nowMs);
    if (named !== null || limit.part === 'outcome') return named;
    const one = this.#exceptions.find(principal, client, this.#anywhere, nowMs);
    return one !== null && isFor(one, limit) ? one : null;
  }

  #placeOf(limit: string): ExceptionPlace {
    let place = this.#places.get(limit);
    if (place === undefined) {
      place = { ...this.#anywhere, limit };
      this.#places.set(limit, place);
    }
    return place;
  }

  #prepare(policy: LimitPolicy, one: LimitException): LimitPolicy {
    let ofPolicy = this.#prepared.get(policy);
    if (ofPolicy === undefined) {
      ofPolicy = new WeakMap();
      this.#prepared.set(policy, ofPolicy);
    }
    let changed = ofPolicy.get(one);
    if (changed === undefined) {
      changed = this.#change(policy, one);
      ofPolicy.set(one, changed);
    }
    return changed;
  }

  #change(policy: LimitPolicy, { id, change }: LimitException): LimitPolicy {
    const labelled = (limits: Limits, names: LimitPolicy): LimitPolicy => {
      const { label, prefix, tierJson, tier } = names;
      return new LimitPolicy(
        limits,
        { label: `${label} by exception ${id}`, prefix, tierJson, tier },
        policy.cost,
      );
    };
    if (change.kind === 'factor') return labelled(multiplied(policy, change.factor), policy);
    if (change.kind === 'numbers') return labelled(replaced(policy, change.numbers), policy);
    const tier = this.#tiers.get(change.tier);
    // The tier was taken out of the configuration: what was there before holds.
    if (tier === undefined) return policy;
    return labelled(tier, tierPolicy(change.tier, tier, policy.cost));
  }
}

function isFor({ change, api }: LimitException, { part }: ExceptableLimit): boolean {
  if (change.kind === 'factor') return true;
  return part === (change.kind === 'tier' || api === '' ? 'tier' : 'own');
}

/** Puts an id on the record of a request, once. */
function note(ctx: RequestContext, id: string): void {
  const { limitExceptions: noted } = ctx;
  if (noted === '') ctx.limitExceptions = id;
  else if (!noted.includes(id)) ctx.limitExceptions = `${noted} ${id}`;
}

/** Safety: at least the cost of one request, or the exception would refuse everything, however long its client waits. */
function multiplied({ limits, cost }: LimitPolicy, factor: number): Limits {
  const scale = (limit: number, least: number, most: number) =>
    limit === 0 ? 0 : Math.min(most, Math.max(least, Math.round(limit * factor)));
  const perMinute = scale(limits.perMinute, cost, MAX_LIMIT);
  return {
    perMinute,
    perHour: scale(limits.perHour, cost, MAX_LIMIT),
    perDay: scale(limits.perDay, cost, MAX_LIMIT),
    concurrent: scale(limits.concurrent, 1, MAX_CONCURRENT),
    burst: burstFor(limits, perMinute, cost),
  };
}

function replaced({ limits, cost }: LimitPolicy, numbers: ExceptionNumbers): Limits {
  const pick = (number: number, limit: number) => (number === 0 ? limit : Math.max(number, cost));
  const perMinute = pick(numbers.perMinute, limits.perMinute);
  return {
    perMinute,
    perHour: pick(numbers.perHour, limits.perHour),
    perDay: pick(numbers.perDay, limits.perDay),
    concurrent: numbers.concurrent || limits.concurrent,
    burst: burstFor(limits, perMinute, cost),
  };
}

/** The bucket goes with the normal rate. */
function burstFor({ burst, perMinute: before }: Limits, perMinute: number, cost: number): BurstRule | null {
  if (burst === null || before === 0) return burst;
  const ratio = perMinute / before;
  const capacity = Math.max(cost, burst.capacity * ratio);
  return { ...burst, capacity, intervalMs: burst.intervalMs / ratio };
}
