import { principalWith } from '../../../../test/support/principals.ts';
import { ANY_ROUTE, contextOf, type RequestSketch, runNow } from '../../../../test/support/stage-context.ts';
import type { RequestContext } from '../../../core/context.ts';
import { CONTINUE, type Decision } from '../../../core/decision.ts';
import { ConfigError } from '../../../core/errors.ts';
import type { LimitScale, LimitStore } from '../../../core/limits.ts';
import type { Notice } from '../../../core/notices.ts';
import type { Ports } from '../../../core/ports.ts';
import type { Principal } from '../../../core/principal.ts';
import type { Check, RouteFacts } from '../../../core/stage.ts';
import { MemoryLimitExceptions } from '../../../stores/memory/limit-exceptions.ts';
import { memoryLimits } from '../../../stores/shared/memory-limits.ts';
import { addressLimit, principalLimit } from '../ratelimit.ts';
import { DEFAULT_TIERS } from '../tiers.ts';
import { ExactCounters } from './exact-counters.ts';

export const NOW_MS = Date.UTC(2025, 0, 20, 14, 29, 30);

/** Clock and counters of the checks that are compiled here. */
export const world = {
  nowMs: NOW_MS,
  counters: new ExactCounters(),
  /** Instead of counters in memory. */
  limits: null as LimitStore | null,
  scales: [] as LimitScale[],
  exceptions: new MemoryLimitExceptions(),
  notices: [] as Notice[],
};

/** Sets the clock back and forgets all requests. */
export function resetWorld(): void {
  world.nowMs = NOW_MS;
  world.counters = new ExactCounters();
  world.limits = null;
  world.scales = [];
  world.exceptions = new MemoryLimitExceptions();
  world.notices = [];
}

const ports = (): Ports =>
  ({
    clock: { nowMs: () => world.nowMs },
    counters: world.counters,
    limits: world.limits ?? memoryLimits(world.counters),
    limitScales: world.scales,
    limitExceptions: world.exceptions,
    notices: { raise: (notice: Notice) => world.notices.push(notice) },
  }) as unknown as Ports;
const ROUTE: RouteFacts = { ...ANY_ROUTE, tiers: DEFAULT_TIERS, upgradeUrl: 'https://company.com/pricing' };

export const compileAddress = (block: unknown, route: Partial<RouteFacts> = {}) =>
  addressLimit.compile(addressLimit.schema.parse(block), { ...ROUTE, ...route }, ports());
export const compilePrincipal = (block: unknown, route: Partial<RouteFacts> = {}) =>
  principalLimit.compile(principalLimit.schema.parse(block), { ...ROUTE, ...route }, ports());

export function principalOf(counterKey: string, tier = ''): Principal {
  return principalWith({ subject: counterKey, credentialId: counterKey, keyId: counterKey, tier, counterKey });
}

export interface Caller extends RequestSketch {
  readonly principal?: Principal;
}

export function ask(check: Check | undefined, caller: Caller = {}): { decision: Decision; ctx: RequestContext } {
  const { principal, ...sketch } = caller;
  const ctx = contextOf(sketch);
  ctx.principal = principal ?? null;
  return { decision: runNow(check, ctx), ctx };
}

/** As `ask`, of a store that is waited for. */
export async function askSlowly(check: Check | undefined, { principal, ...sketch }: Caller): Promise<Decision> {
  const ctx = contextOf(sketch);
  ctx.principal = principal ?? null;
  return await (check as Check).run(ctx);
}

/** What is wrong with a `rateLimit` block, as `pointer: message`. */
export function problemsOfBlock(block: unknown, route: Partial<RouteFacts> = {}): string[] {
  try {
    compilePrincipal(block, route);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ pointer, message }) => `${pointer}: ${message}`);
  }
}

/** How many of so many requests pass. */
export function passed(times: number, check: Check | undefined, caller: Caller = {}): number {
  let count = 0;
  for (let i = 0; i < times; i++) if (ask(check, caller).decision === CONTINUE) count++;
  return count;
}

export const bodyOf = (decision: Decision) => JSON.parse(`${decision.problem}id"}`);
export const fieldOf = (flat: readonly string[], name: string) => flat[flat.indexOf(name) + 1];
