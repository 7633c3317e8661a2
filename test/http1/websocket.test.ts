import { expect, test } from 'vitest';
import { valuesOf } from '../support/message-reader.ts';
import { openRawClient, type RawClient } from '../support/raw-client.ts';
import { until } from '../support/test-gateway.ts';
import { openEcho } from './echo.ts';
import { openWorld, reasonOf } from './world.ts';

const HANDSHAKE = [
  'GET /chat HTTP/1.1',
  'Host: a.test',
  'Connection: keep-alive, Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
  '',
].join('\r\n');

/** Reads what comes after the switch until there are `count` bytes. */
async function readBytes(client: RawClient, count: number): Promise<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  await until(`${count} bytes`, async () => {
    ({ rest } = await client.read(Number.POSITIVE_INFINITY, 20));
    return rest.length >= count;
  });
  return rest;
}

const upgraded = (origin: string) => ({
  apis: [{ id: 'web', path: '/', upstream: origin, authenticate: 'none' }],
});

test('bytes pass both ways, those sent with the handshake too, and one record tells of it at the end', async () => {
  await using echo = await openEcho();
  await using world = await openWorld({}, upgraded(echo.origin));
  const client = await openRawClient(world.port);
  await client.write(`${HANDSHAKE}early`);
  const { responses } = await client.read(1);
  expect(responses[0]?.status).toBe(101);
  expect(valuesOf(responses[0] as never, 'upgrade')).toEqual(['websocket']);
  expect(
    valuesOf(responses[0] as never, 'connection')
      .join()
      .toLowerCase(),
  ).toBe('upgrade');
  expect((await readBytes(client, 5)).toString()).toBe('early');
  const large = Buffer.alloc(3_000_000, 'x');
  void client.write(large);
  const back = await readBytes(client, 5 + large.length);
  expect(back.subarray(5).equals(large)).toBe(true);
  expect(await world.gateway.records(0)).toEqual([]);
  client.close();
  const records = await world.gateway.records(1);
  expect(records.map(reasonOf)).toEqual(['request.passed']);
  expect(records[0]).toMatchObject({
    'http.response.status_code': 101,
    'http.request.body.bytes': 5 + large.length,
    'http.response.body.bytes': 5 + large.length,
  });
  await until('the upstream connection closes too', () => echo.open() === 0);
});

test('when the upstream ends the connection, so does the gateway', async () => {
  await using echo = await openEcho();
  await using world = await openWorld({}, upgraded(echo.origin));
  const client = await openRawClient(world.port);
  await client.write(HANDSHAKE);
  await client.read(1);
  echo.endAll();
  expect((await client.read()).closed).toBe('end');
  client.end();
  expect((await world.gateway.records(1)).map(reasonOf)).toEqual(['request.passed']);
});

test('a refusal comes before the switch, as an answer like any other', async () => {
  await using echo = await openEcho();
  await using world = await openWorld({}, () => ({
    apis: [{ id: 'web', path: '/', upstream: echo.origin, authenticate: { apiKey: {} } }],
  }));
  const client = await openRawClient(world.port);
  await client.write(`${HANDSHAKE}GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  const { responses, closed } = await client.read();
  expect(responses.map(({ status }) => status)).toEqual([401]);
  expect(closed).toBe('end');
  expect(echo.heads()).toEqual([]);
  expect((await world.gateway.records(1)).map(reasonOf)).toEqual(['authn.missing']);
});

test('an upgrade that the API does not list is refused', async () => {
  await using echo = await openEcho();
  await using world = await openWorld({}, () => ({
    apis: [{ id: 'web', path: '/', upstream: echo.origin, authenticate: 'none', protocol: { upgrades: [] } }],
  }));
  const client = await openRawClient(world.port);
  await client.write(HANDSHAKE);
  expect((await client.read()).responses.map(({ status }) => status)).toEqual([400]);
  expect(echo.heads()).toEqual([]);
});

test('what the upstream answers instead of switching reaches the client', async () => {
  const body = 'no'.repeat(500_000);
  await using world = await openWorld({
    respond: () => `HTTP/1.1 403 Forbidden\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  });
  const client = await openRawClient(world.port);
  await client.write(HANDSHAKE);
  const { responses, closed } = await client.read();
  expect(responses[0]).toMatchObject({ status: 403, isComplete: true });
  expect(closed).toBe('end');
  expect((await world.gateway.records(1)).map(reasonOf)).toEqual(['request.passed']);
});

