import type { BurstRule, Limits } from '../../core/limits.ts';
import { outageShare } from './outage-bound.ts';

/** More than any limit, so that it only counts. */
const COUNTED = 1_000_000;
const COUNTED_SLOTS = 100_000;
/** How much longer than its window something may be remembered, and then some. */
const LATE = 1.08;
const MINUTE_MS = 60_000 * LATE;
const HOUR_MS = 3_600_000 * LATE;
const DAY_MS = 86_400_000 * LATE;

/** What is made of one set of limits; remembered as long as they are. */
interface Variants {
  gateways: number;
  share: Limits | null;
  /** By how many windows still refuse, the longest first. */
  readonly own: (Limits | null)[];
}

const known = new WeakMap<Limits, Variants>();

/** The part of limits that one of so many gateways has to itself. */
export function shareOf(limits: Limits, gateways: number): Limits {
  if (gateways === 1) return limits;
  const variants = variantsOf(limits);
  if (variants.share === null || variants.gateways !== gateways) {
    variants.gateways = gateways;
    variants.share = makeShare(limits, gateways);
  }
  return variants.share;
}

/**
 * The limits by which a gateway's own memory counts what the store admitted: they refuse only for windows that began
 * before the store was last lost sight of, because only then may it know less.
 *
 * Safety: always refusing would be no stricter on paper, since a gateway admits a part of what the store admits. But a
 * request may be forgotten up to a twelfth of the window late, and not at the same time here and there; without a loss
 * that must refuse nobody to whom the store said when to come back.
 */
export function ownLimits(limits: Limits, sinceLossMs: number): Limits {
  const level = levelOf(sinceLossMs);
  const { own } = variantsOf(limits);
  own[level] ??= makeOwn(limits, level);
  return own[level] as Limits;
}

function levelOf(sinceLossMs: number): number {
  if (sinceLossMs > DAY_MS) return 0;
  if (sinceLossMs > HOUR_MS) return 1;
  return sinceLossMs > MINUTE_MS ? 2 : 3;
}

function variantsOf(limits: Limits): Variants {
  let variants = known.get(limits);
  if (variants === undefined) {
    variants = { gateways: 0, share: null, own: [null, null, null, null] };
    known.set(limits, variants);
  }
  return variants;
}

function makeShare({ perMinute, perHour, perDay, concurrent, burst }: Limits, gateways: number): Limits {
  const part = (limit: number) => (limit === 0 ? 0 : outageShare(limit, gateways));
  return {
    perMinute: part(perMinute),
    perHour: part(perHour),
    perDay: part(perDay),
    concurrent: part(concurrent),
    burst: burst === null ? null : shareOfBurst(burst, gateways),
  };
}

function shareOfBurst(burst: BurstRule, gateways: number): BurstRule {
  return {
    ...burst,
    capacity: Math.max(1, burst.capacity / gateways),
    intervalMs: burst.intervalMs * gateways,
  };
}

function makeOwn({ perMinute, perHour, perDay, concurrent, burst }: Limits, level: number): Limits {
  const part = (limit: number, isRefusing: boolean) => (limit === 0 || isRefusing ? limit : COUNTED);
  return {
    perMinute: part(perMinute, level > 2),
    perHour: part(perHour, level > 1),
    perDay: part(perDay, level > 0),
    concurrent: concurrent === 0 || level > 2 ? concurrent : COUNTED_SLOTS,
    burst: burst === null ? null : { ...burst, isEnforced: false },
  };
}
