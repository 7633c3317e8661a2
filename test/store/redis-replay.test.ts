import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RedisLink } from '../../src/stores/redis/redis-link.ts';
import { type OnFailure, RedisReplay } from '../../src/stores/redis/redis-replay.ts';
import { createReplayTable } from '../../src/stores/shared/replay-table.ts';
import { SharedReplay } from '../../src/stores/shared/shared-replay.ts';
import { needs } from '../support/binaries.ts';
import { freePorts } from '../support/free-ports.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { until } from '../support/test-gateway.ts';

const MINUTE_MS = 60_000;
const hasRedis = needs('redis-server', 'redis-server');

describe.skipIf(!hasRedis)('used identifiers in Redis', () => {
  let redis: TestRedis;
  const opened: RedisLink[] = [];
  const problems: string[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(() => {
    for (const link of opened.splice(0)) link.close();
    problems.length = 0;
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
  });

  /** The memory of one gateway, with a clock of its own. */
  async function gateway(onFailure: OnFailure = 'refuse', change: object = {}) {
    const clock = { offsetMs: 0, nowMs: () => Date.now() + clock.offsetMs };
    const local = new SharedReplay(createReplayTable({ entries: 1000 }), clock);
    const settings = { url: redis.url, username: '', password: '', timeoutMs: 500, ...change };
    const link = new RedisLink(settings, (sentence) => problems.push(sentence));
    opened.push(link);
    await link.open();
    return { clock, link, replay: new RedisReplay(link, local, clock, onFailure) };
  }
  const inAnHour = () => Date.now() + 60 * MINUTE_MS;
  let ids = 0;
  const newId = () => `id-${++ids}`;

  test('an identifier is accepted once by all gateways together', async () => {
    const gateways = await Promise.all([gateway(), gateway(), gateway()]);
    const id = newId();
    const verdicts = await Promise.all(
      Array.from({ length: 60 }, (_, at) => gateways[at % 3]!.replay.once('jwt', id, inAnHour())),
    );
    expect(verdicts.filter((verdict) => verdict === 'accepted')).toHaveLength(1);
    expect(verdicts.filter((verdict) => verdict === 'replayed')).toHaveLength(59);
    expect(await gateways[0]!.replay.once('other', id, inAnHour())).toBe('accepted');
  });

  test('what was of no use may come again', async () => {
    const [{ replay: a }, { replay: b }] = await Promise.all([gateway(), gateway()]);
    const id = newId();
    await a.once('jwt', id, inAnHour());
    await b.forget('jwt', id);
    expect(await a.once('jwt', id, inAnHour())).toBe('accepted');
  });

  test('Redis lets an identifier end with its time', async () => {
    const { replay } = await gateway();
    const id = newId();
    expect(await replay.once('jwt', id, Date.now() + 30)).toBe('accepted');
    await until('it ended', async () => (await replay.once('jwt', id, inAnHour())) === 'accepted');
  });

  test('all gateways agree on one binding', async () => {
    const [{ replay: a }, { replay: b }] = await Promise.all([gateway(), gateway()]);
    const id = newId();
    const use = async (replay: RedisReplay, binding: string) =>
      replay.bound('jwt', id, binding, inAnHour(), 5 * MINUTE_MS);
    expect(await use(a, 'x')).toBe('accepted');
    expect(await use(b, 'y')).toBe('replayed');
    expect(await use(b, 'x')).toBe('accepted');
    expect(await use(a, 'x')).toBe('accepted');
  });

  test('a binding that came moments ago is not asked about', async () => {
    const { clock, replay } = await gateway();
    const id = newId();
    const use = () => replay.bound('jwt', id, 'x', inAnHour(), 5 * MINUTE_MS);
    expect(use()).toBeInstanceOf(Promise);
    await until('it is known', () => !(use() instanceof Promise));
    expect(use()).toBe('accepted');
    expect(replay.bound('jwt', id, 'y', inAnHour(), 5 * MINUTE_MS)).toBe('replayed');
    clock.offsetMs += 31_000;
    expect(use()).toBeInstanceOf(Promise);
  });

  test('no other gateway gives a binding away while one relies on it unasked', async () => {
    await redis.command('FLUSHALL');
    const { replay } = await gateway();
    const id = newId();
    await replay.bound('jwt', id, 'x', inAnHour(), 60_000);
    const [, ttl] = /:(\d+)/.exec(await redis.command(`PTTL ${await keyOf(redis)}`)) ?? [];
    expect(Number(ttl)).toBeGreaterThan(89_000 - 5_000);
    expect(Number(ttl)).toBeLessThanOrEqual(90_000);
  });

  test('a shorter window does not shorten what a longer one needs', async () => {
    const [{ replay: a }, { replay: b }] = await Promise.all([gateway(), gateway()]);
    const id = newId();
    await redis.command('FLUSHALL');
    await a.bound('jwt', id, 'x', inAnHour(), 30 * MINUTE_MS);
    await b.bound('jwt', id, 'x', inAnHour(), MINUTE_MS);
    const [, ttl] = /:(\d+)/.exec(await redis.command(`PTTL ${await keyOf(redis)}`)) ?? [];
    expect(Number(ttl)).toBeGreaterThan(29 * MINUTE_MS);
  });

  test('scripts that the server lost are sent again', async () => {
    const { replay } = await gateway();
    await redis.command('SCRIPT FLUSH');
    expect(await replay.bound('jwt', newId(), 'x', inAnHour(), MINUTE_MS)).toBe('accepted');
  });

  test('neither identifiers nor bindings are readable in Redis', async () => {
    await redis.command('FLUSHALL');
    const { replay } = await gateway();
    await replay.bound('jwt company', 'the-jti', '192.0.2.0/24 curl', inAnHour(), MINUTE_MS);
    const key = await keyOf(redis);
    expect(key).toMatch(/^portcullis:replay:[A-Za-z0-9_-]{43}$/);
    expect(await redis.command(`GET ${key}`)).not.toContain('curl');
  });

  test('a server that is gone refuses, says why, and is used again when it is back', async () => {
    const { replay } = await gateway();
    await redis.kill();
    const id = newId();
    expect(await replay.once('jwt', id, inAnHour())).toBe('unavailable');
    expect(replay.problem).toContain(redis.url);
    expect(await replay.bound('jwt', id, 'x', inAnHour(), MINUTE_MS)).toBe('unavailable');
    await redis.start();
    await until(
      'it is used again',
      async () => (await replay.once('jwt', newId(), inAnHour())) === 'accepted',
    );
    expect(problems.at(-1)).toBe('');
  });

  test('a server that does not answer refuses in time, and is connected to anew', async () => {
    const { replay } = await gateway('refuse', { timeoutMs: 50 });
    redis.freeze(true);
    const startedAtMs = performance.now();
    expect(await replay.once('jwt', newId(), inAnHour())).toBe('unavailable');
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
    expect(replay.problem).toContain('within 50 ms');
    await until('it was given up', async () => {
      await replay.once('jwt', newId(), inAnHour());
      return !replay.problem.includes('within');
    });
    redis.freeze(false);
    await until(
      'it is used again',
      async () => (await replay.once('jwt', newId(), inAnHour())) === 'accepted',
    );
  });

  test('with `local` each gateway decides alone while the server is gone', async () => {
    const [{ replay: a }, { replay: b }] = await Promise.all([gateway('local'), gateway('local')]);
    await redis.kill();
    const id = newId();
    expect(await a.once('jwt', id, inAnHour())).toBe('accepted');
    expect(await a.once('jwt', id, inAnHour())).toBe('replayed');
    expect(await b.once('jwt', id, inAnHour())).toBe('accepted');
    expect(await a.bound('jwt', newId(), 'x', inAnHour(), MINUTE_MS)).toBe('accepted');
    await redis.start();
  });

  test('a server that may evict what is remembered is told of', async () => {
    await redis.command('CONFIG SET maxmemory 50mb');
    await redis.command('CONFIG SET maxmemory-policy allkeys-lru');
    await gateway();
    await until('it is told', () => problems.some((sentence) => sentence.includes('allkeys-lru')));
    await redis.command('CONFIG SET maxmemory-policy noeviction');
  });

  test('a cluster does the same', async () => {
    const [bus] = (await freePorts(1)) as [number];
    await using node = await startRedis([
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      `${bus}`,
      '--cluster-announce-ip',
      '127.0.0.1',
    ]);
    await node.command('CLUSTER ADDSLOTSRANGE 0 16383');
    await until('the cluster is whole', async () =>
      (await node.command('CLUSTER INFO')).includes('state:ok'),
    );
    const { replay } = await gateway('refuse', { url: `redis+cluster://127.0.0.1:${node.port}` });
    for (let i = 0; i < 20; i++) {
      const id = newId();
      const verdicts = [await replay.once('jwt', id, inAnHour()), await replay.once('jwt', id, inAnHour())];
      expect(verdicts).toEqual(['accepted', 'replayed']);
      expect(await replay.bound('jwt', newId(), 'x', inAnHour(), MINUTE_MS)).toBe('accepted');
    }
    await node.kill();
    expect(await replay.once('jwt', newId(), inAnHour())).toBe('unavailable');
  });

  test('a password is sent, and a wrong one is a problem that does not show it', async () => {
    await using guarded = await startRedis(['--requirepass', 'right-secret']);
    const { replay } = await gateway('refuse', { url: guarded.url, password: 'right-secret' });
    expect(await replay.once('jwt', newId(), inAnHour())).toBe('accepted');
    const { replay: wrong } = await gateway('refuse', { url: guarded.url, password: 'wrong-secret' });
    expect(await wrong.once('jwt', newId(), inAnHour())).toBe('unavailable');
    expect(problems.join()).not.toContain('secret');
    expect(wrong.problem).toContain(guarded.url);
  });
});

async function keyOf(redis: TestRedis): Promise<string> {
  const [, key = ''] = /(portcullis:replay:\S+)/.exec(await redis.command('KEYS portcullis:replay:*')) ?? [];
  return key;
}
