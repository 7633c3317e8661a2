import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHolding } from '../support/holding-upstream.ts';
import { startLoad } from '../support/load.ts';
import { exchange, openRawClient } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';

let upstream: RecordingUpstream;

beforeAll(async () => {
  upstream = await start();
});
afterAll(() => upstream.close());

/** A configuration that differs from its neighbours in everything a reload may change; `v<n>` tells which it is. */
function variant(n: number): Record<string, unknown> {
  const target = `http://127.0.0.1:${upstream.port}`;
  const listeners = [{ name: 'web', host: '127.0.0.1', port: 0 }];
  if (n % 4 >= 2) listeners.push({ name: 'extra', host: '127.0.0.1', port: 0 });
  return plainConfig(upstream.port, {
    threads: 2,
    listeners,
    limits: { headerBytes: 8192 + n, keepAliveMs: 30_000 + n, connectionsPerAddress: 1000 + (n % 2) },
    defaults: { timeouts: { firstByteMs: 20_000 + n } },
    apis: [
      {
        id: 'web',
        path: '/',
        upstream: { targets: [target], connections: 20 + (n % 5), keepAliveMs: 4000 + (n % 3) },
        authenticate: 'none',
        addressLimit: { perMinute: 900_000 + n },
        retries: n % 3,
      },
      { id: `v${n}`, path: `/v${n}`, upstream: target, authenticate: 'none' },
    ],
  });
}

/** Brings a configuration into force in one of three ways and waits until it is. */
async function bring(gateway: TestGateway, n: number): Promise<void> {
  gateway.writeConfig(variant(n));
  if (n % 3 === 0) await gateway.gateway.reload();
  if (n % 3 === 1) expect((await gateway.admin('/v1/reload', { method: 'POST' })).status).toBe(200);
  const isInForce = () => gateway.gateway.services.status().plan?.apis.includes(`v${n}`) === true;
  await until(`plan v${n}`, isInForce);
}

test('20 reloads in three ways under load fail no request', async () => {
  await using gateway = await startTestGateway(variant(0));
  const load = startLoad(gateway.port, { keeping: 4, fresh: 4 });
  for (let n = 1; n <= 20; n++) {
    await bring(gateway, n);
    const before = load.answered;
    await until('more answers', () => load.answered > before + 20);
    const { extra } = gateway.gateway.ports;
    expect(extra !== undefined).toBe(n % 4 >= 2);
    if (extra !== undefined)
      expect((await exchange(extra, GET, { expect: 1 })).responses[0]?.status).toBe(200);
    upstream.clear();
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThan(400);
  expect(gateway.gateway.services.status()).toMatchObject({
    threads: [{ restarts: 0 }, { restarts: 0 }],
    problems: [],
  });
  expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});

test('a request under way keeps its plan, its upstream and its connection', async () => {
  await using slow = await startHolding();
  await using gateway = await startTestGateway(plainConfig(slow.port));
  const client = await openRawClient(gateway.port);
  await client.write(GET);
  await until('the request is under way', () => slow.waiting === 1);

  gateway.writeConfig(plainConfig(upstream.port));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  const other = await exchange(gateway.port, GET, { expect: 1 });
  expect(other.responses[0]?.body.toString()).toBe('ok');
  expect(slow.open).toBe(1);

  slow.release('old');
  const { responses } = await client.read(1);
  expect(responses.map(({ status, body }) => [status, body.toString()])).toEqual([[200, 'old']]);
  // The plan that nobody uses any more gives its connections back; the client's connection goes on with the new one.
  await until('the old connection is closed', () => slow.open === 0);
  await client.write(GET);
  expect((await client.read(2)).responses[1]?.body.toString()).toBe('ok');
  client.close();
});

test('a connection of a listener that is gone gets one more answer', async () => {
  await using gateway = await startTestGateway(variant(2));
  const client = await openRawClient(gateway.gateway.ports.extra as number);
  await client.write(GET);
  expect((await client.read(1)).responses).toHaveLength(1);
  const port = gateway.gateway.ports.extra as number;
  gateway.writeConfig(variant(4));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  await client.write(GET);
  const { responses, closed } = await client.read(3);
  expect(responses.map(({ status }) => status)).toEqual([200, 200]);
  expect(closed).toBe('end');
  await expect(openRawClient(port)).rejects.toThrow('ECONNREFUSED');
});
