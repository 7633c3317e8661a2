import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CounterState, type Hit, NO_LIMITS, newCounterState } from '../../src/core/limits.ts';
import { RedisLimits } from '../../src/stores/redis/redis-limits.ts';
import { RedisLink } from '../../src/stores/redis/redis-link.ts';
import type { RemoteCounting } from '../../src/stores/redis/remote-limits.ts';
import { needs } from '../support/binaries.ts';
import { startCluster, type TestCluster } from '../support/redis-cluster.ts';
import { until } from '../support/test-gateway.ts';

describe.skipIf(!needs('redis-server', 'redis-server'))('limits in a cluster of six nodes', () => {
  let cluster: TestCluster;
  const opened: { close(): void }[] = [];

  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(async () => {
    for (const one of opened) one.close();
    await cluster?.[Symbol.asyncDispose]();
  });

  async function gateway() {
    const link = new RedisLink({ url: cluster.url, username: '', password: '', timeoutMs: 5000 }, () => {});
    const limits = new RedisLimits(link, { nowMs: () => Date.now() }, { share: 0.1, forMs: 1000 });
    opened.push(limits, link);
    await link.open();
    const take = async (
      hits: readonly Hit[],
      counting: RemoteCounting = 'strict',
    ): Promise<CounterState> => ({
      ...(await limits.take(hits, counting, Date.now(), newCounterState())),
    });
    return { limits, take };
  }
  const hitOf = (client: string, change: object, scope = 'tier'): Hit => ({
    scope,
    client,
    limits: { ...NO_LIMITS, ...change },
    cost: 1,
  });

  test.each(['strict', 'leased'] as const)(
    'two gateways admit the limit of every client, %s',
    async (counting) => {
      const gateways = await Promise.all([gateway(), gateway()]);
      const asked = Array.from({ length: 600 }, (_, i) => {
        const hits = ['tier', 'route'].map((scope) =>
          hitOf(`${counting} ${i % 12}`, { perMinute: 30, concurrent: 100 }, scope),
        );
        return (gateways[i % 2] as (typeof gateways)[number]).take(hits, counting);
      });
      const admitted = (await Promise.all(asked)).filter((state) => state.admitted).length;
      expect(admitted).toBeLessThanOrEqual(12 * 30);
      expect(admitted).toBeGreaterThanOrEqual(counting === 'strict' ? 12 * 30 : 12 * 28);
    },
  );

  test('hits of different clients are counted on their nodes, all or none', async () => {
    const { take } = await gateway();
    const clients = Array.from({ length: 8 }, (_, i) => hitOf(`wide ${i}`, { perMinute: 100 }));
    const narrow = hitOf('narrow', { perMinute: 5, concurrent: 50 });
    for (let i = 0; i < 20; i++) {
      const state = await take([...clients, narrow]);
      expect(state.admitted).toBe(i < 5);
      if (i >= 5) expect(state).toMatchObject({ hit: 8, window: 'minute', limit: 5 });
    }
    for (const client of clients) {
      let tries = 0;
      await until('what others admitted is given back', async () => {
        const { remaining } = await take([client]);
        return remaining === 100 - 5 - ++tries;
      });
    }
  });

  test('a client is on one node with all of its keys', async () => {
    const { limits, take } = await gateway();
    const hits = ['a', 'b', 'c'].map((scope) => hitOf('one client', { perMinute: 10, concurrent: 3 }, scope));
    expect((await take(hits)).admitted).toBe(true);
    expect(await take(hits)).toMatchObject({ remaining: 8 });
    expect((await take(hits)).admitted).toBe(true);
    expect(await take(hits)).toMatchObject({ admitted: false, window: 'concurrent' });
    for (const { scope, client } of hits) limits.release(scope, client, 'strict');
    await until('slots are free', async () => (await take(hits)).admitted);
  });
});
