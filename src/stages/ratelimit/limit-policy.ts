import { type Decision, deny } from '../../core/decision.ts';
import type { BurstRule, LimitName, Limits } from '../../core/limits.ts';

/** As many shares of one policy are kept ready; there are about three at a time. */
const MAX_SHARES = 64;

/** What a policy is about, beside its numbers. */
export interface PolicyNames {
  /** How the journal names it. */
  readonly label: string;
  /** In front of the names of its windows in `RateLimit-Policy`, so that those of all limits of a route differ. */
  readonly prefix: string;
  /** Name of the tier; '' where they are no tier's. */
  readonly tier: string;
  /** Value of the member `tier`, as JSON. */
  readonly tierJson: string;
}

/** Limits with all that an answer says about them, ready to send. */
export class LimitPolicy {
  readonly limits: Limits;
  readonly label: string;
  readonly prefix: string;
  readonly tier: string;
  readonly tierJson: string;
  /** What a request takes of them. */
  readonly cost: number;
  /** Items of `RateLimit-Policy`. */
  readonly field: string;
  /** What the journal is told of a burst that is only watched. */
  readonly watchedBurst: Decision;
  readonly #shares = new Map<number, LimitPolicy>();

  constructor(limits: Limits, names: PolicyNames, cost: number) {
    this.limits = roomFor(limits, cost);
    this.label = names.label;
    this.prefix = names.prefix;
    this.tier = names.tier;
    this.tierJson = names.tierJson;
    this.cost = cost;
    this.field = policyField(limits, names.prefix);
    this.watchedBurst = deny('ratelimit.burst', { detail: `${names.label}: more than a burst` });
  }

  /**
   * The policy of a client that has a share of its limits.
   *
   * Cost: each share is prepared once.
   */
  at(share: number): LimitPolicy {
    if (share >= 1) return this;
    let scaled = this.#shares.get(share);
    if (scaled === undefined) {
      if (this.#shares.size >= MAX_SHARES) this.#shares.clear();
      scaled = new LimitPolicy(scaleLimits(this.limits, share, this.cost), this, this.cost);
      this.#shares.set(share, scaled);
    }
    return scaled;
  }
}

/** How a tier is shown to clients, as JSON. */
function shownTier(name: string): string {
  return JSON.stringify(name.slice(0, 1).toUpperCase() + name.slice(1));
}

/** Prepares the limits of a tier. */
export function tierPolicy(name: string, limits: Limits, cost: number): LimitPolicy {
  const label = `tier ${JSON.stringify(name)}`;
  return new LimitPolicy(limits, { label, prefix: '', tier: name, tierJson: shownTier(name) }, cost);
}

/** Prepares limits that are no tier's. */
export function plainPolicy(label: string, prefix: string, limits: Limits, cost: number): LimitPolicy {
  return new LimitPolicy(limits, { label, prefix, tier: '', tierJson: 'null' }, cost);
}

/** Whether anything is limited. */
export function isLimited({ perMinute, perHour, perDay, concurrent }: Limits): boolean {
  return perMinute > 0 || perHour > 0 || perDay > 0 || concurrent > 0;
}

/** A watched bucket holds at least one request, or every one of them would be a burst. */
function roomFor(limits: Limits, cost: number): Limits {
  const { burst } = limits;
  if (burst === null || burst.isEnforced || burst.capacity >= cost) return limits;
  return { ...limits, burst: { ...burst, capacity: cost } };
}

/** Safety: at least the cost of a request, or nothing would ever pass, however long the client waits. */
function scaleLimits(limits: Limits, share: number, cost: number): Limits {
  const scale = (limit: number, least: number) =>
    limit === 0 ? 0 : Math.min(limit, Math.max(least, Math.floor(limit * share)));
  return {
    perMinute: scale(limits.perMinute, cost),
    perHour: scale(limits.perHour, cost),
    perDay: scale(limits.perDay, cost),
    concurrent: scale(limits.concurrent, 1),
    burst: limits.burst === null ? null : scaleBurst(limits.burst, share, cost),
  };
}

function scaleBurst(burst: BurstRule, share: number, cost: number): BurstRule {
  const capacity = Math.min(burst.capacity, Math.max(cost, burst.capacity * share));
  return { ...burst, capacity, intervalMs: burst.intervalMs / share };
}

/** The name of a limit in `RateLimit` and `RateLimit-Policy`; a string of structured fields without quotes. */
export function limitName(prefix: string, window: LimitName): string {
  return `"${prefix}${window}"`;
}

/**
 * A list of quota policies: quota `q`, its unit `qu` where it is not requests, window `w` in seconds
 * (draft-ietf-httpapi-ratelimit-headers-11, 3.1).
 */
function policyField({ perMinute, perHour, perDay, concurrent, burst }: Limits, prefix: string): string {
  const items: string[] = [];
  if (perMinute > 0) items.push(`${limitName(prefix, 'minute')};q=${perMinute};w=60`);
  if (perHour > 0) items.push(`${limitName(prefix, 'hour')};q=${perHour};w=3600`);
  if (perDay > 0) items.push(`${limitName(prefix, 'day')};q=${perDay};w=86400`);
  if (burst?.isEnforced) items.push(`${limitName(prefix, 'burst')};q=${Math.floor(burst.capacity)}`);
  if (concurrent > 0)
    items.push(`${limitName(prefix, 'concurrent')};q=${concurrent};qu="concurrent-requests"`);
  return items.join(', ');
}
