import { contextOf } from '../../../../test/support/stage-context.ts';
import { ANY_ROUTE } from '../../../../test/support/stage-context.ts';
import { principalWith } from '../../../../test/support/principals.ts';
import { seeded } from '../../../../test/support/seeded.ts';
import { CONTINUE } from '../../../core/decision.ts';
import type { AnswerMeter, Asked, Loads, ThreadLoad } from '../../../core/load.ts';
import type { Ports } from '../../../core/ports.ts';
import type { Check, RouteFacts } from '../../../core/stage.ts';
import { overload } from '../overload.ts';

/** Callers of one kind: how many requests they send in a second, and to which endpoint. */
export interface Demand {
  readonly tier: string;
  perS: number;
  readonly endpoint?: string;
}

/** How long an endpoint works on a request. */
export type ServiceMs = (random: () => number, nowMs: number) => number;

export interface SimulationOptions {
  /** Requests that the upstream works on at once; the others wait in the order they came. */
  servers: number;
  readonly serviceMs: Readonly<Record<string, ServiceMs>>;
  readonly demands: readonly Demand[];
  readonly loads: Loads;
  readonly block?: object;
  readonly seed?: number;
}

interface Waiting {
  readonly asked: Asked;
  readonly demand: Demand;
  readonly meter: AnswerMeter;
  readonly serviceMs: number;
}

/** What became of the requests of one kind. */
export interface Tally {
  admitted: number;
  refused: number;
  answered: number;
  waitedMs: number[];
}

const CALM: ThreadLoad = { delayMs: 0, isShedding: false, admits: () => true };

/** An upstream of fixed capacity with a queue, behind the check and the meter of the stage, on a clock of its own. */
export class Simulation {
  nowMs = 0;
  readonly options: SimulationOptions;
  readonly #random: () => number;
  readonly #routes = new Map<string, { check: Check; meter: AnswerMeter }>();
  #tallies = new Map<string, Tally>();
  #waiting: Waiting[] = [];
  #working: { readonly request: Waiting; readonly doneMs: number }[] = [];
  readonly #nextMs: number[];

  constructor(options: SimulationOptions) {
    this.options = options;
    this.#random = seeded(options.seed ?? 1);
    this.#nextMs = options.demands.map(() => 0);
    for (const endpoint of Object.keys(options.serviceMs)) this.#routes.set(endpoint, this.#compile(endpoint));
  }

  #compile(endpointId: string): { check: Check; meter: AnswerMeter } {
    const facts: RouteFacts = { ...ANY_ROUTE, endpointId };
    const ports = { loads: this.options.loads, threadLoad: CALM } as Ports;
    const { head, meter } = overload.compile(overload.schema.parse({ alwaysAdmit: 4, ...this.options.block }), facts, ports);
    return { check: head as Check, meter: meter as AnswerMeter };
  }

  /** Lets time pass; gives back what happened meanwhile, by tier and by `tier@endpoint`. */
  run(durationMs: number): Map<string, Tally> {
    const untilMs = this.nowMs + durationMs;
    this.#tallies = new Map();
    for (;;) {
      const at = this.#earliestArrival();
      const arrivesMs = this.#nextMs[at] as number;
      const done = this.#working[0];
      const nextMs = Math.min(arrivesMs, done?.doneMs ?? Number.POSITIVE_INFINITY);
      if (nextMs > untilMs) break;
      this.nowMs = nextMs;
      if (done !== undefined && done.doneMs <= arrivesMs) this.#finish();
      else this.#arrive(at);
    }
    this.nowMs = untilMs;
    return this.#tallies;
  }

  get underWay(): number {
    return this.#waiting.length + this.#working.length;
  }

  #earliestArrival(): number {
    let best = 0;
    for (let i = 1; i < this.#nextMs.length; i++)
      if ((this.#nextMs[i] as number) < (this.#nextMs[best] as number)) best = i;
    return best;
  }

  #arrive(at: number): void {
    const demand = this.options.demands[at] as Demand;
    const gapMs = demand.perS > 0 ? (-Math.log(1 - this.#random()) / demand.perS) * 1000 : 100;
    this.#nextMs[at] = (this.#nextMs[at] as number) + gapMs;
    if (demand.perS <= 0) return;
    const endpoint = demand.endpoint ?? '';
    const route = this.#routes.get(endpoint) as { check: Check; meter: AnswerMeter };
    const ctx = contextOf();
    ctx.principal = demand.tier === 'stranger' ? null : principalWith({ tier: demand.tier });
    const tally = this.#tallyOf(demand);
    if (route.check.run(ctx) !== CONTINUE) {
      tally.refused++;
      return;
    }
    tally.admitted++;
    const asked = { rank: ctx.rank, atMs: this.nowMs, underWay: 0, wasLimited: false };
    route.meter.asked(asked);
    const serviceMs = (this.options.serviceMs[endpoint] as ServiceMs)(this.#random, this.nowMs);
    this.#waiting.push({ asked, demand, meter: route.meter, serviceMs });
    this.#fill();
  }

  #fill(): void {
    while (this.#working.length < this.options.servers && this.#waiting.length > 0) {
      const request = this.#waiting.shift() as Waiting;
      this.#working.push({ request, doneMs: this.nowMs + request.serviceMs });
      this.#working.sort((a, b) => a.doneMs - b.doneMs);
    }
  }

  #finish(): void {
    const { asked, meter, demand } = (this.#working.shift() as { request: Waiting }).request;
    meter.answered(asked, this.nowMs, 200);
    const tally = this.#tallyOf(demand);
    tally.answered++;
    tally.waitedMs.push(this.nowMs - asked.atMs);
    this.#fill();
  }

  #tallyOf({ tier, endpoint }: Demand): Tally {
    const name = endpoint === undefined ? tier : `${tier}@${endpoint}`;
    const tally = this.#tallies.get(name) ?? { admitted: 0, refused: 0, answered: 0, waitedMs: [] };
    this.#tallies.set(name, tally);
    return tally;
  }
}

export const totalOf = (tallies: Map<string, Tally>, of: 'admitted' | 'refused' | 'answered'): number =>
  [...tallies.values()].reduce((sum, tally) => sum + tally[of], 0);

export const refusedShare = (tallies: Map<string, Tally>, name: string): number => {
  const { admitted = 0, refused = 0 } = tallies.get(name) ?? {};
  return refused / Math.max(1, admitted + refused);
};
