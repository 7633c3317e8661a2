import { Unavailable } from '../../core/errors.ts';
import {
  type CounterState,
  type CountingRule,
  type Hit,
  type LimitStore,
  type Limits,
  newCounterState,
} from '../../core/limits.ts';
import type { Clock } from '../../core/ports.ts';
import { type Account, Debts, debtsOf } from './debts.ts';
import type { GuardFacts } from './guard-facts.ts';
import { ownLimits, shareOf } from './limit-shares.ts';

import type { RemoteLimits } from './remote-limits.ts';
import { Unanswered } from './unanswered.ts';

/** How often an account is told again when nobody knows whether it was heard: it may count as often. */
const MAX_UNANSWERED = 3;
/** Bits of `CounterState.slotNote`: where the slots of a request were taken. */
const IN_STORE = 1;
const IN_MEMORY = 2;
/** Accounts that are told at once when the store is back. */
const TOLD_AT_ONCE = 200;

/** What `GuardedLimits` works with. */
export interface GuardedParts {
  readonly remote: RemoteLimits;
  /** Counts in the memory of this gateway, without waiting. */
  readonly local: LimitStore;
  readonly facts: GuardFacts;
  readonly clock: Clock;
}

/**
 * Limits that gateways share, and what happens while their store cannot be used: see `onUnavailable`.
 *
 * Shape: the memory of this gateway counts all that it admits, in either way. So what it admits by itself it admits
 * within its share of what it admitted altogether, and a store that comes back empty does not make it forget.
 * Safety: never admits more than `outageBound` in any window, and `lossBound` where the store lost its counts. What was
 * admitted without the store is told to it before the next request of the same client on this thread, or in the background. A command
 * that was not answered counts as not admitted by the store, and may have been: that is on the strict side.
 */
export class GuardedLimits implements LimitStore {
  readonly #remote: RemoteLimits;
  readonly #local: LimitStore;
  readonly #facts: GuardFacts;
  readonly #clock: Clock;
  readonly #debts = new Debts();
  readonly #state = newCounterState();
  readonly #hits: Hit[] = [];

  constructor({ remote, local, facts, clock }: GuardedParts) {
    this.#remote = remote;
    this.#local = local;
    this.#facts = facts;
    this.#clock = clock;
  }

