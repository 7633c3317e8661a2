import { type CounterState, type Hit, NEVER_PASSES } from '../../core/limits.ts';
import type { Clock } from '../../core/ports.ts';
import type { LeaseSettings } from './lease-bounds.ts';
import { type Lease, Leases } from './leases.ts';
import { clearState, closeState, neverPasses } from './limit-answer.ts';
import { LimitCalls, type Waiting } from './limit-calls.ts';
import { clientTag, counterKey, isCounted, type Part, ruleText, slotsKey } from './limit-keys.ts';
import type { LimitScript } from './limit-script.ts';
import type { RedisLink } from './redis-link.ts';
import type { Debt, RemoteCounting, RemoteLimits } from './remote-limits.ts';
import { SlotHolds } from './slot-holds.ts';
import { type AskedHit, type Moment, noteLease, noteRefusal, Taking, TakingPart } from './taking.ts';

/** The name of the one group of a server that is no cluster. */
const ALL = '';

/**
 * Limits that all gateways on one Redis share.
 *
 * Shape: `strict` is one operation of the script for a request; on a cluster one for each client among its hits, at the same
 * time, and what one admitted is given back when another refuses. `leased` uses what this thread took ahead.
 * Safety: what Redis answers is a stretch of time, to which the clock of this gateway is added: a gateway whose clock is wrong
 * limits as the others do.
 */
export class RedisLimits implements RemoteLimits {
  readonly #calls: LimitCalls;
  readonly #clock: Clock;
  readonly #leases: Leases;
  readonly #slots: SlotHolds;
  readonly #nowMs = () => this.#clock.nowMs();

  constructor(link: RedisLink, clock: Clock, lease: LeaseSettings, script?: LimitScript) {
    this.#calls = new LimitCalls(link, script);
    this.#clock = clock;
    this.#leases = new Leases(this.#calls, lease);
    this.#slots = new SlotHolds(this.#calls, lease.forMs);
  }

  get problem(): string {
    return this.#calls.problem;
  }

  take(
    hits: readonly Hit[],
    counting: RemoteCounting,
    nowMs: number,
    state: CounterState,
  ): CounterState | Promise<CounterState> {
    if (counting === 'leased' && this.#takeFromLeases(hits, nowMs, state)) return state;
    return this.#ask(hits, counting === 'leased', nowMs, state);
  }

  release(scope: string, client: string, counting: RemoteCounting): void {
    this.#slots.release(scope, client, counting === 'leased', performance.now());
  }

  giveBack(hit: Hit, takenMs: number, nowMs: number): void {
    const offsetMs = this.#calls.serverOffsetMs;
    if (Number.isNaN(offsetMs) || !isCounted(hit.limits)) return;
    const tag = clientTag(hit.client);
    const atMs = performance.now() - Math.max(0, nowMs - takenMs) + offsetMs;
    this.#leases.giveBack(this.#groupOf(tag), counterKey(hit.scope, tag), hit.cost, atMs, atMs);
  }

  async owe(debts: readonly Debt[], nowMs: number): Promise<void> {
    const counted = debts.map(({ hit, amount, takenMs }) => {
      const tag = clientTag(hit.client);
      const ageMs = Math.max(0, Math.round(nowMs - takenMs));
      const line = `O ${ruleText(hit.limits, 'counted')} ${amount} ${ageMs}`;
      return this.#done(this.#groupOf(tag), counterKey(hit.scope, tag), line);
    });
    await Promise.all(counted);
  }

  close(): void {
    this.#leases.close();
    this.#slots.close();
    this.#calls.flush();
  }

  #groupOf(tag: string): string {
    return this.#calls.isCluster ? tag : ALL;
  }

