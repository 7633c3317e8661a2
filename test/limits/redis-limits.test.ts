import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CounterState, type Hit, type Limits, NO_LIMITS, newCounterState } from '../../src/core/limits.ts';
import { buildLimitScript } from '../../src/stores/redis/limit-script.ts';
import { RedisLimits } from '../../src/stores/redis/redis-limits.ts';
import { RedisLink } from '../../src/stores/redis/redis-link.ts';
import type { RemoteCounting } from '../../src/stores/redis/remote-limits.ts';
import { needs } from '../support/binaries.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { until } from '../support/test-gateway.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START_MS = 1_700_000_000_000;
const hasRedis = needs('redis-server', 'redis-server');

/** The script as it is, but for a clock of the server that tests set. */
const TIMED = buildLimitScript("local now = tonumber(redis.call('GET', 'test:now'))");

const limitsOf = (change: Partial<Limits>): Limits => ({ ...NO_LIMITS, ...change });
const hitOf = (limits: Limits, change: Partial<Hit> = {}): Hit => ({
  scope: 'tier',
  client: 'a client',
  limits,
  cost: 1,
  ...change,
});

describe.skipIf(!hasRedis)('limits in Redis', () => {
  let redis: TestRedis;
  const opened: { close(): void }[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    await setServerClock(START_MS);
  });
  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
  });

  const setServerClock = (ms: number) => redis.command(`SET test:now ${ms}`);

  /** One gateway, whose clock is off by so much. */
  async function gateway({ offMs = 0, url = redis.url, lease = { share: 0.1, forMs: 1000 }, script = TIMED } = {}) {
    const link = new RedisLink({ url, username: '', password: '', timeoutMs: 2000 }, () => {});
    const clock = { nowMs: () => START_MS + offMs };
    const limits = new RedisLimits(link, clock, lease, script);
    opened.push(limits, link);
    await link.open();
    const take = async (hits: readonly Hit[], counting: RemoteCounting = 'strict'): Promise<CounterState> => ({
      ...(await limits.take(hits, counting, clock.nowMs(), newCounterState())),
    });
    return { link, limits, clock, take };
  }

  const admittedOf = (states: readonly CounterState[]) => states.filter(({ admitted }) => admitted).length;

  describe('strict', () => {
    test('counts down, refuses, and says exactly when there is room again', async () => {
      const { take } = await gateway();
      const hit = hitOf(limitsOf({ perMinute: 3 }));
      const states = [];
      for (let i = 0; i < 4; i++) {
        await setServerClock(START_MS + 10_000 * i);
        states.push(await take([hit]));
      }
      expect(states.map(({ admitted, remaining }) => [admitted, remaining])).toEqual([
        [true, 2],
        [true, 1],
        [true, 0],
        [false, 0],
      ]);
      expect(states[3]).toMatchObject({ window: 'minute', limit: 3, hit: 0 });
      const waitMs = (states[3] as CounterState).resetMs - START_MS;
      await setServerClock(START_MS + 30_000 + waitMs - 1);
      expect((await take([hit])).admitted).toBe(false);
      await setServerClock(START_MS + 30_000 + waitMs);
      expect((await take([hit])).admitted).toBe(true);
    });
  });
});
