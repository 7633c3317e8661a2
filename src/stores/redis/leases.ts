import type { Hit, Limits } from '../../core/limits.ts';
import { type LeaseSettings, leadOf, lookEveryMs } from './lease-bounds.ts';
import { type HitAnswer, UNLIMITED } from './limit-answer.ts';
import type { LimitCalls } from './limit-calls.ts';
import type { Moment } from './taking.ts';

/** Clients of one thread with leases at once; others are asked about for every request. */
const MAX_LEASES = 20_000;

/** What one thread took of the limits of one client in one scope before it is used, or was refused. */
export interface Lease {
  readonly group: string;
  readonly key: string;
  limits: Limits;
  tokens: number;
  /** When it may not be used any more, by `performance.now()`. */
  endsMs: number;
  /** The same by the clock of the gateway: the other one stands still while a machine is suspended. */
  endsWallMs: number;
  /** The time of the server as which it is counted. */
  countedAtMs: number;
  /** What was said of the tightest limit when it was given; `waitMs` counts from `givenMs`. */
  readonly given: HitAnswer;
  givenMs: number;
  /** A request that costs as much or more was refused, and is until then. */
  refusedUntilMs: number;
  refusedCost: number;
  readonly refused: HitAnswer;
  refusedMs: number;
  /** Whether a lease was asked for; meanwhile others ask for no more than they need. */
  isAsked: boolean;
}

const noAnswer = (): HitAnswer => ({
  which: 0,
  left: UNLIMITED,
  waitMs: 0,
  took: 0,
  isBurstExceeded: false,
  isToReview: false,
});

/**
 * The leases of one thread.
 *
 * Safety: Redis counts a lease as used at a time that is no earlier than its end here: the end counts from before it was asked
 * for, by a clock that cannot be set and by one that goes on while a machine is suspended. So whatever it admits is counted at least one window long, and no window holds more than the limit.
 * What was not used when it ends is given back; until then others may be refused early.
 */
export class Leases {
  readonly #calls: LimitCalls;
  readonly settings: LeaseSettings;
  /** How far ahead of the time of the server leases are counted: their time, and what clocks may differ in rate. */
  readonly leadMs: number;
  readonly #leases = new Map<string, Map<string, Lease>>();
  readonly #timer: NodeJS.Timeout;
  #count = 0;

  constructor(calls: LimitCalls, settings: LeaseSettings) {
    this.#calls = calls;
    this.settings = settings;
    this.leadMs = leadOf(settings);
    this.#timer = setInterval(() => this.look(performance.now()), lookEveryMs(settings));
    this.#timer.unref();
  }

  find(scope: string, client: string): Lease | undefined {
    return this.#leases.get(scope)?.get(client);
  }

  /** The lease of a hit; a new one without tokens where there is none, or null where there are too many. */
  open({ scope, client, limits }: Hit, group: string, key: string): Lease | null {
    let clients = this.#leases.get(scope);
    if (clients === undefined) {
      clients = new Map();
      this.#leases.set(scope, clients);
    }
    let lease = clients.get(client);
    if (lease !== undefined || this.#count >= MAX_LEASES) return lease ?? null;
    lease = {
      group,
      key,
      limits,
      tokens: 0,
      endsMs: 0,
      endsWallMs: 0,
      countedAtMs: 0,
      given: noAnswer(),
      givenMs: 0,
      refusedUntilMs: 0,
      refusedCost: 0,
      refused: noAnswer(),
      refusedMs: 0,
      isAsked: false,
    };
    clients.set(client, lease);
    this.#count++;
    return lease;
  }

  /** Whether the lease has tokens for a hit; takes them. */
  spend(lease: Lease | undefined, hit: Hit, monotonicMs: number, nowMs: number): boolean {
    if (lease === undefined || lease.tokens < hit.cost || lease.limits !== hit.limits) return false;
    if (lease.endsMs <= monotonicMs || lease.endsWallMs <= nowMs) return false;
    lease.tokens -= hit.cost;
    return true;
  }

  /** Puts back what `spend` took when the lease was counted as `countedAtMs`. */
  unspend(lease: Lease, cost: number, countedAtMs: number): void {
    if (lease.countedAtMs === countedAtMs) lease.tokens += cost;
    else this.giveBack(lease.group, lease.key, cost, countedAtMs);
  }

  /** Puts a lease that was given, after its first request was served from it, in the place of the one before. */
  put(
    lease: Lease,
    limits: Limits,
    answer: HitAnswer,
    tokens: number,
    asked: Moment,
    serverMs: number,
  ): void {
    this.#end(lease);
    lease.limits = limits;
    lease.tokens = tokens;
    lease.endsMs = asked.monotonicMs + this.settings.forMs;
    lease.endsWallMs = asked.wallMs + this.settings.forMs;
    lease.countedAtMs = serverMs + this.leadMs;
    Object.assign(lease.given, answer);
    if (answer.left !== UNLIMITED) lease.given.left -= tokens;
    lease.givenMs = performance.now();
    lease.refusedUntilMs = 0;
  }

  /** Remembers a refusal until there may be room again, or a lease could have ended. */
  refuse(lease: Lease, limits: Limits, cost: number, answer: HitAnswer): void {
    const nowMs = performance.now();
    if (lease.limits !== limits) this.#end(lease);
    lease.limits = limits;
    lease.refusedUntilMs = nowMs + Math.min(answer.waitMs, this.settings.forMs);
    lease.refusedCost = cost;
    Object.assign(lease.refused, answer);
    lease.refusedMs = nowMs;
  }

  /** Gives back what was counted as used at a time of the server. */
  giveBack(group: string, key: string, amount: number, atMs: number, takenMs = atMs - this.leadMs): void {
    this.#calls.add(group, [key], `B ${amount} ${Math.floor(atMs)} ${Math.floor(takenMs)}`);
  }

  /** Gives back what has ended, and forgets what is of no use. */
  look(monotonicMs: number): void {
    for (const [scope, clients] of this.#leases) {
      for (const [client, lease] of clients) {
        if (lease.endsMs > monotonicMs) continue;
        this.#end(lease);
        if (lease.isAsked || lease.refusedUntilMs > monotonicMs) continue;
        clients.delete(client);
        this.#count--;
      }
      if (clients.size === 0) this.#leases.delete(scope);
    }
  }

  /** Gives everything back. */
  close(): void {
    clearInterval(this.#timer);
    this.look(Number.POSITIVE_INFINITY);
  }

  #end(lease: Lease): void {
    if (lease.tokens > 0) this.giveBack(lease.group, lease.key, lease.tokens, lease.countedAtMs);
    lease.tokens = 0;
  }
}