  take(
    hits: readonly Hit[],
    rule: CountingRule,
    nowMs: number,
    state: CounterState,
  ): CounterState | Promise<CounterState> {
    if (rule.counting === 'local') return this.#local.take(hits, rule, nowMs, state);
    if (this.#debts.size > 0) this.#settleFirst(hits, nowMs);
    const taken = this.#remote.take(hits, rule.counting, nowMs, state);
    if (!(taken instanceof Promise)) return this.#countOwn(hits, rule, nowMs, taken);
    const kept = hits.map((hit) => ({ ...hit }));
    return taken.then(
      (settled) => this.#countOwn(kept, rule, nowMs, settled),
      (error: unknown) => this.#decideAlone(kept, rule, problemOf(error)),
    );
  }

  release(scope: string, client: string, rule: CountingRule, slotNote: number): void {
    if (rule.counting === 'local') this.#local.release(scope, client, rule, slotNote);
    else {
      if ((slotNote & IN_MEMORY) !== 0) this.#local.release(scope, client, rule, 0);
      if ((slotNote & IN_STORE) !== 0) this.#remote.release(scope, client, rule.counting);
    }
  }

  giveBack(hit: Hit, rule: CountingRule, takenMs: number, nowMs: number): void {
    this.#local.giveBack(hit, rule, takenMs, nowMs);
    if (rule.counting !== 'local' && !this.#debts.reduce(hit, takenMs))
      this.#remote.giveBack(hit, takenMs, nowMs);
  }

  /**
   * Tells the store what was admitted without it, as far as it can be used. Never rejects.
   *
   * Cost: nothing when there is nothing to tell.
   */
  async tellDebts(): Promise<void> {
    while (this.#debts.size > 0 && this.#remote.problem === '') {
      // With the first one it shows whether the store can be used.
      for (const count of [1, TOLD_AT_ONCE]) {
        if (!(await this.#tell(this.#debts.settleSome(count), this.#clock.nowMs()))) return;
      }
    }
  }

  /** Tells what clients of a request owe, on the way to the store before the request itself. */
  #settleFirst(hits: readonly Hit[], nowMs: number): void {
    if (this.#remote.problem !== '') return;
    const accounts = hits.map((hit) => this.#debts.settle(hit)).filter((account) => account !== null);
    if (accounts.length > 0) void this.#tell(accounts, nowMs);
  }

  /** Resolves to whether the store heard it. */
  async #tell(accounts: readonly Account[], nowMs: number): Promise<boolean> {
    if (accounts.length === 0) return true;
    try {
      await this.#remote.owe(accounts.flatMap(debtsOf), nowMs);
      return true;
    } catch (error) {
      for (const account of accounts) {
        if (error instanceof Unanswered) account.unanswered++;
        if (account.unanswered < MAX_UNANSWERED) this.#debts.restore(account);
      }
      return false;
    }
  }

  /** Counts what the store admitted in the memory of this gateway, which may know of more than the store. */
  #countOwn(hits: readonly Hit[], rule: CountingRule, nowMs: number, state: CounterState): CounterState {
    if (!state.admitted) return state;
    const sinceLossMs = this.#facts.sinceLossMs(nowMs);
    const own = this.#takeOwn(hits, rule, nowMs, this.#state, (limits) => ownLimits(limits, sinceLossMs));
    state.slotNote = own.admitted ? IN_STORE | IN_MEMORY : IN_STORE;
    if (own.admitted || sinceLossMs === Number.POSITIVE_INFINITY) return state;
    for (const hit of hits) {
      this.#remote.giveBack(hit, nowMs, nowMs);
      if (hit.limits.concurrent > 0) this.#remote.release(hit.scope, hit.client, counting(rule));
    }
    return Object.assign(state, own);
  }

  /** Decides by the policy of the rule, without the store. */
  #decideAlone(hits: readonly Hit[], rule: CountingRule, problem: string): CounterState {
    const nowMs = this.#clock.nowMs();
    const state = newCounterState();
    const policy = rule.onUnavailable;
    if (policy === 'local') {
      const { gateways } = this.#facts;
      this.#takeOwn(hits, rule, nowMs, state, (limits) => shareOf(limits, gateways));
    } else if (policy === 'allow') {
      this.#takeOwn(hits, rule, nowMs, state, (limits) => ownLimits(limits, Number.POSITIVE_INFINITY));
    }
    state.slotNote = state.admitted ? IN_MEMORY : 0;
    if (policy === 'allow') {
      state.admitted = true;
      state.limit = 0;
    }
    // Whom memory has no place for is not over a limit.
    const isUncounted = !state.admitted && state.degraded === 'deny';
    state.problem = isUncounted ? `${problem} ${state.problem}` : problem;
    if (!isUncounted) state.degraded = policy;
    if (state.admitted) for (const hit of hits) this.#debts.add(hit, nowMs);
    return state;
  }

  /** Takes hits in the memory of this gateway, by other limits. */
  #takeOwn(
    hits: readonly Hit[],
    rule: CountingRule,
    nowMs: number,
    state: CounterState,
    limitsOf: (limits: Limits) => Limits,
  ): CounterState {
    const own = this.#hits;
    own.length = 0;
    for (const { scope, client, limits, cost } of hits) {
      own.push({ scope, client, limits: limitsOf(limits), cost });
    }
    // Memory never has to be waited for.
    return this.#local.take(own, rule, nowMs, state) as CounterState;
  }
}

const counting = ({ counting }: CountingRule) => counting as 'strict' | 'leased';

/** Why the store could not be used; anything else is a defect of the gateway. */
function problemOf(error: unknown): string {
  if (error instanceof Unavailable) return error.message;
  throw error;
}
