import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, vi } from 'vitest';
import type { LimitStore } from '../../src/core/limits.ts';
import { buildLimitScript } from '../../src/stores/redis/limit-script.ts';
import { RedisLimits } from '../../src/stores/redis/redis-limits.ts';
import { RedisLink } from '../../src/stores/redis/redis-link.ts';
import { needs } from '../support/binaries.ts';
import { type LimitWorld, testLimitStore } from '../support/limit-store-suite.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';

/** Slots are renewed by timers, which no clock here turns, so they last. */
const TIMED_TEXT = buildLimitScript("local now = tonumber(redis.call('GET', 'test:now'))").text.replace(
  '10000, 10000,',
  '10000, 1e12,',
);
const TIMED = { text: TIMED_TEXT, sha: hash('sha1', TIMED_TEXT) };
const RULE = { counting: 'strict', onUnavailable: 'deny' } as const;
const LEASE = { share: 0.3, forMs: 1000 };

describe.skipIf(!needs('redis-server', 'redis-server'))('Redis', () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
    // The suite turns the clock of the server, the one of the gateway and the one that nobody sets.
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterAll(async () => {
    vi.useRealTimers();
    await redis[Symbol.asyncDispose]();
  });

  /** So many gateways on the server, and a way to turn all clocks. */
  async function openGateways(count: number) {
    let nowMs = 1_699_920_000_000;
    const opened = Array.from({ length: count }, async () => {
      const link = new RedisLink({ url: redis.url, username: '', password: '', timeoutMs: 5000 }, () => {});
      await link.open();
      return { link, limits: new RedisLimits(link, { nowMs: () => nowMs }, LEASE, TIMED) };
    });
    const gateways = await Promise.all(opened);
    const [{ link }] = gateways as [(typeof gateways)[number]];
    const setClock = () => link.ask((client) => client.set('test:now', nowMs));
    await setClock();
    return {
      gateways,
      nowMs: () => nowMs,
      async advance(ms: number) {
        nowMs += ms;
        vi.advanceTimersByTime(ms);
        await setClock();
      },
      /** Waits until all that was sent has arrived. */
      async settle() {
        await new Promise(setImmediate);
        for (const gateway of gateways) await gateway.link.ask((client) => client.ping());
      },
      close() {
        for (const { limits } of gateways) limits.close();
        for (const gateway of gateways) gateway.link.close();
      },
    };
  }

  async function open(): Promise<LimitWorld> {
    const { gateways, ...world } = await openGateways(1);
    const [{ limits }] = gateways as [(typeof gateways)[number]];
    const store: LimitStore = {
      take: (hits, _rule, atMs, state) => limits.take(hits, 'strict', atMs, state),
      release: (scope, client) => limits.release(scope, client, 'strict'),
      giveBack: (hit, _rule, takenMs, atMs) => limits.giveBack(hit, takenMs, atMs),
    };
    return { store, ...world };
  }

  testLimitStore('strict', { open, rule: RULE, runs: 40 });
});
