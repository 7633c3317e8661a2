import { expect, test } from 'vitest';
import { exchange, openRawClient, type RawClient } from '../support/raw-client.ts';
import { until } from '../support/test-gateway.ts';
import { openWorld, reasonOf, sendFrom } from './world.ts';

const HOST = 'Host: a.test\r\n';
const GET = `GET /t HTTP/1.1\r\n${HOST}\r\n`;

/** Sends one byte after the other until the connection ends or the text does. */
async function trickle(client: RawClient, text: string, everyMs: number): Promise<void> {
  for (const byte of text) {
    if (client.socket.destroyed || client.socket.readableEnded) return;
    await client.write(byte);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

test('a head that does not come is refused with 408, however busy the client looks', async () => {
  await using world = await openWorld({}, { limits: { headerTimeoutMs: 200 } });
  for (const begin of ['', 'GET /t HTTP/1.1\r\n', GET + GET.slice(0, 20)]) {
    const client = await openRawClient(world.port);
    await client.write(begin);
    const trickling = trickle(client, begin === '' ? '' : 'X-Slow: '.repeat(100), 20);
    const { responses, closed } = await client.read();
    expect(responses.at(-1)?.status).toBe(408);
    expect(closed).toBe('end');
    client.close();
    await trickling;
  }
  const records = await world.gateway.records(4);
  expect(records.map(reasonOf).sort()).toEqual([...Array(3).fill('protocol.timeout'), 'request.passed']);
});

test.each([
  ['a length', `POST /t HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nhello`],
  ['chunks', `POST /t HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`],
  ['nothing at all', `POST /t HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\n`],
])('a body that pauses too long (%s) is refused with 408', async (_name, request) => {
  await using world = await openWorld({}, { limits: { bodyIdleMs: 200 } });
  const { responses, closed } = await exchange(world.port, request);
  expect(responses.map(({ status }) => status)).toEqual([408]);
  expect(closed).toBe('end');
  expect((await world.gateway.records(1)).map(reasonOf)).toEqual(['protocol.timeout']);
  await until('the upstream connection ends', () => world.upstream.open === 0);
  expect(world.upstream.requests).toEqual([]);
});

test('a body that a check waits for may not pause either', async () => {
  await using world = await openWorld({}, (upstream) => ({
    limits: { bodyIdleMs: 200 },
    apis: [{ id: 'web', path: '/', upstream, authenticate: 'none', validate: { json: { maxDepth: 5 } } }],
  }));
  const head = `POST /t HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
  const { responses } = await exchange(world.port, head);
  expect(responses.map(({ status }) => status)).toEqual([408]);
  expect(world.upstream.bytes().every((bytes) => bytes.length === 0)).toBe(true);
});

test('an idle connection is closed, without an answer to nothing', async () => {
  await using world = await openWorld({}, { limits: { keepAliveMs: 100 } });
  const client = await openRawClient(world.port);
  await client.write(GET);
  const { responses, closed } = await client.read();
  expect(responses.map(({ status }) => status)).toEqual([200]);
  expect(closed).not.toBe('open');
  expect(await world.gateway.records(1)).toHaveLength(1);
});

test('a connection may be told not to wait at all', async () => {
  await using world = await openWorld({}, { limits: { keepAliveMs: 0 } });
  const { responses, closed } = await exchange(world.port, GET);
  expect(responses.map(({ status }) => status)).toEqual([200]);
  expect(closed).not.toBe('open');
});

test('the rest of a refused upload is not waited for', async () => {
  await using world = await openWorld({}, (upstream) => ({
    limits: { bodyIdleMs: 300 },
    apis: [{ id: 'web', path: '/', upstream, authenticate: { apiKey: {} } }],
  }));
  const client = await openRawClient(world.port);
  await client.write(`POST /t HTTP/1.1\r\n${HOST}Content-Length: 1000000\r\n\r\nhello`);
  expect((await client.read(1)).responses[0]?.status).toBe(401);
  const trickling = trickle(client, 'x'.repeat(100), 100);
  expect((await client.read(2, 9_000)).closed).not.toBe('open');
  client.close();
  await trickling;
});

test('a client that never reads makes the upstream wait, not the memory grow', async () => {
  let socketBytes = 0;
  const piece = Buffer.alloc(64 * 1024);
  await using world = await openWorld({
    respond: () => [
      { write: `HTTP/1.1 200 OK\r\nContent-Length: ${piece.length * 2_000}\r\n\r\n` },
      ...Array(2_000).fill({ write: piece }),
    ],
  });
  const client = await openRawClient(world.port);
  client.socket.pause();
  await client.write(GET);
  let settled = -1;
  await until('the answer stops flowing', async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = settled;
    settled = socketBytes = client.socket.bytesRead;
    return before === settled;
  });
  expect(socketBytes).toBeLessThan(10_000_000);
  client.socket.resetAndDestroy();
  expect((await world.gateway.records(1)).map(reasonOf)).toEqual(['request.aborted']);
});

test('one address cannot take all connections', async () => {
  await using world = await openWorld({}, { limits: { connectionsPerAddress: 5 } });
  const clients = await Promise.all(Array.from({ length: 5 }, () => openRawClient(world.port)));
  for (const client of clients) {
    await client.write(GET);
    expect((await client.read(1)).responses[0]?.status).toBe(200);
  }
  const extra = await openRawClient(world.port);
  await extra.write(GET);
  expect((await extra.read()).responses).toEqual([]);
  // Another address has its own.
  expect((await sendFrom('127.0.0.2', world.port, [GET], { expect: 1 })).responses[0]?.status).toBe(200);
  clients[0]?.close();
  await until('there is room again', async () => {
    const { responses } = await exchange(world.port, GET, { expect: 1 });
    return responses[0]?.status === 200;
  });
  for (const client of clients) client.close();
});

test('an empty line behind a request is not the beginning of another one', async () => {
  await using world = await openWorld({}, { limits: { keepAliveMs: 100, headerTimeoutMs: 400 } });
  const { responses, closed } = await exchange(world.port, `${GET}\r\n`);
  expect(responses.map(({ status }) => status)).toEqual([200]);
  expect(closed).not.toBe('open');
  expect(await world.gateway.records(1)).toHaveLength(1);
});
