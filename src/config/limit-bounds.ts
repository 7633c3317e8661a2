import type { Counting, Limits } from '../core/limits.ts';
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
  return limitsIn(config, settings).map(([of, limits]) =>
    boundOf(config, pointer, settings.counting, `\`${key}\`${of}`, limits),
  );
}

function limitsIn({ tiers }: GatewayConfig, block: LimitBlock): [string, Limits][] {
  const named = 'tier' in block && block.tier !== undefined ? block.tier : '';
  const used = named === 'fromPrincipal' ? [...tiers] : [...tiers].filter(([name]) => name === named);
  const found = used.map(([name, limits]): [string, Limits] => [`, tier ${name}`, limits]);
  if ('limits' in block) {
    const perMinute = block.perMinute ?? presetOf(block.preset).perMinute;
    found.push(['', limitsOf({ ...block, perMinute })]);
    found.push(...block.limits.map((limit): [string, Limits] => [`, limit ${limit.id}`, limitsOf(limit)]));
  } else found.push(['', limitsOf(block)]);
  return found.filter(([, { perMinute, perHour, perDay }]) => perMinute + perHour + perDay > 0);
}

function boundOf(
  { counters: { lease } }: GatewayConfig,
  pointer: string,
  counting: Counting,
  of: string,
  limits: Limits,
): LimitBound {
  const none = { pointer, counting, of, overAdmission: 0, refusedEarly: 0, refusedEarlyMs: 0 };
  const tightest = Math.min(
    ...[limits.perMinute, limits.perHour, limits.perDay].filter((limit) => limit > 0),
  );
  if (counting === 'strict') {
    return { ...none, message: `${of}, strict: over by 0, refused early 0; ${LATE}.` };
  }
  if (counting === 'local') {
    const message = `${of}, local: over by ${NUMBER.format(tightest)} for each gateway beyond the first, which all count for themselves.`;
    return { ...none, overAdmission: tightest, message };
  }
  const { held, heldMs, leadMs, burst } = leaseBounds(limits, lease);
  const early =
    held === 0
      ? 'refused early 0'
      : `refused early up to ${NUMBER.format(held)} of ${NUMBER.format(tightest)} for each other thread of a gateway, for ${seconds(heldMs)} at most`;
  const bucket = burst === 0 ? '' : `; an enforced burst may be ${NUMBER.format(burst)} larger`;
  const message = `${of}, leased: over by 0, ${early}; ${LATE}, and ${seconds(leadMs)}${bucket}.`;
  return { ...none, refusedEarly: held, refusedEarlyMs: heldMs, message };
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 100) / 10} s`;
}