test('an upgrade behind an unanswered request waits for its turn', async () => {
  await using world = await openWorld();
  const client = await openRawClient(world.port);
  await client.write(`GET /first HTTP/1.1\r\nHost: a.test\r\n\r\n${HANDSHAKE}`);
  const { responses } = await client.read(2);
  expect(responses.map(({ status }) => status)).toEqual([200, 200]);
  expect(world.upstream.requests.map((request) => valuesOf(request, 'upgrade'))).toEqual([[], ['websocket']]);
  expect((await client.read()).closed).toBe('end');
  client.close();
});

test('CONNECT behind an unanswered request is refused behind its answer', async () => {
  await using world = await openWorld();
  const client = await openRawClient(world.port);
  await client.write(
    'GET /first HTTP/1.1\r\nHost: a.test\r\n\r\nCONNECT b.test:80 HTTP/1.1\r\nHost: b.test:80\r\n\r\n',
  );
  const { responses, closed } = await client.read();
  expect(responses.map(({ status }) => status)).toEqual([200, 405]);
  expect(closed).toBe('end');
  expect((await world.gateway.records(2)).map(reasonOf).sort()).toEqual([
    'protocol.method',
    'request.passed',
  ]);
});

test('a client that leaves while the upstream thinks about the switch leaves nothing behind', async () => {
  await using world = await openWorld({ respond: () => null });
  const client = await openRawClient(world.port);
  await client.write(HANDSHAKE);
  await until('the upstream was asked', () => world.upstream.requests.length === 1);
  client.socket.resetAndDestroy();
  expect((await world.gateway.records(1)).map(reasonOf)).toEqual(['request.aborted']);
  await until('the upstream connection closes', () => world.upstream.open === 0);
});

test.each([
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Upgrade: other\r\n',
  'Connection: close\r\n',
])('a switch that says something else as well (%j) is refused', async (field) => {
  const lines = ['Upgrade: websocket\r\n', 'Connection: Upgrade\r\n'];
  const kept = lines.filter((line) => line.split(':')[0] !== field.split(':')[0]);
  const switched = `HTTP/1.1 101 Switching Protocols\r\n${kept.join('')}${field}\r\n`;
  await using world = await openWorld({ respond: () => switched });
  const client = await openRawClient(world.port);
  await client.write(HANDSHAKE);
  const { responses, closed } = await client.read();
  expect(responses.map(({ status }) => status)).toEqual([502]);
  expect(closed).toBe('end');
  expect((await world.gateway.records(1)).map(reasonOf)).toEqual(['upstream.invalid']);
});

const OTHER = (method: string): string =>
  `${method} /exec HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`;

test.each(['GET', 'POST'])('another protocol that the API lists can be switched to by %s', async (method) => {
  await using world = await openWorld(
    {
      respond: () =>
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nhello',
    },
    (upstream) => ({
      apis: [{ id: 'web', path: '/', upstream, authenticate: 'none', protocol: { upgrades: ['spdy/3.1'] } }],
    }),
  );
  const client = await openRawClient(world.port);
  await client.write(OTHER(method));
  expect((await client.read(1)).responses[0]?.status).toBe(101);
  expect((await readBytes(client, 5)).toString()).toBe('hello');
  expect(world.upstream.requests.map((request) => valuesOf(request, 'upgrade'))).toEqual([['spdy/3.1']]);
  client.close();
});

test('one that the API does not list is served as if it had not asked, and the connection goes on', async () => {
  await using world = await openWorld();
  const client = await openRawClient(world.port);
  await client.write(OTHER('GET') + OTHER('POST'));
  expect((await client.read(2)).responses.map(({ status }) => status)).toEqual([200, 200]);
  expect(world.upstream.requests.map((request) => valuesOf(request, 'upgrade'))).toEqual([[], []]);
  client.close();
});
