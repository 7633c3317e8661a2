import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, askAll } from '../support/ask.ts';
import { gatewayFolder } from '../support/gateway-folder.ts';
import { startHolding } from '../support/holding-upstream.ts';
import { valuesOf } from '../support/message-reader.ts';
import { openRawClient } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, until } from '../support/test-gateway.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';
const DRAIN_MS = 20_000;

let upstream: RecordingUpstream;

beforeAll(async () => {
  upstream = await start();
});
afterAll(() => upstream.close());

test('SIGTERM: what is under way finishes, nothing new begins, and the process ends with 0', async () => {
  await using slow = await startHolding();
  using folder = gatewayFolder(plainConfig(slow.port, { threads: 2, limits: { drainMs: DRAIN_MS } }));
  const gateway = await folder.start();
  const clients = await Promise.all(Array.from({ length: 8 }, () => openRawClient(gateway.port)));
  for (const client of clients) await client.write(GET);
  const idle = await openRawClient(gateway.port);
  await until('all are under way', () => slow.waiting === 8);

  const startMs = performance.now();
  gateway.process.kill('SIGTERM');
  const ended = await idle.read(1, DRAIN_MS);
  expect(ended.closed).toBe('end');
  const isRefused = () =>
    openRawClient(gateway.port).then(
      (client) => client.close(),
      () => true,
    );
  await until('connections are refused', async () => (await isRefused()) === true);
  const ready = await gateway.admin('/readyz');
  expect(ready.status).toBe(503);
  expect(await ready.text()).toContain('The gateway is stopping.');
  expect(gateway.process.exitCode).toBe(null);

  slow.release('late');
  for (const client of clients) {
    const { responses, closed } = await client.read(2, DRAIN_MS);
    expect(responses.map(({ status, body }) => [status, body.toString()])).toEqual([[200, 'late']]);
    expect(valuesOf(responses[0] as never, 'connection')).toEqual(['close']);
    expect(closed).toBe('end');
    client.close();
  }
  idle.close();
  expect((await gateway.ended).code).toBe(0);
  expect(performance.now() - startMs).toBeLessThan(DRAIN_MS);
  expect(folder.records().map((record) => record.portcullis.decision.reason)).toEqual(
    Array.from({ length: 8 }, () => 'request.passed'),
  );
});

test('SIGTERM: what hangs is cut at drainMs, and has its record', async () => {
  await using slow = await startHolding();
  using folder = gatewayFolder(plainConfig(slow.port, { limits: { drainMs: 300 } }));
  const gateway = await folder.start();
  const client = await openRawClient(gateway.port);
  await client.write(GET);
  await until('it is under way', () => slow.waiting === 1);
  const startMs = performance.now();
  gateway.process.kill('SIGTERM');
  expect((await client.read(1, 10_000)).responses).toEqual([]);
  expect((await gateway.ended).code).toBe(0);
  expect(performance.now() - startMs).toBeGreaterThan(300);
  expect(performance.now() - startMs).toBeLessThan(5_000);
  client.close();
  expect(folder.records()).toHaveLength(1);
});

test('no record and no use of a key is lost by a stop right after the answers', async () => {
  using folder = gatewayFolder(
    plainConfig(upstream.port, {
      threads: 2,
      apis: [{ id: 'web', path: '/', upstream: `http://127.0.0.1:${upstream.port}` }],
    }),
  );
  const first = await folder.start();
  const response = await first.admin('/v1/keys', { method: 'POST', body: JSON.stringify({ name: 'a' }) });
  const { key, record } = (await response.json()) as { key: string; record: { id: string } };
  for (let i = 0; i < 10; i++) expect(await askAll(first.port, `X-API-Key: ${key}\r\n`)).toEqual({ 200: 24 });
  first.process.kill('SIGINT');
  expect((await first.ended).code).toBe(0);
  expect(folder.records()).toHaveLength(240);

  const second = await folder.start();
  const shown = (await (await second.admin(`/v1/keys/${record.id}`)).json()) as {
    usage: { requests: number };
  };
  expect(shown.usage.requests).toBe(240);
  expect(await ask(second.port, `X-API-Key: ${key}\r\n`)).toMatchObject({ status: 200 });
  second.process.kill('SIGTERM');
  await second.ended;
});
