import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { RedisLink } from '../../src/stores/redis/redis-link.ts';
import { Unanswered } from '../../src/stores/redis/unanswered.ts';
import { needs } from '../support/binaries.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { until } from '../support/test-gateway.ts';

const BUDGET_MS = 50;

describe.skipIf(!needs('redis-server', 'redis-server'))(
  'a connection whose server does not answer in time',
  () => {
    let redis: TestRedis;
    let link: RedisLink;
    let lost = 0;
    const problems: string[] = [];

    beforeAll(async () => {
      redis = await startRedis(['--enable-debug-command', 'local']);
    });
    afterAll(() => redis[Symbol.asyncDispose]());
    beforeEach(async () => {
      const settings = { url: redis.url, username: '', password: '', timeoutMs: BUDGET_MS };
      link = new RedisLink(settings, (sentence) => problems.push(sentence));
      link.onLost = () => void lost++;
      await link.open();
      lost = 0;
      problems.length = 0;
    });
    afterEach(() => link.close());

    const get = () => link.ask((client) => client.get('x'));
    /** Milliseconds until a command has failed, and with what. */
    async function failure(): Promise<{ ms: number; error: unknown }> {
      const startedMs = performance.now();
      const error = await get().then(
        () => null,
        (reason: unknown) => reason,
      );
      return { ms: performance.now() - startedMs, error };
    }

    test('makes one command wait for its time, and no other until it answers again', async () => {
      redis.freeze(true);
      try {
        const first = await failure();
        expect(first.error).toBeInstanceOf(Unanswered);
        expect(first.ms).toBeGreaterThanOrEqual(BUDGET_MS - 1);
        expect(link.problem).toContain('did not answer within');
        const rest = await Promise.all(Array.from({ length: 200 }, failure));
        for (const { error } of rest) expect(error).not.toBeInstanceOf(Unanswered);
        // They did not wait: that many would have taken four rounds else.
        expect(Math.min(...rest.map(({ ms }) => ms))).toBeLessThan(BUDGET_MS);
      } finally {
        redis.freeze(false);
      }
      await until('it is used again', async () => (await failure()).error === null);
      expect(link.problem).toBe('');
    });

    test('tells nobody of a single late answer', async () => {
      void redis.command('DEBUG SLEEP 0.15');
      await until('it was late', async () => (await failure()).error !== null);
      await until('it is used again', async () => (await failure()).error === null);
      expect([problems, lost]).toEqual([[], 0]);
    });

    test('replaces a connection that says nothing for a second, and tells', async () => {
      redis.freeze(true);
      try {
        await failure();
        await until('it was told', () => problems.length > 0 && lost > 0);
        expect(problems[0]).toContain('answered nothing');
      } finally {
        redis.freeze(false);
      }
      await until('it is used again', async () => (await failure()).error === null);
      expect(problems.at(-1)).toBe('');
    });

    test('does not take a busy thread for a server that is late', async () => {
      const asked = failure();
      await new Promise((resolve) => setTimeout(resolve, 5));
      const endMs = performance.now() + 3 * BUDGET_MS;
      while (performance.now() < endMs);
      expect((await asked).error).toBeNull();
      expect((await failure()).error).toBeNull();
    });

    test('notices that a server was replaced by another one', async () => {
      await redis.kill();
      await until('it was noticed', () => lost > 0);
      expect((await failure()).error).toBeInstanceOf(Unavailable);
      await redis.start();
      await until('it is used again', async () => (await failure()).error === null);
    });
  },
);
