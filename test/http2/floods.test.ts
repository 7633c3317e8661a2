import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeFields } from '../support/hpack.ts';
import {
  END_HEADERS,
  END_STREAM,
  getHead,
  type Http2Client,
  openHttp2Client,
  TYPE,
} from '../support/http2-client.ts';
import { until } from '../support/test-gateway.ts';
import { openTlsWorld, type TlsWorld } from '../support/tls-world.ts';

const MANY = 20_000;
const RESETS = 2_000;
/** What a flood may make the journal grow by: streams under way and resets that are let pass. */
const MOST_RECORDS = 1_500;

let world: TlsWorld;

beforeAll(async () => {
  world = await openTlsWorld({
    upstream: { respond: ({ target }) => (target === '/never' ? null : 'HTTP/1.1 204 x\r\n\r\n') },
  });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const never = getHead({ ':path': '/never' });

function times(count: number, act: (stream: number) => void): void {
  for (let i = 0; i < count; i++) act(2 * i + 1);
}

/** A name with a value of 4,000 bytes that is kept in the table, and 12,000 references to it. */
function bomb(client: Http2Client): void {
  const entry = Buffer.concat([Buffer.of(0x40, 1, 0x61, 0x7f, 0xa1, 0x1e), Buffer.alloc(4_000, 0x61)]);
  const block = Buffer.concat([encodeFields(getHead()), entry, Buffer.alloc(12_000, 0xbe)]);
  client.send(TYPE.HEADERS, END_HEADERS | END_STREAM, 1, block);
}

function openHead(client: Http2Client): void {
  client.send(TYPE.HEADERS, 0, 1, encodeFields(getHead()));
}

test.each<[string, (client: Http2Client) => void]>([
  [
    'CONTINUATION frames without end (CVE-2024-27316)',
    (client) => {
      openHead(client);
      times(MANY, () => client.send(TYPE.CONTINUATION, 0, 1, encodeFields([['a', 'b']])));
    },
  ],
  [
    'empty CONTINUATION frames',
    (client) => {
      openHead(client);
      times(MANY, () => client.send(TYPE.CONTINUATION, 0, 1, ''));
    },
  ],
  [
    'requests that are reset at once (CVE-2023-44487)',
    (client) =>
      times(RESETS, (stream) => {
        client.head(stream, never);
        client.reset(stream, 8);
      }),
  ],
  [
    'requests that make the gateway reset them (CVE-2025-8671)',
    (client) =>
      times(RESETS, (stream) => {
        client.head(stream, never);
        client.openWindow(stream, 0);
      }),
  ],
  [
    'empty DATA frames (CVE-2019-9518)',
    (client) => {
      client.head(1, getHead({ ':method': 'POST' }), 0);
      times(MANY, () => client.data(1, '', 0));
    },
  ],
  ['malformed requests', (client) => times(RESETS, (stream) => client.head(stream, getHead({ Upper: 'x' })))],
])('%s end the connection', async (_what, flood) => {
  const before = (await world.gateway.records(0)).length;
  using client = await openHttp2Client(world.port);
  flood(client);
  await until('the connection is closed', () => client.closed !== 'open');
  expect((await world.gateway.records(0)).length - before).toBeLessThan(MOST_RECORDS);
});

test.each<[string, (client: Http2Client) => void]>([
  ['PING (CVE-2019-9512)', (client) => times(MANY, () => client.send(TYPE.PING, 0, 0, Buffer.alloc(8)))],
  ['SETTINGS (CVE-2019-9515)', (client) => times(MANY, () => client.send(TYPE.SETTINGS, 0, 0, ''))],
  [
    'PRIORITY (CVE-2019-9513)',
    (client) => times(MANY, (stream) => client.send(TYPE.PRIORITY, 0, stream, Buffer.alloc(5))),
  ],
  ['WINDOW_UPDATE', (client) => times(MANY, () => client.openWindow(0, 1))],
  ['frames that nobody knows', (client) => times(MANY, () => client.send(0x42, 0, 0, ''))],
  ['a compressed head that grows to 48 MB', bomb],
])('%s: other clients are served meanwhile', async (_what, flood) => {
  using client = await openHttp2Client(world.port);
  using other = await openHttp2Client(world.port);
  flood(client);
  other.head(1, getHead());
  expect((await other.finished(1)).status).toBe(204);
});

test('a client that reads nothing and asks on is bounded', async () => {
  using client = await openHttp2Client(world.port);
  client.socket.pause();
  times(MANY, (stream) => client.head(stream, getHead()));
  using other = await openHttp2Client(world.port);
  other.head(1, getHead());
  expect((await other.finished(1)).status).toBe(204);
});

test('frames of random bytes end no thread', async () => {
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => random(256)));
  for (let round = 0; round < 60; round++) {
    using client = await openHttp2Client(world.port);
    client.head(1, getHead());
    for (let i = 0; i < 20; i++) client.send(random(11), random(256), random(6), bytes(random(40)));
    await client.finished(1);
  }
  using after = await openHttp2Client(world.port);
  after.head(1, getHead());
  expect((await after.finished(1)).status).toBe(204);
});

test('the thread that saw all this is the one that started', () => {
  expect(world.gateway.gateway.services.status().threads).toEqual([{ id: 0, state: 'running', restarts: 0 }]);
  expect(world.gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});
