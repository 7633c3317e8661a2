import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { exchange, openRawClient } from '../support/raw-client.ts';
import { until } from '../support/test-gateway.ts';
import { openPushing, type Pushing } from './pushing.ts';
import { openWorld, reasonOf, type World } from './world.ts';

const HOST = 'Host: a.test\r\n';
const GET = `GET /t HTTP/1.1\r\n${HOST}\r\n`;
const SLOW_OK = [{ waitMs: 100 }, { write: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' }] as const;

test('a client that ends its side after the request still gets the answer', async () => {
  await using world = await openWorld({ respond: () => SLOW_OK });
  for (const request of [GET, `POST /t HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`, GET + GET]) {
    const client = await openRawClient(world.port);
    await client.write(request);
    client.end();
    const { responses, closed } = await client.read();
    expect(responses.every(({ status, isComplete }) => status === 200 && isComplete)).toBe(true);
    expect(responses).toHaveLength(request === GET + GET ? 2 : 1);
    expect(closed).toBe('end');
  }
  expect((await world.gateway.records(4)).map(reasonOf)).toEqual(Array(4).fill('request.passed'));
});

test('a large answer arrives whole at a client that ended its side long before', async () => {
  const body = 'x'.repeat(8_000_000);
  await using world = await openWorld({
    respond: () => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  });
  for (const fields of ['', 'Connection: close\r\n']) {
    const client = await openRawClient(world.port);
    await client.write(`GET /t HTTP/1.1\r\n${HOST}${fields}\r\n`);
    client.socket.pause();
    client.end();
    await until('the upstream answered', () => world.upstream.requests.length > 0);
    client.socket.resume();
    const { responses } = await client.read();
    expect(responses[0]).toMatchObject({ status: 200, isComplete: true });
    expect(responses[0]?.body.length).toBe(body.length);
  }
});

test('half a request and the end of the connection is no request', async () => {
  await using world = await openWorld();
  for (const piece of ['', 'GE', GET.slice(0, -2), GET.slice(0, -1)]) {
    const client = await openRawClient(world.port);
    await client.write(piece);
    client.end();
    const { responses, closed } = await client.read();
    expect(responses).toEqual([]);
    expect(closed).toBe('end');
  }
  // What came before it is answered all the same.
  const client = await openRawClient(world.port);
  await client.write(GET + GET.slice(0, 30));
  client.end();
  expect((await client.read()).responses.map(({ status }) => status)).toEqual([200]);
  expect(world.upstream.requests).toHaveLength(1);
  expect(await world.gateway.records(1)).toHaveLength(1);
});

interface Point {
  readonly name: string;
  readonly send: string;
  /** Brings the upstream to the point at which the client leaves. */
  readonly upstream: (pushing: Pushing) => Promise<Socket>;
}

const POINTS: readonly Point[] = [
  { name: 'before the answer', send: GET, upstream: (pushing) => pushing.next() },
  {
    name: 'in the middle of its upload',
    send: `POST /t HTTP/1.1\r\n${HOST}Content-Length: 1000\r\n\r\nhello`,
    upstream: (pushing) => pushing.next(),
  },
  {
    name: 'in the middle of a chunk',
    send: `POST /t HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nff\r\nhello`,
    upstream: (pushing) => pushing.next(),
  },
  {
    name: 'in the middle of the answer',
    send: GET,
    upstream: async (pushing) => {
      const socket = await pushing.next();
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello');
      return socket;
    },
  },
];

async function openPoint(pushing: Pushing): Promise<World> {
  return openWorld({}, () => ({
    apis: [{ id: 'web', path: '/', upstream: pushing.origin, authenticate: 'none', retries: 2 }],
  }));
}

test.each(POINTS)(
  'a client that resets its connection $name ends the request to the upstream',
  async (point) => {
    await using pushing = await openPushing();
    await using world = await openPoint(pushing);
    const client = await openRawClient(world.port);
    await client.write(point.send);
    const socket = await point.upstream(pushing);
    if (point.name.endsWith('answer')) await client.read(1, 100);
    client.socket.resetAndDestroy();
    await until('the upstream connection ends', () => socket.destroyed);
    const records = await world.gateway.records(1);
    expect(records.map(reasonOf)).toEqual(['request.aborted']);
  },
);

test('a client that closes in the middle of its upload ends the request to the upstream', async () => {
  await using pushing = await openPushing();
  await using world = await openPoint(pushing);
  for (const { name, send, upstream } of POINTS.filter(({ send }) => send.startsWith('POST'))) {
    const client = await openRawClient(world.port);
    await client.write(send);
    const socket = await upstream(pushing);
    client.close();
    await until(`the upstream connection ends: ${name}`, () => socket.destroyed);
  }
  expect((await world.gateway.records(2)).map(reasonOf)).toEqual(Array(2).fill('request.aborted'));
});

test('of the pipelined requests of a client that leaves, the one under way has its record, the others never were', async () => {
  await using pushing = await openPushing();
  await using world = await openPoint(pushing);
  const client = await openRawClient(world.port);
  await client.write(GET.repeat(5));
  const socket = await pushing.next();
  client.socket.resetAndDestroy();
  await until('the upstream connection ends', () => socket.destroyed);
  expect((await world.gateway.records(1)).map(reasonOf)).toEqual(['request.aborted']);
  expect(pushing.count).toBe(1);
});

test('a client that closes while the answer waits for it leaves one record', async () => {
  await using world = await openWorld({
    respond: () => `HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n${'x'.repeat(50_000_000)}`,
  });
  const client = await openRawClient(world.port);
  client.socket.pause();
  await client.write(GET);
  await until('the upstream was asked', () => world.upstream.requests.length === 1);
  client.socket.resetAndDestroy();
  expect((await world.gateway.records(1)).map(reasonOf)).toEqual(['request.aborted']);
  await until('the upstream connection ends', () => world.upstream.open === 0);
  expect(
    (await exchange(world.port, GET.replace('GET', 'HEAD'), { methods: ['HEAD'], expect: 1 })).responses,
  ).toHaveLength(1);
});
