import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getHead, type Http2Client, openHttp2Client, TYPE } from '../support/http2-client.ts';
import type { Reply } from '../support/recording-upstream.ts';
import { type JournalRecord, until } from '../support/test-gateway.ts';
import { openTlsWorld, type TlsWorld } from '../support/tls-world.ts';

const KEEP_ALIVE_MS = 1_200;
const LIMITS = { keepAliveMs: KEEP_ALIVE_MS, headerTimeoutMs: 800, drainMs: 5_000 };
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const BIG_BYTES = 400_000;

const REPLIES: Readonly<Record<string, Reply>> = {
  '/never': null,
  '/slow': [{ waitMs: 600 }, { write: OK }],
  '/big': `HTTP/1.1 200 OK\r\nContent-Length: ${BIG_BYTES}\r\n\r\n${'x'.repeat(BIG_BYTES)}`,
};
const respond = ({ target }: { target: string }): Reply =>
  target in REPLIES ? (REPLIES[target] as Reply) : OK;

let world: TlsWorld;

beforeAll(async () => {
  world = await openTlsWorld({ config: { limits: LIMITS }, upstream: { respond } });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const closing = (client: Http2Client): Promise<void> =>
  until('the connection is closed', () => client.closed !== 'open', 5_000);

describe('connections on which nothing is asked are closed', () => {
  test.each<[string, (client: Http2Client) => unknown]>([
    ['without a word', () => null],
    ['after a request', (client) => client.head(1, getHead())],
    [
      'with PINGs all the time',
      (client) => repeat(client, () => client.send(TYPE.PING, 0, 0, Buffer.alloc(8))),
    ],
    ['with a head that never ends', (client) => trickle(client)],
  ])('%s', async (_what, act) => {
    using client = await openHttp2Client(world.port);
    act(client);
    await closing(client);
  });

  test('without even a preface', async () => {
    using client = await openHttp2Client(world.port, { isPolite: false });
    await closing(client);
  });

  test('one with a request under way is not', async () => {
    using client = await openHttp2Client(world.port);
    client.head(1, getHead({ ':path': '/never' }));
    await new Promise((resolve) => setTimeout(resolve, 2 * KEEP_ALIVE_MS));
    client.head(3, getHead());
    expect((await client.finished(3)).status).toBe(200);
  });

  test('none of them is counted as open afterwards', async () => {
    await until('no connection is open', async () => {
      const text = await (await world.gateway.admin('/metrics')).text();
      return text.includes('\nportcullis_connections 0\n');
    });
  });
});

function repeat(client: Http2Client, act: () => void): void {
  const timer = setInterval(() => (client.closed === 'open' ? act() : clearInterval(timer)), 50);
}

/** Announces a head of 4,096 bytes and sends a byte now and then. */
function trickle(client: Http2Client): void {
  client.socket.write(Buffer.of(0, 16, 0, TYPE.HEADERS, 5, 0, 0, 0, 1));
  repeat(client, () => client.socket.write(Buffer.of(0)));
}

/** The records of one path, which each test has for itself. */
async function recordsOf(path: string, count: number): Promise<JournalRecord[]> {
  let found: JournalRecord[] = [];
  await until(`${count} records of ${path}`, async () => {
    found = (await world.gateway.records(0)).filter((record) => record['url.path'] === path);
    return found.length >= count;
  });
  return found;
}

describe('a client that goes away in the middle of its body', () => {
  test.each<[string, (client: Http2Client) => void]>([
    ['cancel', (client) => client.reset(1, 8)],
    ['reset-without-error', (client) => client.reset(1, 0)],
    ['fin', (client) => client.socket.end()],
    ['destroyed', (client) => client.close()],
  ])('%s: the upstream sees no complete request, the journal one that was aborted', async (how, leave) => {
    world.upstream.clear();
    using client = await openHttp2Client(world.port);
    client.head(1, getHead({ ':method': 'POST', ':path': `/left-${how}` }), 0);
    client.data(1, 'half of it', 0);
    const arrived = (): boolean => Buffer.concat([...world.upstream.bytes()]).includes('half of it');
    await until('the first half is at the upstream', arrived);
    leave(client);
    const [record] = await recordsOf(`/left-${how}`, 1);
    expect(record?.portcullis.decision.reason).toBe('request.aborted');
    await until('the connection to the upstream is cut', () => world.upstream.open === 0);
    expect(world.upstream.requests).toHaveLength(0);
  });

  test('a reset before the answer is one record and no answer', async () => {
    using client = await openHttp2Client(world.port);
    client.head(1, getHead({ ':path': '/never' }));
    await until('the upstream was asked', () =>
      world.upstream.requests.some(({ target }) => target === '/never'),
    );
    const before = (await recordsOf('/never', 0)).length;
    client.reset(1, 8);
    expect((await recordsOf('/never', before + 1)).at(-1)).toMatchObject({ 'http.response.status_code': 0 });
  });
});

test('a hundred streams at once leave a hundred records', async () => {
  using client = await openHttp2Client(world.port);
  const streams = Array.from({ length: 100 }, (_, i) => 2 * i + 1);
  for (const stream of streams) client.head(stream, getHead({ ':path': '/crowd' }));
  const answers = await Promise.all(streams.map((stream) => client.finished(stream)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(await recordsOf('/crowd', 100)).toHaveLength(100);
});

test('streams above the announced number are refused, the others are answered (5.1.2)', async () => {
  using client = await openHttp2Client(world.port);
  const streams = Array.from({ length: 160 }, (_, i) => 2 * i + 1);
  for (const stream of streams) client.head(stream, getHead({ ':path': '/slow' }));
  const answers = await Promise.all(streams.map((stream) => client.finished(stream)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(128);
  expect(answers.filter(({ reset }) => reset === 7)).toHaveLength(32);
});

describe('windows', () => {
  test('a closed window holds the body back, and it goes on when it opens', async () => {
    using client = await openHttp2Client(world.port, { windowBytes: 0 });
    client.head(1, getHead());
    await until('the head is there', () => client.answer(1).status === 200);
    expect(client.answer(1).body).toHaveLength(0);
    client.openWindow(1, 1);
    await until('one byte is there', () => client.answer(1).body.length === 1);
    client.openWindow(1, 10);
    expect((await client.finished(1)).body.toString()).toBe('ok');
  });

  test('a large answer stops at the window and holds the upstream back', async () => {
    using client = await openHttp2Client(world.port, { windowBytes: 1_000 });
    client.head(1, getHead({ ':path': '/big' }));
    await until('the window is full', () => client.answer(1).body.length === 1_000);
    client.head(3, getHead());
    expect((await client.finished(3)).body.toString()).toBe('ok');
    client.openWindow(0, BIG_BYTES);
    client.openWindow(1, BIG_BYTES);
    expect((await client.finished(1)).body).toHaveLength(BIG_BYTES);
  });
});

test('a stopping gateway says goodbye, finishes the streams it has and takes no more (6.8)', async () => {
  await using stopping = await openTlsWorld({ config: { limits: LIMITS }, upstream: { respond } });
  using client = await openHttp2Client(stopping.port);
  client.head(1, getHead({ ':path': '/slow' }));
  await until('the upstream was asked', () => stopping.upstream.requests.length === 1);
  const closed = stopping.gateway.gateway.close();
  await until('the goodbye', () => client.goaway === 0);
  client.head(3, getHead());
  expect(await client.finished(1)).toMatchObject({ status: 200, isEnded: true });
  expect(client.answer(3).status).toBe(0);
  await closed;
  await closing(client);
  expect(stopping.upstream.requests).toHaveLength(1);
});
