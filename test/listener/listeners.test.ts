import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { exchange, openRawClient, type RawClient } from '../support/raw-client.ts';
import { start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';
import { apiCertificate, tlsListener } from '../support/tls-world.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: api.test\r\n\r\n';

async function answers(port: number, host = '127.0.0.1'): Promise<number[]> {
  return (await exchange(port, REQUEST, { expect: 1, host })).responses.map(({ status }) => status);
}

test('several listeners serve side by side, and the journal names each', async () => {
  const upstream = await start();
  const { cert, key } = apiCertificate();
  const listeners = [
    { name: 'web', host: '127.0.0.1', port: 0 },
    { name: 'six', host: '::1', port: 0 },
    { name: 'local', host: 'localhost', port: 0 },
    { name: 'both', host: '::', port: 0 },
    tlsListener(1, { listener: { name: 'secure' } }),
  ];
  await using gateway = await startTestGateway(plainConfig(upstream.port, { listeners }), {
    '0.pem': cert,
    '0.key': key,
  });
  const { ports } = gateway.gateway;
  const portOf = (name: string): number => ports[name] as number;
  expect(await answers(portOf('web'))).toEqual([200]);
  expect(await answers(portOf('six'), '::1')).toEqual([200]);
  expect(await answers(portOf('local'), 'localhost')).toEqual([200]);
  expect(await answers(portOf('both'), '127.0.0.1')).toEqual([200]);
  expect(await answers(portOf('both'), '::1')).toEqual([200]);
  const secure = await exchange(portOf('secure'), REQUEST, { tls: {}, expect: 1 });
  expect(secure.responses.map(({ status }) => status)).toEqual([200]);

  const records = await gateway.records(6);
  const seen = records.map(({ portcullis, ...record }) => [portcullis.listener, record['client.ip']]);
  expect(seen).toEqual([
    ['web', '127.0.0.1'],
    ['six', '::1'],
    ['local', expect.stringMatching(/^(127\.0\.0\.1|::1)$/)],
    // Written as the IPv4 address it is, so that lists and limits know it.
    ['both', '127.0.0.1'],
    ['both', '::1'],
    ['secure', '127.0.0.1'],
  ]);
  await upstream.close();
});

test('two threads share a port, and both get connections', async () => {
  const upstream = await start();
  await using gateway = await startTestGateway(
    plainConfig(upstream.port, { threads: 2, limits: { connectionsPerAddress: 20 } }),
  );
  // The limit is per thread: that more than 20 are answered takes both.
  const clients: RawClient[] = [];
  let answered = 0;
  for (let i = 0; i < 40; i++) {
    const client = await openRawClient(gateway.port);
    clients.push(client);
    await client.write(REQUEST);
    answered += (await client.read(1)).responses.length;
  }
  expect(answered).toBeGreaterThan(20);
  expect(answered).toBeLessThanOrEqual(40);
  for (const client of clients) client.close();
  await upstream.close();
});

/** Opens connections and keeps them; resolves to how many the gateway kept too. */
async function heldOf(port: number, count: number): Promise<{ held: number; close: () => void }> {
  const sockets: Socket[] = [];
  const closed = new Set<Socket>();
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => closed.add(socket));
    sockets.push(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
  }
  const last = sockets.at(-1) as Socket;
  await until('the last one is closed', () => closed.has(last));
  return {
    held: sockets.length - closed.size,
    close: () => sockets.forEach((socket) => void socket.destroy()),
  };
}

async function rejectionsOf(gateway: { admin(path: string): Promise<Response> }): Promise<number> {
  const text = await (await gateway.admin('/metrics')).text();
  return Number(
    /portcullis_decisions_total\{stage="listener",reason="gateway.connections"[^}]*\} (\d+)/.exec(
      text,
    )?.[1] ?? 0,
  );
}

test.each([
  ['connections per address', { connectionsPerAddress: 3 }, []],
  ['connections in all', { maxConnections: 3 }, []],
  ['connections in all, for trusted proxies too', { maxConnections: 3 }, ['127.0.0.1']],
])('%s are bounded, counted, and free again when they close', async (_what, limits, trustedProxies) => {
  const upstream = await start();
  await using gateway = await startTestGateway(plainConfig(upstream.port, { limits, trustedProxies }));
  const { held, close } = await heldOf(gateway.port, 6);
  expect(held).toBe(3);
  await until('three rejections are counted', async () => (await rejectionsOf(gateway)) === 3);
  close();
  await until('there is room again', async () => (await answers(gateway.port)).length === 1);
  await upstream.close();
});

test('a trusted proxy carries many clients: only the total bounds it', async () => {
  const upstream = await start();
  const config = { limits: { connectionsPerAddress: 2, maxConnections: 8 }, trustedProxies: ['127.0.0.1'] };
  await using gateway = await startTestGateway(plainConfig(upstream.port, config));
  const { held, close } = await heldOf(gateway.port, 10);
  expect(held).toBe(8);
  close();
  await upstream.close();
});

test('the addresses of one IPv6 network are one client', async () => {
  const upstream = await start();
  const listeners = [{ name: 'web', host: '127.0.0.1', port: 0, proxyProtocol: true }];
  const config = { limits: { connectionsPerAddress: 1 }, trustedProxies: ['127.0.0.1'], listeners };
  await using gateway = await startTestGateway(plainConfig(upstream.port, config));
  const clients: RawClient[] = [];
  const isServed = async (address: string): Promise<boolean> => {
    const client = await openRawClient(gateway.port);
    clients.push(client);
    await client.write(`PROXY TCP6 ${address} 2001:db8:ffff::1 4711 443\r\n${REQUEST}`);
    return (await client.read(1)).responses.length === 1;
  };
  expect(await isServed('2001:db8:0:1::1')).toBe(true);
  expect(await isServed('2001:db8:0:1:ffff::2')).toBe(false);
  expect(await isServed('2001:db8:0:2::1')).toBe(true);
  for (const client of clients) client.close();
  await upstream.close();
});
