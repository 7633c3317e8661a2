import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import {
  type CounterState,
  type CountingRule,
  type Hit,
  NO_LIMITS,
  newCounterState,
  type WindowLimits,
  windowsOnly,
} from '../../core/limits.ts';
import type { Ports } from '../../core/ports.ts';
import type { Principal } from '../../core/principal.ts';
import type { Check } from '../../core/stage.ts';
import { formatIp, type Ip, prefixOf } from '../../lib/ip/address.ts';
import { refuseUncounted, reportDegraded } from './degraded.ts';
import { type LimitPolicy, plainPolicy } from './limit-policy.ts';
import { refuseLimit, reportLimit } from './limit-report.ts';

/** Where the tier of a request comes from. */
export interface TierChoice {
  readonly scope: string;
  /** The tier of every request, or of those whose principal names none that exists. */
  readonly fallback: LimitPolicy;
  /** Tiers that a principal may name; empty where it has no say. */
  readonly byName: ReadonlyMap<string, LimitPolicy>;
}

/** Limits that are the route's own. */
export interface OwnLimit {
  readonly scope: string;
  readonly policy: LimitPolicy;
}

export interface LimitCheckOptions {
  readonly tier: TierChoice | null;
  readonly own: OwnLimit | null;
  readonly byAddress: boolean;
  /** Whether keys with limits of their own are counted against them. */
  readonly ofKeys: boolean;
  readonly ipv6Prefix: number;
  readonly rule: CountingRule;
  /** Value of the member `upgrade_url`, as JSON. */
  readonly upgradeJson: string;
}

/** Policies of keys by their limits, which are one object per record and thread. */
const keyPolicies = new WeakMap<WindowLimits, LimitPolicy>();

/**
 * Counts a request against a tier, limits of the route and those of the key: all or none.
 *
 * Safety: addresses and principals are counted under scopes of their own, so that no subject can be named like another
 * client's address. The clock is read here: `ctx.startedAtMs` is older, by as long as authentication took.
 */
export class LimitCheck implements Check {
  readonly #options: LimitCheckOptions;
  readonly #limits: Ports['limits'];
  readonly #clock: Ports['clock'];
  readonly #state: CounterState;
  readonly #policies: LimitPolicy[];
  readonly #addressHits: readonly Hit[];
  readonly #principalHits: readonly Hit[];
  readonly #keyHit: Hit;
  readonly #withKey: { readonly address: readonly Hit[]; readonly principal: readonly Hit[] };

  constructor(options: LimitCheckOptions, ports: Ports) {
    this.#options = options;
    this.#limits = ports.limits;
    this.#clock = ports.clock;
    this.#state = newCounterState();
    this.#policies = [];
    if (options.tier !== null) this.#policies.push(options.tier.fallback);
    if (options.own !== null) this.#policies.push(options.own.policy);
    this.#addressHits = hitsOf(options, 'address');
    this.#principalHits = hitsOf(options, 'principal');
    this.#keyHit = { scope: 'key', client: '', limits: NO_LIMITS, cost: 1 };
    this.#withKey = {
      address: [...this.#addressHits, this.#keyHit],
      principal: [...this.#principalHits, this.#keyHit],
    };
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    const { principal } = ctx;
    const { tier, ipv6Prefix, byAddress } = this.#options;
    const nowMs = this.#clock.nowMs();
    let hits = this.#principalHits;
    let client = '';
    if (byAddress || principal === null) {
      hits = this.#addressHits;
      client = addressKey(ctx.client, ipv6Prefix);
    } else {
      client = principal.counterKey;
    }
    if (tier !== null) this.#policies[0] = policyOf(tier, principal);
    for (let i = 0; i < hits.length; i++) {
      const hit = hits[i] as Hit;
      hit.client = client;
      hit.limits = (this.#policies[i] as LimitPolicy).limits;
    }
    const isByAddress = hits === this.#addressHits;
    if (this.#options.ofKeys && principal !== null && principal.keyLimits !== null)
      hits = this.#addKey(principal, principal.keyLimits, isByAddress);
    if (hits.length === 0) return CONTINUE;
    const state = this.#limits.take(hits, this.#options.rule, nowMs, this.#state);
    if (!(state instanceof Promise)) return this.#conclude(ctx, state, this.#policies, isByAddress, nowMs);
    // Other requests use the list of policies while this one waits.
    const policies = [...this.#policies];
    return state.then((settled) => this.#conclude(ctx, settled, policies, isByAddress, nowMs));
  }

  #conclude(
    ctx: RequestContext,
    state: CounterState,
    policies: readonly LimitPolicy[],
    isByAddress: boolean,
    nowMs: number,
  ): Decision {
    if (state.degraded !== '') reportDegraded(ctx, state.degraded, state.problem);
    if (state.degraded === 'deny') return refuseUncounted(state);
    if (state.limit === 0) return CONTINUE;
    const policy = policies[state.hit] as LimitPolicy;
    reportLimit(ctx.addedHeaders, state, policy, nowMs);
    if (state.admitted) return CONTINUE;
    const note = noteOf(isByAddress, this.#options.tier, ctx.principal);
    return refuseLimit(state, policy, this.#options.upgradeJson, nowMs, note);
  }

  /** The key's own limit beside the others; the tightest of all answers. */
  #addKey({ keyId }: Principal, limits: WindowLimits, isByAddress: boolean): readonly Hit[] {
    const hits = isByAddress ? this.#withKey.address : this.#withKey.principal;
    this.#keyHit.client = keyId;
    const policy = keyPolicyOf(limits);
    this.#keyHit.limits = policy.limits;
    this.#policies[hits.length - 1] = policy;
    return hits;
  }
}

function keyPolicyOf(limits: WindowLimits): LimitPolicy {
  let policy = keyPolicies.get(limits);
  if (policy === undefined) {
    policy = plainPolicy('limits of the key', windowsOnly(limits));
    keyPolicies.set(limits, policy);
  }
  return policy;
}

function hitsOf(options: LimitCheckOptions, kind: 'address' | 'principal'): readonly Hit[] {
  const scopes = [options.tier?.scope, options.own?.scope].filter((scope) => scope !== undefined);
  return scopes.map((scope) => ({ scope: `${kind}/${scope}`, client: '', limits: NO_LIMITS, cost: 1 }));
}

function policyOf(tier: TierChoice, principal: Principal | null): LimitPolicy {
  if (principal === null || principal.tier === '') return tier.fallback;
  return tier.byName.get(principal.tier) ?? tier.fallback;
}

/** IPv4 whole, IPv6 by its prefix. */
function addressKey(ip: Ip, ipv6Prefix: number): string {
  return ip.family === 4 ? formatIp(ip) : prefixOf(ip, ipv6Prefix);
}

/** What the journal is told beside the limit. */
function noteOf(byAddress: boolean, tier: TierChoice | null, principal: Principal | null): string {
  const counted = byAddress ? ', counted by address' : ', counted by principal';
  if (tier === null || tier.byName.size === 0 || principal === null) return counted;
  if (principal.tier === '' || tier.byName.has(principal.tier)) return counted;
  return `${counted}; the credential names the tier ${JSON.stringify(principal.tier.slice(0, 64))}, which is not configured`;
}
