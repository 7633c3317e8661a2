import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Echo, openEcho } from '../http1/echo.ts';
import { openRawClient, type RawClient } from '../support/raw-client.ts';
import {
  type RecordingUpstream,
  type Reply,
  type SeenRequest,
  start,
} from '../support/recording-upstream.ts';
import { startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';
import { mostAtOnce, SLOW_MS, statusesAtOnce, untilAllFree } from './slot-world.ts';

const SLOTS = 3;
/** When slow requests reached the upstream. */
const starts: number[] = [];

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const REPLIES: Readonly<Record<string, Reply>> = {
  '/slow': [{ waitMs: SLOW_MS }, { write: OK }],
  '/fast': OK,
  '/silent': null,
  '/dies': [{ close: 'reset' }],
  '/dies-inside': [{ write: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf' }, { close: 'reset' }],
  '/garbage': 'no answer at all\r\n\r\n',
  '/events': 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n',
};

let upstream: RecordingUpstream;
let echo: Echo;
let gateway: TestGateway;
let key: string;

beforeAll(async () => {
  upstream = await start({
    respond: ({ target }: SeenRequest) => {
      if (target === '/slow') starts.push(performance.now());
      return target in REPLIES ? (REPLIES[target] as Reply) : OK;
    },
  });
  echo = await openEcho();
  const open = { upstream: `http://127.0.0.1:${upstream.port}`, authenticate: 'none' };
  const rateLimit = { concurrent: SLOTS, by: 'api' };
  gateway = await startTestGateway({
    version: 1,
    threads: 2,
    dataDir: './data',
    listeners: [{ name: 'web', host: '127.0.0.1', port: 0 }],
    admin: { port: 0 },
    limits: { drainMs: 1000 },
    // What overload refuses is not to be taken for a slot that is gone.
    defaults: { timeouts: { firstByteMs: 1000, idleMs: 1000 }, rateLimit, overload: { mode: 'off' } },
    apis: [
      { id: 'open', path: '/', ...open },
      { id: 'chat', path: '/chat', upstream: echo.origin, authenticate: 'none' },
      {
        id: 'keys',
        path: '/keys',
        stripPath: true,
        upstream: open.upstream,
        authenticate: { apiKey: {} },
        authorize: [{ methods: ['GET'], roles: ['reader'] }],
      },
      { id: 'bodies', path: '/bodies', stripPath: true, ...open, validate: { json: {} } },
      {
        id: 'watched',
        path: '/watched',
        stripPath: true,
        ...open,
        rateLimit: { ...rateLimit, mode: 'observe' },
      },
      { id: 'both', path: '/both', stripPath: true, ...open, addressLimit: { concurrent: SLOTS } },
    ],
  });
  ({ key } = await gateway.createKey({ name: 'a', owner: 'alice', roles: ['reader'] }));
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
  await echo[Symbol.asyncDispose]();
});

const headOf = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n`;

/** Sends a text on a connection of its own. */
async function send(text: string): Promise<RawClient> {
  const client = await openRawClient(gateway.port);
  await client.write(text);
  return client;
}

async function answered(text: string): Promise<number> {
  const client = await send(text);
  const { responses } = await client.read(1);
  client.close();
  return responses[0]?.status ?? 0;
}

describe('as many requests as there are slots pass at once, on all threads together', () => {
  test('and a slot is free when its answer has left', async () => {
    await untilAllFree(gateway.port, SLOTS, starts);
    starts.length = 0;
    const statuses = await statusesAtOnce(gateway.port, '/slow', 24);
    expect(mostAtOnce(starts)).toBe(SLOTS);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    await untilAllFree(gateway.port, SLOTS, starts);
  });

  test('one after the other all pass', async () => {
    for (let i = 0; i < 20; i++) expect(await answered(headOf('/fast'))).toBe(200);
  });

  test('the refusal tells the slots, and to come back in a second', async () => {
    await untilAllFree(gateway.port, SLOTS, starts);
    const silent = () => upstream.requests.filter(({ target }) => target === '/silent').length;
    const before = silent();
    const holders = await Promise.all(Array.from({ length: SLOTS }, () => send(headOf('/silent'))));
    await until('all slots are taken', () => silent() === before + SLOTS);
    const client = await send(headOf('/fast'));
    const { responses } = await client.read(1);
    expect(JSON.parse(String(responses[0]?.body))).toMatchObject({
      error: 'rate_limit_exceeded',
      retry_after: 1,
      current_limit: SLOTS,
      remaining: 0,
    });
    client.close();
    for (const holder of holders) holder.close();
    await untilAllFree(gateway.port, SLOTS, starts);
  });
});

describe('a slot comes back', () => {
  const many = 4 * SLOTS;

  /** Each way a request can end, done more often than there are slots. */
  test.each<[string, () => Promise<unknown>]>([
    ['when the upstream dies before it answers', () => answered(headOf('/dies'))],
    ['when the upstream dies inside its answer', () => answered(headOf('/dies-inside'))],
    ['when the upstream answers garbage', () => answered(headOf('/garbage'))],
    ['when the upstream never answers', () => answered(headOf('/silent'))],
    ['when the client goes before the answer', async () => (await send(headOf('/silent'))).close()],
    ['when the client resets', async () => (await send(headOf('/silent'))).socket.resetAndDestroy()],
    [
      'when the client goes inside its body',
      async () =>
        (await send('POST /fast HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nhalf')).close(),
    ],
    [
      'when the client leaves an event stream',
      async () => {
        const client = await send(headOf('/events'));
        await client.read(1, 30);
        client.close();
      },
    ],
  ])('%s', async (_, end) => {
    for (let i = 0; i < many; i += SLOTS) await Promise.all(Array.from({ length: SLOTS }, end));
    await untilAllFree(gateway.port, SLOTS, starts);
  });

  test('when a later check refuses: by right, and by body', async () => {
    const denied = `DELETE /keys/fast HTTP/1.1\r\nHost: a.test\r\nX-API-Key: ${key}\r\n\r\n`;
    const invalid =
      'POST /bodies/fast HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{';
    for (let i = 0; i < many; i++) {
      expect(await answered(denied)).toBe(403);
      expect(await answered(invalid)).toBe(400);
    }
    await untilAllFree(gateway.port, SLOTS, starts, '/keys/slow', `X-API-Key: ${key}\r\n`);
    await untilAllFree(gateway.port, SLOTS, starts, '/bodies/slow');
  });

  test('when two stages took one each', async () => {
    for (let i = 0; i < many; i++) (await send(headOf('/both/silent'))).close();
    await untilAllFree(gateway.port, SLOTS, starts, '/both/slow');
  });

  test('in observe mode, which refuses nothing', async () => {
    const statuses = await statusesAtOnce(gateway.port, '/watched/slow', many);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const would = (record: { portcullis: { checks: readonly { verdict: string }[] } }) =>
      record.portcullis.checks.some(({ verdict }) => verdict === 'would-deny');
    const seen = async () =>
      (await gateway.records(0)).filter(({ portcullis }) => portcullis.api === 'watched');
    await until('records of all', async () => (await seen()).length === many);
    expect((await seen()).filter(would).length).toBeGreaterThan(0);
    await statusesAtOnce(gateway.port, '/watched/slow', SLOTS);
    await until('records of more', async () => (await seen()).length === many + SLOTS);
    expect((await seen()).slice(many).filter(would)).toEqual([]);
  });
});

test('a WebSocket holds its slot as long as it lives', async () => {
  const handshake = headOf(
    '/chat',
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
  );
  const open = async (): Promise<[RawClient, number]> => {
    const client = await send(handshake);
    const { responses } = await client.read(1);
    return [client, responses[0]?.status ?? 0];
  };
  const clients: RawClient[] = [];
  for (let i = 0; i < SLOTS; i++) {
    const [client, status] = await open();
    expect(status).toBe(101);
    clients.push(client);
  }
  const [refused, status] = await open();
  expect(status).toBe(429);
  refused.close();
  clients.pop()?.close();
  await until('the slot of the one that ended', async () => {
    const [client, again] = await open();
    if (again === 101) clients.push(client);
    else client.close();
    return again === 101;
  });
  echo.endAll();
  for (const client of clients) client.close();
  await until('all slots', async () => {
    const opened = await Promise.all(Array.from({ length: SLOTS }, open));
    for (const [client] of opened) client.close();
    return opened.every(([, each]) => each === 101);
  });
});

test('after a thousand requests that end in every way all slots are free', async () => {
  const paths = ['/slow', '/fast', '/silent', '/dies', '/dies-inside', '/garbage', '/events'];
  const ways = ['close', 'reset', 'answer'] as const;
  const one = async (n: number): Promise<void> => {
    const path = paths[n % paths.length] as string;
    const client = await send(headOf(path));
    const way = path === '/silent' || path === '/events' ? ways[n % 2] : ways[n % 3];
    if (way === 'answer') await client.read(1);
    else if (n % 5 > 0) await new Promise((resolve) => setTimeout(resolve, n % 20));
    if (way === 'reset') client.socket.resetAndDestroy();
    else client.close();
  };
  for (let n = 0; n < 1000; n += 20) await Promise.all(Array.from({ length: 20 }, (_, at) => one(n + at)));
  await untilAllFree(gateway.port, SLOTS, starts);
});
