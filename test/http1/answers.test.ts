import { afterAll, beforeAll, expect, test } from 'vitest';
import { valuesOf } from '../support/message-reader.ts';
import { exchange, openRawClient } from '../support/raw-client.ts';
import type { Reply } from '../support/recording-upstream.ts';
import { type JournalRecord, until } from '../support/test-gateway.ts';
import { openWorld, reasonOf, type World } from './world.ts';

const HOST = 'Host: a.test\r\n';
const ok = (body: string, fields = ''): string =>
  `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`;

/** Answers by the target of the request. */
const BY_TARGET: Readonly<Record<string, Reply>> = {
  '/head': 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n',
  '/204': 'HTTP/1.1 204 No Content\r\n\r\n',
  '/204-length': 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
  '/304': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\nETag: "a"\r\n\r\n',
  '/chunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
  '/trailers':
    'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\nSet-Cookie: a=b\r\n\r\n',
  '/until-close': [{ write: 'HTTP/1.1 200 OK\r\n\r\nto the end' }, { close: 'end' }],
  '/interim': `HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${ok('ok')}`,
  '/short': [{ write: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello' }, { close: 'end' }],
  '/short-chunked': [
    { write: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n' },
    { close: 'reset' },
  ],
  '/short-old': [
    { write: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n' },
    { close: 'end' },
  ],
  '/silent': [{ close: 'end' }],
  '/garbage': 'SSH-2.0-OpenSSH_9.2\r\n',
  '/length-and-coding': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  '/two-lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
  '/folded': 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok',
  '/split': 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: evil\r\nContent-Length: 2\r\n\r\nok',
  '/switch': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
  '/latin1': ok('ok', 'X-Name: caf\xe9\r\n'),
};

let world: World;

beforeAll(async () => {
  world = await openWorld({ respond: ({ target }) => BY_TARGET[target] ?? ok(target) }, (origin) => {
    // Broken answers must not take the target out for the tests that follow.
    const upstream = { targets: [origin], passive: { failures: 1000 } };
    return { apis: [{ id: 'web', path: '/', upstream, authenticate: 'none' }] };
  });
});

afterAll(() => world[Symbol.asyncDispose]());

/** Reasons of the records about a path, once there is one. */
async function reasonsOf(path: string): Promise<(string | undefined)[]> {
  let records: JournalRecord[] = [];
  await until(`a record of ${path}`, async () => {
    records = (await world.gateway.records(0)).filter((record) => record['url.path'] === path);
    return records.length > 0;
  });
  return records.map(reasonOf);
}

test('answers without a body are passed as they are, and the connection goes on', async () => {
  const requests = [
    `HEAD /head HTTP/1.1\r\n${HOST}\r\n`,
    get('/204'),
    get('/204-length'),
    get('/304'),
    get('/last'),
  ];
  const methods = ['HEAD', 'GET', 'GET', 'GET', 'GET'];
  const { responses, rest } = await exchange(world.port, requests, { methods, expect: 5 });
  expect(responses.map(({ status }) => status)).toEqual([200, 204, 204, 304, 200]);
  expect(responses.map((response) => valuesOf(response, 'content-length'))).toEqual([
    ['5000'],
    [],
    [],
    ['5000'],
    ['5'],
  ]);
  expect(responses.flatMap((response) => valuesOf(response, 'transfer-encoding'))).toEqual([]);
  expect(responses[4]?.body.toString()).toBe('/last');
  expect(rest).toHaveLength(0);
  expect(await reasonsOf('/204-length')).toEqual(['request.passed']);
});

test('bodies of every framing arrive whole', async () => {
  const { responses } = await exchange(world.port, [get('/chunked'), get('/until-close'), get('/latin1')], {
    expect: 3,
  });
  expect(responses.map(({ body }) => body.toString())).toEqual(['hello world', 'to the end', 'ok']);
  expect(valuesOf(responses[2] as never, 'x-name')).toEqual(['caf\xe9']);
});

test('an HTTP/1.0 client gets no chunks, and its connection ends unless it asked for more', async () => {
  const old = (target: string, fields = ''): string => `GET ${target} HTTP/1.0\r\n${HOST}${fields}\r\n`;
  const once = await exchange(world.port, old('/chunked'));
  expect(once.closed).toBe('end');
  expect(once.responses.map(({ body }) => body.toString())).toEqual(['hello world']);
  expect(valuesOf(once.responses[0] as never, 'transfer-encoding')).toEqual([]);
  const kept = await exchange(world.port, [old('/a', 'Connection: keep-alive\r\n'), old('/b')]);
  expect(kept.responses.map(({ body }) => body.toString())).toEqual(['/a', '/b']);
  expect(kept.closed).toBe('end');
  // Without a Host, the target is all there is.
  expect((await exchange(world.port, 'GET /a HTTP/1.0\r\n\r\n')).responses[0]?.status).toBe(200);
});

test('response trailers go to a client that takes them, without those that could mislead it', async () => {
  const taken = await exchange(world.port, get('/trailers', 'TE: trailers\r\nConnection: TE\r\n'), {
    expect: 1,
  });
  expect(taken.responses[0]?.trailers).toEqual([['X-Sum', '42']]);
  const plain = await exchange(world.port, get('/trailers'), { expect: 1 });
  expect(plain.responses[0]?.trailers).toEqual([]);
  expect(plain.responses[0]?.body.toString()).toBe('hello');
});

test('an interim answer of the upstream is not taken for the final one', async () => {
  const { responses } = await exchange(world.port, get('/interim'), { expect: 1 });
  expect(responses.at(-1)?.status).toBe(200);
});

test.each(['/short', '/short-chunked'])(
  'an answer that breaks off (%s) breaks off for the client too',
  async (target) => {
    const { responses, closed } = await exchange(world.port, get(target));
    expect(closed).not.toBe('open');
    expect(responses.filter(({ isComplete }) => isComplete)).toEqual([]);
    expect(await reasonsOf(target)).toEqual(['upstream.reset']);
  },
);

test('an HTTP/1.0 client notices that an answer without a length broke off', async () => {
  const { closed } = await exchange(world.port, 'GET /short-old HTTP/1.0\r\n\r\n');
  expect(closed).toBe('reset');
});

test.each([
  ['/silent', 'upstream.reset'],
  ['/garbage', 'upstream.invalid'],
  ['/length-and-coding', 'upstream.invalid'],
  ['/two-lengths', 'upstream.invalid'],
  ['/folded', 'upstream.invalid'],
  ['/split', 'upstream.invalid'],
  ['/switch', 'upstream.'],
])('an upstream that gives no clear answer (%s) is a 502', async (target, reason) => {
  const { responses } = await exchange(world.port, get(target), { expect: 1 });
  expect(responses[0]?.status).toBe(502);
  const reasons = await reasonsOf(target);
  expect(reasons).toHaveLength(1);
  expect(reasons[0]).toContain(reason);
});

test('an early answer reaches a client that still uploads, and the upload does not become a request', async () => {
  const early: Reply = [
    { write: 'HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig' },
  ];
  await using own = await openWorld({ interrupt: (bytes) => (bytes.includes('AAAA') ? early : null) });
  const client = await openRawClient(own.port);
  await client.write(`POST /up HTTP/1.1\r\n${HOST}Content-Length: 300000\r\n\r\nAAAA`);
  const { responses } = await client.read(1);
  expect(responses[0]?.status).toBe(413);
  expect(responses[0]?.body.toString()).toBe('big');
  // What the body looks like makes no difference.
  await client.write(get('/smuggled').padEnd(300_000 - 4, 'B'));
  await client.write(get('/after'));
  await client.read(2, 500);
  client.close();
  expect(own.upstream.requests.filter(({ target }) => target === '/smuggled')).toEqual([]);
  await until('no open exchange', async () => (await own.gateway.records(1)).length >= 1);
  expect(reasonOf((await own.gateway.records(1))[0])).toBe('request.passed');
});