  #done(group: string, key: string, line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { numbers: 0, answered: () => resolve(), failed: reject };
      this.#calls.add(group, [key], line, waiting);
    });
  }

  /** Takes a request from leases, or notes that one of its hits was just refused; false where Redis has to be asked. */
  #takeFromLeases(hits: readonly Hit[], nowMs: number, state: CounterState): boolean {
    const monotonicMs = performance.now();
    clearState(state, nowMs);
    for (let i = 0; i < hits.length; i++) {
      const hit = hits[i] as Hit;
      const lease = this.#leases.find(hit.scope, hit.client);
      if (lease !== undefined && isRefused(lease, hit, monotonicMs)) noteRefusal(state, i, lease, nowMs);
    }
    if (!state.admitted) {
      if (neverPasses(hits.map((hit) => ({ hit })))) state.problem = NEVER_PASSES;
      return true;
    }
    for (let i = 0; i < hits.length; i++) {
      if (this.#reserve(hits[i] as Hit, monotonicMs, nowMs)) continue;
      while (--i >= 0) this.#unreserve(hits[i] as Hit);
      return false;
    }
    for (let i = 0; i < hits.length; i++) {
      const lease = this.#leases.find((hits[i] as Hit).scope, (hits[i] as Hit).client);
      if (lease !== undefined) noteLease(state, i, lease, nowMs);
    }
    closeState(state);
    return true;
  }

  #reserve(hit: Hit, monotonicMs: number, nowMs: number): boolean {
    const { scope, client, limits } = hit;
    const takesSlot = limits.concurrent > 0;
    if (takesSlot && !this.#slots.hasFree(hit)) return false;
    if (isCounted(limits) && !this.#leases.spend(this.#leases.find(scope, client), hit, monotonicMs, nowMs))
      return false;
    if (takesSlot) this.#slots.useFree(hit);
    return true;
  }

  #unreserve({ scope, client, limits, cost }: Hit): void {
    const lease = this.#leases.find(scope, client);
    if (lease !== undefined && isCounted(limits)) lease.tokens += cost;
    if (limits.concurrent > 0) this.#slots.release(scope, client, true, performance.now());
  }

  #ask(
    hits: readonly Hit[],
    isLeased: boolean,
    nowMs: number,
    state: CounterState,
  ): CounterState | Promise<CounterState> {
    const monotonicMs = performance.now();
    const asked = hits.map((hit) => this.#askedHit(hit, isLeased, monotonicMs, nowMs));
    const toAsk = asked.filter(({ asksTokens, asksSlot }) => asksTokens || asksSlot);
    if (toAsk.length === 0) {
      clearState(state, nowMs);
      closeState(state);
      return state;
    }
    const groups = this.#calls.isCluster ? [...Map.groupBy(toAsk, ({ group }) => group).values()] : [toAsk];
    const taking = new Taking(asked, groups.length, this, this.#nowMs);
    for (const group of groups) this.#send(group, new TakingPart(group, taking));
    return taking.promise;
  }

  #askedHit(hit: Hit, isLeased: boolean, monotonicMs: number, nowMs: number): AskedHit {
    const { scope, client, limits, cost } = hit;
    const tag = clientTag(client);
    const group = this.#groupOf(tag);
    const key = counterKey(scope, tag);
    const isCountedHit = isCounted(limits);
    const lease = isLeased && isCountedHit ? this.#leases.open(hit, group, key) : null;
    const isSpent = lease !== null && this.#leases.spend(lease, hit, monotonicMs, nowMs);
    const hasSlot = isLeased && limits.concurrent > 0 && this.#slots.hasFree(hit);
    if (hasSlot) this.#slots.useFree(hit);
    const isLeasing = lease !== null && !isSpent && !lease.isAsked;
    if (isLeasing) lease.isAsked = true;
    return {
      hit: { scope, client, limits, cost },
      limits,
      group,
      key,
      lease,
      isSpent,
      spentFromMs: lease?.countedAtMs ?? 0,
      hasSlot,
      isLeasing,
      asksTokens: isCountedHit && !isSpent,
      asksSlot: limits.concurrent > 0 && !hasSlot,
      slot: '',
      serverMs: 0,
      answer: null,
      isTaken: false,
    };
  }

  #send(hits: readonly AskedHit[], part: TakingPart): void {
    const name = this.#slots.newName();
    const keys: string[] = [];
    let line = `T ${name} ${hits.length}`;
    for (let i = 0; i < hits.length; i++) {
      const asked = hits[i] as AskedHit;
      const { hit, limits, key, asksTokens, asksSlot, isLeasing, lease } = asked;
      asked.slot = `${name}.${i + 1}`;
      keys.push(key);
      if (asksSlot) keys.push(slotsKey(key));
      const rule = ruleText(limits, partOf(asksTokens, asksSlot));
      const leadMs = lease === null ? 0 : this.#leases.leadMs;
      line += ` ${rule} ${hit.cost} ${isLeasing ? this.#leases.settings.share : 0} ${leadMs}`;
    }
    this.#calls.add(hits[0]?.group ?? ALL, keys, line, part);
  }

  admitted(hits: readonly AskedHit[], moment: Moment): void {
    for (const asked of hits) {
      const { hit, limits, group, key, lease, isLeasing, slot, answer, serverMs } = asked;
      if (asked.asksSlot) this.#slots.add(hit, group, key, slot, moment.monotonicMs);
      if (isLeasing && lease !== null) lease.isAsked = false;
      const more = (answer?.took ?? 0) - hit.cost;
      if (lease === null || answer === null || !asked.asksTokens || more <= 0) continue;
      this.#leases.put(lease, limits, answer, more, moment, serverMs);
    }
  }

  refused(hits: readonly AskedHit[]): void {
    for (const asked of hits) {
      const { hit, limits, lease, answer } = asked;
      if (asked.isLeasing && lease !== null) lease.isAsked = false;
      if (asked.isSpent && lease !== null) this.#leases.unspend(lease, hit.cost, asked.spentFromMs);
      if (asked.hasSlot) this.#slots.release(hit.scope, hit.client, true, performance.now());
      if (asked.isTaken || answer === null) this.#takeBack(asked);
      if (lease !== null && answer !== null && answer.left < 0 && answer.which !== CONCURRENT)
        this.#leases.refuse(lease, limits, hit.cost, answer);
    }
  }

  late(hits: readonly AskedHit[]): void {
    for (const asked of hits) if (asked.isTaken) this.#takeBack(asked);
  }

  /** Gives back what Redis took of a hit; of what it may have taken, only the slot is known by name. */
  #takeBack({ group, key, asksTokens, asksSlot, slot, answer, serverMs, lease }: AskedHit): void {
    if (asksSlot) this.#slots.drop(group, slotsKey(key), slot);
    if (!asksTokens || answer === null) return;
    const leadMs = lease === null ? 0 : this.#leases.leadMs;
    this.#leases.giveBack(group, key, answer.took, serverMs + leadMs, serverMs);
  }
}

/** Index of `concurrent` among the names of limits. */
const CONCURRENT = 4;

function isRefused(lease: Lease, hit: Hit, monotonicMs: number): boolean {
  return lease.refusedUntilMs > monotonicMs && hit.cost >= lease.refusedCost && lease.limits === hit.limits;
}

function partOf(asksTokens: boolean, asksSlot: boolean): Part {
  if (asksTokens && asksSlot) return 'all';
  return asksTokens ? 'counted' : 'slot';
}
