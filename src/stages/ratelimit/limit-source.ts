import type { RequestContext } from '../../core/context.ts';
import { type WindowLimits, windowsOnly } from '../../core/limits.ts';
import type { Principal } from '../../core/principal.ts';
import type { CountedMethods } from './counted-methods.ts';
import type { Dimension } from './dimensions.ts';
import type { ExceptableLimit } from './excepted-policy.ts';
import { isLimited, type LimitPolicy, plainPolicy } from './limit-policy.ts';

/** One limit that requests of a route count against. */
export interface LimitSource extends ExceptableLimit {
  readonly scope: string;
  readonly dimension: Dimension;
  /** The limits of a request; null where it has none. */
  policyFor(ctx: RequestContext): LimitPolicy | null;
  /** What the journal is told beside the limit. */
  noteOf(ctx: RequestContext): string;
}

/** Whose requests a limit counts, for the journal. */
export function countedBy(dimension: Dimension, { principal }: RequestContext): string {
  return `, counted by ${principal === null ? dimension.strangerName : dimension.name}`;
}

/** The tier of a request: the same for all of a route, or the one that the principal names. */
export class TierSource implements LimitSource {
  readonly part = 'tier';
  readonly id = '';
  readonly scope: string;
  readonly dimension: Dimension;
  readonly #fallback: LimitPolicy;
  /** Tiers that a principal may name; empty where it has no say. */
  readonly #byName: ReadonlyMap<string, LimitPolicy>;

  constructor(
    scope: string,
    dimension: Dimension,
    fallback: LimitPolicy,
    byName: ReadonlyMap<string, LimitPolicy>,
  ) {
    this.scope = scope;
    this.dimension = dimension;
    this.#fallback = fallback;
    this.#byName = byName;
  }

  policyFor({ principal }: RequestContext): LimitPolicy | null {
    const named = principal === null || principal.tier === '' ? undefined : this.#byName.get(principal.tier);
    const policy = named ?? this.#fallback;
    return isLimited(policy.limits) ? policy : null;
  }

  noteOf(ctx: RequestContext): string {
    const counted = countedBy(this.dimension, ctx);
    const tier = ctx.principal?.tier ?? '';
    if (tier === '' || this.#byName.size === 0 || this.#byName.has(tier)) return counted;
    return `${counted}; the credential names the tier ${JSON.stringify(tier.slice(0, 64))}, which is not configured`;
  }
}

/** Limits of the route itself, for every request or those of some methods. */
export class OwnSource implements LimitSource {
  readonly part: 'own' | 'listed';
  readonly id: string;
  readonly scope: string;
  readonly dimension: Dimension;
  readonly #policy: LimitPolicy;
  readonly #methods: CountedMethods | null;

  constructor(
    scope: string,
    dimension: Dimension,
    policy: LimitPolicy,
    methods: CountedMethods | null = null,
    id = '',
  ) {
    this.part = id === '' ? 'own' : 'listed';
    this.id = id;
    this.scope = scope;
    this.dimension = dimension;
    this.#policy = policy;
    this.#methods = methods;
  }

  policyFor({ method }: RequestContext): LimitPolicy | null {
    return this.#methods === null || this.#methods.has(method) ? this.#policy : null;
  }

  noteOf(ctx: RequestContext): string {
    return countedBy(this.dimension, ctx);
  }
}

/** Limits of the key of a request, which go with it wherever it is used. */
export class KeySource implements LimitSource {
  readonly part = 'key';
  readonly id = '';
  readonly scope = 'key';
  readonly dimension: Dimension;
  readonly #cost: number;
  /** By the limits, which are one object per record and thread. */
  readonly #policies = new WeakMap<WindowLimits, LimitPolicy>();

  constructor(dimension: Dimension, cost: number) {
    this.dimension = dimension;
    this.#cost = cost;
  }

  policyFor({ principal }: RequestContext): LimitPolicy | null {
    const limits = principal?.keyLimits ?? null;
    return limits === null ? null : this.#policyOf(limits);
  }

  noteOf({ principal }: RequestContext): string {
    return `, counted by key ${(principal as Principal).keyId}`;
  }

  /** Safety: whoever makes a key does not know what endpoints cost; one request costs all that it has, not more. */
  #policyOf(limits: WindowLimits): LimitPolicy {
    let policy = this.#policies.get(limits);
    if (policy === undefined) {
      const least = Math.min(
        ...[limits.perMinute, limits.perHour, limits.perDay].filter((limit) => limit > 0),
      );
      policy = plainPolicy('limits of the key', 'key-', windowsOnly(limits), Math.min(this.#cost, least));
      this.#policies.set(limits, policy);
    }
    return policy;
  }
}
