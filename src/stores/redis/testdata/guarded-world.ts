import {
  type CounterState,
  type CountingRule,
  type Hit,
  type Limits,
  type LimitStore,
  newCounterState,
  type OnUnavailable,
} from '../../../core/limits.ts';
import { createCounterTable } from '../../shared/counter-table.ts';
import { memoryLimits } from '../../shared/memory-limits.ts';
import { openCounters } from '../../shared/shared-counters.ts';
import { createGuardFacts, GuardFacts } from '../guard-facts.ts';
import { GuardedLimits } from '../guarded-limits.ts';
import type { Debt, RemoteLimits } from '../remote-limits.ts';
import { Unanswered } from '../unanswered.ts';
import { Unavailable } from '../../../core/errors.ts';

export const NOW_MS = Date.UTC(2025, 0, 20, 14, 29, 30);
const RULE = { counting: 'strict', onUnavailable: 'local' } as const;
const newMemory = () => memoryLimits(openCounters(createCounterTable({ clients: 64 })));

/** How a server fails: it cannot be reached, or it takes commands and does not answer. */
export type Failure = '' | 'away' | 'silent';

/** A server that several gateways share, and that can fail and forget. */
export class FakeServer {
  #memory = newMemory();
  readonly #state = newCounterState();
  failure: Failure = '';
  /** Commands that were sent to it. */
  asked = 0;
  owed: Debt[] = [];
  released = 0;
  givenBack = 0;

  forget(): void {
    this.#memory = newMemory();
  }

  /** What one gateway sees of it. */
  remote(): RemoteLimits {
    const server = this;
    return {
      get problem() {
        return server.failure === 'away' ? 'Redis is away.' : '';
      },
      take: (hits, _counting, nowMs) => {
        const kept = hits.map((hit) => ({ ...hit }));
        return this.#ask(() => ({ ...(this.#memory.take(kept, RULE, nowMs, newCounterState()) as CounterState) }));
      },
      release: () => void this.released++,
      giveBack: () => void this.givenBack++,
      owe: (debts) =>
        this.#ask(() => {
          this.owed.push(...debts);
          for (const debt of debts) this.#count(debt);
        }),
      close() {},
    };
  }

  async #ask<Result>(carryOut: () => Result): Promise<Result> {
    if (this.failure === 'away') throw new Unavailable('redis', 'Redis is away.');
    this.asked++;
    const result = carryOut();
    if (this.failure === 'silent') throw new Unanswered('redis', 'Redis did not answer within 20 ms.');
    return result;
  }

  #count({ hit, amount, takenMs }: Debt): void {
    const more = (limit: number) => (limit === 0 ? 0 : 1_000_000);
    const { perMinute, perHour, perDay } = hit.limits;
    const limits = { ...hit.limits, perMinute: more(perMinute), perHour: more(perHour), perDay: more(perDay) };
    for (let i = 0; i < amount; i++) this.#memory.take([{ ...hit, limits }], RULE, takenMs, this.#state);
  }
}

/** A gateway on such a server, with memory of its own. */
export function gatewayOn(
  server: FakeServer,
  clock: { nowMs(): number },
  gateways = 1,
  local: LimitStore = newMemory(),
) {
  const facts = new GuardFacts(createGuardFacts(gateways));
  const limits = new GuardedLimits({ remote: server.remote(), local, facts, clock });
  const ask = async (hit: Hit, onUnavailable: OnUnavailable = 'local', counting: CountingRule['counting'] = 'strict') => ({
    ...(await limits.take([hit], { counting, onUnavailable }, clock.nowMs(), newCounterState())),
  });
  return { facts, limits, ask };
}

export const hitOf = (limits: Partial<Limits>, client = 'client'): Hit => ({
  scope: 'test',
  client,
  limits: { perMinute: 0, perHour: 0, perDay: 0, concurrent: 0, burst: null, ...limits },
  cost: 1,
});
