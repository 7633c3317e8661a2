import { principalWith } from '../../../../test/support/principals.ts';
import {
  ANY_ROUTE,
  answering,
  contextOf,
  type RequestSketch,
} from '../../../../test/support/stage-context.ts';
import type { RequestContext } from '../../../core/context.ts';
import type { Decision } from '../../../core/decision.ts';
import { type CounterState, type LimitStore, newCounterState } from '../../../core/limits.ts';
import type { Ports } from '../../../core/ports.ts';
import type { Principal } from '../../../core/principal.ts';
import type { RouteFacts, StageChecks } from '../../../core/stage.ts';
import { MemoryLimitExceptions } from '../../../stores/memory/limit-exceptions.ts';
import { outcomeLimits } from '../outcome-limits.ts';
import { ExactCounters } from './exact-counters.ts';

export const NOW_MS = Date.UTC(2025, 0, 20, 14, 29, 30);

/** A store that gives back what it is told to, and how it behaves at the moment. */
export class OutcomeWorld {
  nowMs = NOW_MS;
  readonly counters = new ExactCounters();
  /** What every state is changed to. */
  failure: Partial<CounterState> = {};
  /** Whether answers of the store are waited for, and those that wait. */
  isRemote = false;
  readonly waiting: (() => void)[] = [];
  given = 0;
  readonly exceptions = new MemoryLimitExceptions();

  readonly #store: LimitStore = {
    take: (hits, _rule, nowMs, state) => {
      const own = this.isRemote ? newCounterState() : state;
      this.counters.take(hits, nowMs, own);
      Object.assign(own, { degraded: '', problem: '' }, this.failure);
      if (!this.isRemote) return own;
      return new Promise((resolve) => this.waiting.push(() => resolve(own)));
    },
    release: () => {},
    giveBack: ({ scope, client }, _rule, takenMs) => {
      const { admitted } = this.counters;
      const at = admitted.findIndex(({ key, atMs }) => key === `${scope} ${client}` && atMs === takenMs);
      if (at < 0) throw new Error('what was not taken cannot be given back');
      admitted.splice(at, 1);
      this.given++;
    },
  };

  compile(block: unknown, route: Partial<RouteFacts> = {}): StageChecks {
    const { exceptions: limitExceptions } = this;
    const ports = { clock: { nowMs: () => this.nowMs }, limits: this.#store, limitExceptions };
    const facts = { ...ANY_ROUTE, upgradeUrl: 'https://company.com/pricing', ...route };
    return outcomeLimits.compile(outcomeLimits.schema.parse(block), facts, ports as unknown as Ports);
  }
}

export interface OutcomeSketch extends RequestSketch {
  readonly principal?: Principal | null;
}

/** A request that the stage has looked at, on its way to the upstream. */
export function begin({ head }: StageChecks, sketch: OutcomeSketch = {}) {
  const { principal = principalWith(), ...request } = sketch;
  const ctx = contextOf({ method: 'POST', ...request });
  ctx.principal = principal;
  return { ctx, decision: head?.run(ctx) as Decision | Promise<Decision> };
}

/** The upstream answers. */
export function answered(checks: StageChecks, ctx: RequestContext, status: number, headers: string[] = []): void {
  ctx.upstreamStatus = status;
  checks.response?.run(answering(ctx, status, headers));
  checks.finisher?.finish(ctx);
}

/** How many of so many requests, one after the other, are passed on when the upstream answers each in this way. */
export function passed(checks: StageChecks, times: number, status: number, sketch: OutcomeSketch = {}): number {
  let count = 0;
  for (let i = 0; i < times; i++) {
    const { ctx, decision } = begin(checks, sketch);
    if ((decision as Decision).effect !== 'continue') continue;
    count++;
    answered(checks, ctx, status);
  }
  return count;
}
