import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, askAll } from '../support/ask.ts';
import { issuerBlock, startIssuer } from '../support/issuer.ts';
import { openRawClient } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';
import { type SeenWorkers, seeWorkers } from '../support/workers.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';

let upstream: RecordingUpstream;

beforeAll(async () => {
  upstream = await start();
});
afterAll(() => upstream.close());

const api = (more: object, id = 'web', path = '/') => ({
  id,
  path,
  upstream: `http://127.0.0.1:${upstream.port}`,
  ...more,
});
const twoThreads = (...apis: object[]) => plainConfig(upstream.port, { threads: 2, apis });
const key = (text: string) => `X-API-Key: ${text}\r\n`;
const bearer = (text: string) => `Authorization: Bearer ${text}\r\n`;

const threadsOf = (gateway: TestGateway) => gateway.gateway.services.status().threads;

/** Ends the latest thread that started, and waits for the one in its place. */
async function killAndWait(gateway: TestGateway, workers: SeenWorkers): Promise<void> {
  const restarts = () => threadsOf(gateway).reduce((sum, thread) => sum + thread.restarts, 0);
  const before = restarts();
  await workers.all.at(-1)?.terminate();
  await until('the thread is back', () => {
    return restarts() === before + 1 && threadsOf(gateway).every(({ state }) => state === 'running');
  });
}

test('the other thread serves on, and status and log tell of the restart', async () => {
  using workers = seeWorkers();
  await using gateway = await startTestGateway(twoThreads(api({ authenticate: 'none' })));
  const clients = await Promise.all(Array.from({ length: 24 }, () => openRawClient(gateway.port)));
  for (const client of clients) {
    await client.write(GET);
    expect((await client.read(1)).responses[0]?.status).toBe(200);
  }
  await workers.all[0]?.terminate();
  expect(gateway.gateway.services.status().threads.map(({ state }) => state)).toContain('running');
  let served = 0;
  for (const client of clients) {
    await client.write(GET);
    if ((await client.read(2)).responses[1]?.status === 200) served++;
    client.close();
  }
  expect(served).toBeGreaterThan(0);
  expect(served).toBeLessThan(24);
  await until('the thread is back', () => threadsOf(gateway)[0]?.restarts === 1);
  await until('it runs', () => threadsOf(gateway).every(({ state }) => state === 'running'));
  expect(await askAll(gateway.port)).toEqual({ 200: 24 });
  const status = (await (await gateway.admin('/v1/status')).json()) as { threads: object[]; problems: [] };
  expect(status).toMatchObject({ threads: [{ restarts: 1 }, { restarts: 0 }], problems: [] });
  expect(gateway.log.map(({ message }) => message).join()).toMatch(
    /thread 0 ended; it starts again.*runs again/s,
  );
});

test('a new thread has the plan in force and every key, also one created or revoked while it starts', async () => {
  using workers = seeWorkers();
  await using gateway = await startTestGateway(twoThreads(api({ authenticate: 'none' })));
  gateway.writeConfig(twoThreads(api({}), api({ authenticate: 'none' }, 'more', '/more')));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  const early = await gateway.createKey({ name: 'early' });
  const doomed = await gateway.createKey({ name: 'doomed' });
  await workers.all[0]?.terminate();
  expect(threadsOf(gateway)[0]?.state).toBe('dead');
  const meanwhile = await gateway.createKey({ name: 'meanwhile' });
  await until('the new thread starts', () => threadsOf(gateway)[0]?.state !== 'dead');
  expect(threadsOf(gateway)[0]?.state).toBe('starting');
  const [late, revoked] = await Promise.all([
    gateway.createKey({ name: 'late' }),
    gateway.admin(`/v1/keys/${doomed.id}`, { method: 'DELETE' }),
  ]);
  expect(revoked.status).toBe(200);
  await until('it runs', () => threadsOf(gateway).every(({ state }) => state === 'running'));
  for (const each of [early, meanwhile, late])
    expect(await askAll(gateway.port, key(each.key))).toEqual({ 200: 24 });
  expect(await askAll(gateway.port, key(doomed.key))).toEqual({ 401: 24 });
  expect(await askAll(gateway.port)).toEqual({ 401: 24 });
});

test('counters, key sets and what health checks found outlive a thread', async () => {
  using workers = seeWorkers();
  await using issuer = await startIssuer();
  const ill = await start({ respond: () => 'HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nill' });
  const targets = [upstream, ill].map(({ port }) => `http://127.0.0.1:${port}`);
  const health = { path: '/health', intervalMs: 100, unhealthyAfter: 1 };
  const config = twoThreads(
    api({ authenticate: 'none', rateLimit: { perHour: 30 } }),
    api({ authenticate: { jwt: { issuer: 'test', audience: 'api' } } }, 'tokens', '/tokens'),
    { ...api({ authenticate: 'none' }, 'health', '/health'), upstream: { targets, health } },
  );
  await using gateway = await startTestGateway({ ...config, issuers: [issuerBlock(issuer)] });
  await until('the target is out', () => gateway.gateway.services.status().problems.length === 1);
  expect(await askAll(gateway.port, '', 20)).toEqual({ 200: 20 });
  const token = bearer(issuer.sign());
  issuer.isDown = true;
  await killAndWait(gateway, workers);
  await killAndWait(gateway, workers);

  expect(await askAll(gateway.port, '', 40)).toEqual({ 200: 10, 429: 30 });
  const tokens = await Promise.all(Array.from({ length: 24 }, () => ask(gateway.port, token, '/tokens')));
  expect(new Set(tokens.map(({ status }) => status))).toEqual(new Set([200]));
  const checked = await Promise.all(Array.from({ length: 24 }, () => ask(gateway.port, '', '/health')));
  expect(new Set(checked.map(({ body }) => body))).toEqual(new Set(['ok']));
  await ill.close();
});

test('a thread that dies again and again under load, anywhere in its work, stops no other', async () => {
  using workers = seeWorkers();
  const config = twoThreads(api({ authenticate: 'none', rateLimit: { perHour: 900_000 } }));
  await using gateway = await startTestGateway(config);
  for (let round = 0; round < 4; round++) {
    const answers = Promise.allSettled(Array.from({ length: 60 }, () => ask(gateway.port)));
    await killAndWait(gateway, workers);
    await answers;
    expect(await askAll(gateway.port)).toEqual({ 200: 24 });
  }
});
