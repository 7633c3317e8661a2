import { expect, test } from 'vitest';
import { exchange, openRawClient } from '../support/raw-client.ts';
import { until } from '../support/test-gateway.ts';
import { openWorld, reasonOf } from './world.ts';

const HOST = 'Host: a.test\r\n';
const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`;
const post = (body: string, target = '/t'): string =>
  `POST ${target} HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}`;
const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Answers with the target; the earlier a request, the later its answer. */
const reversed = {
  respond: ({ target }: { target: string }) => [
    { waitMs: Math.max(0, 300 - 10 * Number(target.slice(1))) },
    { write: ok(target) },
  ],
};

test('answers keep the order of the requests, whichever is ready first', async () => {
  await using world = await openWorld(reversed);
  const targets = Array.from({ length: 30 }, (_, i) => `/${i}`);
  const { responses, problem } = await exchange(world.port, targets.map((target) => get(target)).join(''), {
    expect: 30,
  });
  expect(problem).toBe('');
  expect(responses.map(({ body }) => body.toString())).toEqual(targets);
  expect(await world.gateway.records(30)).toHaveLength(30);
});

test('refusals keep their place among answers', async () => {
  await using world = await openWorld(reversed, (upstream) => ({
    apis: [
      { id: 'web', path: '/', upstream, authenticate: 'none' },
      { id: 'locked', path: '/locked', upstream, authenticate: { apiKey: {} } },
    ],
  }));
  const requests = [get('/1'), get('/locked'), post('hello', '/2'), get('/locked'), get('/3')];
  const { responses } = await exchange(world.port, requests.join(''), { expect: 5 });
  expect(responses.map(({ status }) => status)).toEqual([200, 401, 200, 401, 200]);
});

test('one connection cannot put any number of requests under way', async () => {
  await using world = await openWorld({ respond: () => null }, (upstream) => ({
    apis: [{ id: 'web', path: '/', upstream, authenticate: 'none', timeouts: { firstByteMs: 1_000 } }],
  }));
  const client = await openRawClient(world.port);
  const pipelined = Buffer.from(get('/').repeat(500_000));
  client.socket.write(pipelined);
  await until('the upstream is asked', () => world.upstream.requests.length >= 1);
  // A connection that is not read is not known to be gone before an answer is written to it.
  client.socket.resetAndDestroy();
  const records = await world.gateway.records(1);
  // The second one may have had its turn when the first was given up, and nobody was there to take that answer.
  expect(records.length).toBeLessThanOrEqual(2);
  expect(world.upstream.requests.length).toBeLessThanOrEqual(2);
});

test('what follows the request that closes the connection is not served', async () => {
  await using world = await openWorld(reversed);
  const closing = get('/1', 'Connection: close\r\n');
  for (const request of [closing + get('/2'), closing + post('x'), `${closing}GARBAGE\r\n\r\n`]) {
    const { responses, closed } = await exchange(world.port, request);
    expect(responses.map(({ body }) => body.toString())).toEqual(['/1']);
    expect(closed).toBe('end');
  }
  // A refusal that closes does not take the answers before it along.
  const hostile = `POST /4 HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: gzip, chunked\r\n\r\n`;
  const { responses, closed } = await exchange(world.port, get('/1') + get('/3') + hostile + get('/5'));
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 400]);
  expect(closed).toBe('end');
  expect(world.upstream.requests.map(({ target }) => target).sort()).toEqual(['/1', '/1', '/1', '/1', '/3']);
});

const SMUGGLED = get('/smuggled');
const IN_BODY: readonly [string, string, string][] = [
  ['a length', post(SMUGGLED), SMUGGLED],
  ['a length, cut short', `${post(SMUGGLED).slice(0, -4)}`, ''],
  [
    'chunks',
    `POST /t HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    SMUGGLED,
  ],
  [
    'chunks that look like their end',
    `POST /t HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    `0\r\n\r\n${SMUGGLED}`,
  ],
  [
    'a GET with a length',
    `GET /t HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    SMUGGLED,
  ],
  [
    'a trailer section',
    `POST /t HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\nX: GET /smuggled HTTP/1.1\r\n\r\n`,
    '',
  ],
];

test.each(IN_BODY)('a request inside %s stays a body', async (_name, bytes, body) => {
  await using world = await openWorld();
  const { responses } = await exchange(world.port, bytes, { idleMs: 300, expect: 1 });
  expect(world.upstream.problems).toEqual([]);
  expect(world.upstream.requests.map(({ target }) => target)).toEqual(responses.length === 0 ? [] : ['/t']);
  if (responses.length > 0) expect(world.upstream.requests[0]?.body.toString()).toBe(body);
  const records = await world.gateway.records(1);
  expect(records.map((record) => record['url.path'])).toEqual(['/t']);
});

test('the journal does not take a piece of a header or a body for a request line', async () => {
  await using world = await openWorld();
  const secret = 's3cr3t-value';
  const head = `GET /t HTTP/1.1\r\n${HOST}`;
  const attempts: string[][] = [
    [head, `Authorization: Bearer ${secret}\r\nBad Name: x\r\n\r\n`],
    [head, `Authorization: Bearer `, `${secret}\r\nBad Name: x\r\n\r\n`],
    [`${post('x')}`, `${secret} HTTP/1.1\r\n\r\n`],
    [post('x'), `GET /${secret} HTTP/1.1\r\nBad Name: x\r\n\r\n`],
    [`GET http://user:${secret}@a.test/t HTTP/1.1\r\n${HOST}\r\n`],
    [`GET /t?token=${secret} HTTP/1.1\r\n\r\n`],
    [`GET /t#token=${secret} HTTP/1.1\r\n${HOST}\r\n`],
    [`POST /t HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${secret}\r\n`],
  ];
  for (const pieces of attempts) await exchange(world.port, pieces);
  const records = await world.gateway.records(attempts.length + 2);
  expect(records.filter((record) => reasonOf(record) === 'request.passed')).toHaveLength(2);
  expect(JSON.stringify(records)).not.toContain(secret);
});
