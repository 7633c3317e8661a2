import { beforeEach, describe, expect, test } from 'vitest';
import type { CounterState, CountingRule, Hit, OnUnavailable } from '../../core/limits.ts';
import { createCounterTable } from '../shared/counter-table.ts';
import { memoryLimits } from '../shared/memory-limits.ts';
import { openCounters } from '../shared/shared-counters.ts';
import { createSlotTable } from '../shared/slot-table.ts';
import { openSlots } from '../shared/slots.ts';
import { FakeServer, gatewayOn, hitOf, NOW_MS } from './testdata/guarded-world.ts';

const CLIENTS = 64;
let server: FakeServer;
let gateway: ReturnType<typeof open>;

beforeEach(() => {
  server = new FakeServer();
  gateway = open();
});

/** A gateway with slots in its memory; the server of this test gives as many as are asked for. */
function open(counting: CountingRule['counting'] = 'strict') {
  const counters = openCounters(createCounterTable({ clients: CLIENTS }));
  const memory = memoryLimits(counters, openSlots(createSlotTable({ places: CLIENTS, threads: 1 }), 0));
  const { limits, facts, ask } = gatewayOn(server, { nowMs: () => NOW_MS }, 1, memory);
  const ruleOf = (onUnavailable: OnUnavailable) => ({ counting, onUnavailable });
  return {
    facts,
    take: (hit: Hit, policy: OnUnavailable = 'local') => ask(hit, policy, counting),
    release({ scope, client }: Hit, { slotNote }: CounterState, policy: OnUnavailable = 'local') {
      limits.release(scope, client, ruleOf(policy), slotNote);
    },
    /** Slots of a hit that are taken in the memory. */
    heldIn(hit: Hit): number {
      let free = 0;
      const rule = ruleOf('local');
      const mine = () => memory.take([hit], rule, NOW_MS, { ...EMPTY }) as CounterState;
      while (mine().admitted) free++;
      for (let i = 0; i < free; i++) memory.release(hit.scope, hit.client, rule, 0);
      return hit.limits.concurrent - free;
    },
  };
}
const EMPTY = {} as CounterState;

describe('a slot goes back to where it was taken', () => {
  test('to the store and the memory, when both gave one', async () => {
    const mine = hitOf({ concurrent: 3 });
    const state = await gateway.take(mine);
    expect(gateway.heldIn(mine)).toBe(1);
    gateway.release(mine, state);
    expect([server.released, gateway.heldIn(mine)]).toEqual([1, 0]);
  });

  test.each([
    ['to the store alone', '', 'local', 1],
    ['nowhere', 'away', 'allow', 0],
  ] as const)(
    '%s, when the memory had no place and the store is "%s"',
    async (_where, failure, policy, freed) => {
      server.failure = failure;
      const limits = { concurrent: 4 };
      const states: CounterState[] = [];
      for (let i = 0; i < 5 * CLIENTS; i++) states.push(await gateway.take(hitOf(limits, `${i}`), policy));
      expect(states.every(({ admitted }) => admitted)).toBe(true);
      const last = hitOf(limits, `${states.length - 1}`);
      expect(await gateway.take(last, policy), 'there is still no place').toMatchObject({ admitted: true });
      // Places get free, and another request of the same client has a slot in the memory.
      for (let i = 0; i < CLIENTS; i++)
        gateway.release(hitOf(limits, `${i}`), states[i] as CounterState, policy);
      const other = await gateway.take(last, policy);
      expect(gateway.heldIn(last)).toBe(1);
      const before = server.released;
      gateway.release(last, states.at(-1) as CounterState, policy);
      expect([server.released - before, gateway.heldIn(last)]).toEqual([freed, 1]);
      gateway.release(last, other, policy);
      expect([server.released - before, gateway.heldIn(last)]).toEqual([2 * freed, 0]);
    },
  );

  test('of the store at once, when the memory knows of more after a loss', async () => {
    const mine = hitOf({ concurrent: 1 });
    gateway.facts.lost(NOW_MS);
    const first = await gateway.take(mine);
    expect(await gateway.take(mine)).toMatchObject({ admitted: false, window: 'concurrent' });
    expect([server.released, gateway.heldIn(mine)]).toEqual([1, 1]);
    gateway.release(mine, first);
    expect([server.released, gateway.heldIn(mine)]).toEqual([2, 0]);
  });

  test.each(['local', 'allow'] as const)('to the memory alone, when `%s` decided', async (policy) => {
    const mine = hitOf({ concurrent: 3 });
    const before = await gateway.take(mine, policy);
    server.failure = 'away';
    const during = await gateway.take(mine, policy);
    server.failure = '';
    expect(gateway.heldIn(mine)).toBe(2);
    gateway.release(mine, during, policy);
    expect([server.released, gateway.heldIn(mine)]).toEqual([0, 1]);
    gateway.release(mine, before, policy);
    expect([server.released, gateway.heldIn(mine)]).toEqual([1, 0]);
  });

  test('to the memory, where nothing else counts', async () => {
    gateway = open('local');
    const mine = hitOf({ concurrent: 2 });
    const state = await gateway.take(mine);
    expect(gateway.heldIn(mine)).toBe(1);
    gateway.release(mine, state);
    expect([server.asked, server.released, gateway.heldIn(mine)]).toEqual([0, 0, 0]);
  });
});

describe('a client for whom the memory has no place', () => {
  /** Asks for so many clients, each up to its limit, and gives back what the last one was told. */
  async function fill(policy: OnUnavailable, limits: Partial<Hit['limits']>): Promise<CounterState[]> {
    const states: CounterState[] = [];
    for (let i = 0; i < 20 * CLIENTS; i++) states.push(await gateway.take(hitOf(limits, `${i}`), policy));
    return states;
  }

  test.each([{ perDay: 1 }, { concurrent: 1 }])(
    'is refused as one that cannot be counted: %j',
    async (limits) => {
      server.failure = 'away';
      const refused = (await fill('local', limits)).filter(({ admitted }) => !admitted);
      expect(refused.length).toBeGreaterThan(CLIENTS);
      for (const { degraded, problem } of refused) {
        expect(degraded).toBe('deny');
        expect(problem).toMatch(/^Redis is away\. .*place/);
      }
    },
  );

  test('is let pass by `allow`, which says so', async () => {
    server.failure = 'away';
    const states = await fill('allow', { perDay: 1 });
    expect(states.every(({ admitted, degraded }) => admitted && degraded === 'allow')).toBe(true);
  });

  test('is refused for its limit once it has a place', async () => {
    server.failure = 'away';
    const mine = hitOf({ perDay: 1 });
    await gateway.take(mine);
    expect(await gateway.take(mine)).toMatchObject({ admitted: false, degraded: 'local', window: 'day' });
  });

  test('is admitted while the store counts it', async () => {
    const states = await fill('local', { perMinute: 100 });
    expect(states.every(({ admitted, degraded }) => admitted && degraded === '')).toBe(true);
  });
});
