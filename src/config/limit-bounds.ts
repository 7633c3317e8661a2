import type { Counting, CountingRule, Limits, OnUnavailable } from '../core/limits.ts';
import { guardsLogins, type LoginConfig } from '../stages/login/login.schema.ts';
import { countingRule } from '../stages/ratelimit/on-unavailable.ts';
import { presetOf } from '../stages/ratelimit/presets.ts';
import type { AddressLimitConfig, RateLimitConfig } from '../stages/ratelimit/ratelimit.schema.ts';
import { limitsOf } from '../stages/ratelimit/tiers.ts';
import { leaseBounds } from '../stores/redis/lease-bounds.ts';
import { sourcePointer } from './blocks.ts';
import type { GatewayConfig, RouteSettings } from './config.ts';

/** How far a limit may be off, computed from the configuration. */
export interface LimitBound {
  /** JSON pointer of the block. */
  readonly pointer: string;
  readonly counting: Counting;
  /** The block, and which of its limits. */
  readonly of: string;
  /** Requests that a window may hold beyond its limit, with one gateway more: 0, or the limit again. */
  readonly overAdmission: number;
  /** Requests that may be refused early, for each other thread of a gateway, and for how long. */
  readonly refusedEarly: number;
  readonly refusedEarlyMs: number;
  readonly message: string;
}

type LimitBlock = AddressLimitConfig | RateLimitConfig;

const NUMBER = new Intl.NumberFormat('en-US');
const LATE = 'a window remembers a request for up to 7.7 % of its length longer';

/** The bounds of every limit that gateways share through Redis; none where they share nothing. */
export function findLimitBounds(config: GatewayConfig): LimitBound[] {
  if (config.counters.url === 'memory:') return [];
  const routes = config.apis.filter(({ isBuiltIn }) => !isBuiltIn).flatMap((api) => [api, ...api.endpoints]);
  const found = routes.flatMap((route) =>
    ['addressLimit', 'rateLimit'].flatMap((key) => boundsOfBlock(config, route, key)),
  );
  // What several routes inherit is one setting.
  return [...new Map(found.map((bound) => [`${bound.pointer}\n${bound.message}`, bound])).values()];
}

function boundsOfBlock(config: GatewayConfig, route: RouteSettings, key: string): LimitBound[] {
  const block = route.blocks.get(key);
  if (block === undefined || block.config.mode === 'off') return [];
  const settings = block.config as LimitBlock;
  const pointer = sourcePointer(block.sources, '') || route.pointer;
  const rule = ruleOf(route, settings);
  const leased = settings.counting === 'strict' ? leasedTiers(config) : [];
  const byWords = new Map<string, { names: string[]; bound: Bound }>();
  for (const [name, limits] of limitsIn(config, settings)) {
    // A counter that others lease from is short of what they hold.
    const bound = boundOf(config, leased.includes(name) ? 'leased' : settings.counting, limits);
    const same = byWords.get(bound.words) ?? { names: [], bound };
    same.names.push(name);
    byWords.set(bound.words, same);
  }
  return [...byWords.values()].map(({ names, bound: { words, ...figures } }) => {
    const of = `\`${key}\`: ${names.join(', ')}`;
    const message = `${of}. ${settings.counting}: ${words}.${inOutage(rule)}`;
    return { pointer, counting: settings.counting, of, ...figures, message };
  });
}

function ruleOf({ blocks }: RouteSettings, block: LimitBlock): CountingRule {
  const login = blocks.get('login')?.config as LoginConfig | undefined;
  const route = { guardsLogins: login !== undefined && guardsLogins(login) };
  return countingRule(block, route, 'preset' in block ? presetOf(block.preset).onUnavailable : undefined);
}

/** What holds while Redis cannot be used; see `outageBound`. */
const IN_OUTAGE: Readonly<Record<OnUnavailable, string>> = {
  local: 'over by the limit again at most, or by one for each gateway where that is more',
  deny: 'all is refused',
  allow: 'nothing is limited',
};

function inOutage({ counting, onUnavailable }: CountingRule): string {
  return counting === 'local' ? '' : ` Without Redis: ${IN_OUTAGE[onUnavailable]}.`;
}

/** Names of the tiers that some route leases from. */
function leasedTiers({ apis, tiers }: GatewayConfig): string[] {
  const routes = apis.flatMap((api) => [api, ...api.endpoints]);
  return routes.flatMap(({ blocks }) => {
    const block = blocks.get('rateLimit')?.config as RateLimitConfig | undefined;
    return block?.counting === 'leased' ? tiersOf(block, tiers).map(([name]) => name) : [];
  });
}

function tiersOf({ tier }: RateLimitConfig, tiers: GatewayConfig['tiers']): [string, Limits][] {
  const used = tier === 'fromPrincipal' ? [...tiers] : [...tiers].filter(([name]) => name === tier);
  return used.map(([name, limits]) => [`tier ${name}`, limits]);
}

function limitsIn({ tiers }: GatewayConfig, block: LimitBlock): [string, Limits][] {
  const found: [string, Limits][] = [];
  if ('limits' in block) {
    const perMinute = block.perMinute ?? presetOf(block.preset).perMinute;
    found.push(...tiersOf(block, tiers), ['its own numbers', limitsOf({ ...block, perMinute })]);
    found.push(...block.limits.map((limit): [string, Limits] => [`limit ${limit.id}`, limitsOf(limit)]));
  } else found.push(['its own numbers', limitsOf(block)]);
  return found.filter(([, { perMinute, perHour, perDay }]) => perMinute + perHour + perDay > 0);
}

interface Bound extends Pick<LimitBound, 'overAdmission' | 'refusedEarly' | 'refusedEarlyMs'> {
  readonly words: string;
}

function boundOf({ counters: { lease } }: GatewayConfig, counting: Counting, limits: Limits): Bound {
  const none = { overAdmission: 0, refusedEarly: 0, refusedEarlyMs: 0 };
  const tightest = Math.min(
    ...[limits.perMinute, limits.perHour, limits.perDay].filter((limit) => limit > 0),
  );
  if (counting === 'strict') return { ...none, words: `over by 0, refused early 0; ${LATE}` };
  if (counting === 'local') {
    const words = `over by ${NUMBER.format(tightest)} for each gateway beyond the first: all count for themselves`;
    return { ...none, overAdmission: tightest, words };
  }
  const { held, heldMs, leadMs, burst } = leaseBounds(limits, lease);
  const early =
    held === 0
      ? 'refused early 0'
      : `refused early up to ${NUMBER.format(held)} of ${NUMBER.format(tightest)} for each other thread of a gateway, for ${seconds(heldMs)} at most`;
  const bucket = burst === 0 ? '' : `; an enforced burst may be ${NUMBER.format(burst)} larger`;
  const words = `over by 0, ${early}; ${LATE}, and ${seconds(leadMs)}${bucket}`;
  return { overAdmission: 0, refusedEarly: held, refusedEarlyMs: heldMs, words };
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 100) / 10} s`;
}
