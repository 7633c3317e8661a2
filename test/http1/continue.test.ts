import { expect, test } from 'vitest';
import { valuesOf } from '../support/message-reader.ts';
import { openRawClient } from '../support/raw-client.ts';
import { openWorld, reasonOf } from './world.ts';

const post = (fields: string, target = '/up'): string =>
  `POST ${target} HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n${fields}\r\n`;

test('100 comes before the body is sent, once the checks of the head have passed', async () => {
  await using world = await openWorld();
  const client = await openRawClient(world.port);
  for (const [fields, body] of [
    ['Content-Length: 5\r\n', 'hello'],
    ['Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
  ] as const) {
    await client.write(post(fields));
    const before = (await client.read(100, 300)).responses.length;
    await client.write(body);
    expect(before % 2).toBe(1);
  }
  const { responses } = await client.read(2);
  expect(responses.map(({ status }) => status)).toEqual([100, 200, 100, 200]);
  expect(world.upstream.requests.map(({ body }) => body.toString())).toEqual(['hello', 'hello']);
  expect(world.upstream.requests.flatMap((request) => valuesOf(request, 'expect'))).toEqual([]);
  client.close();
});

test.each([
  ['a route that does not exist', post('Content-Length: 5\r\n', '/nothing'), 404, 'route.none'],
  ['a missing credential', post('Content-Length: 5\r\n', '/locked'), 401, 'authn.missing'],
  [
    'a body that is said to be too long',
    post('Content-Length: 5000\r\n', '/small'),
    413,
    'validation.body-size',
  ],
  ['a malformed head', post('Content-Length: 5\r\nHost: b.test\r\n'), 400, 'protocol.host'],
  ['an upstream that is down', post('Content-Length: 5\r\n', '/down'), 502, 'upstream.connect'],
])('%s is answered without 100, and the connection ends', async (_name, head, status, reason) => {
  await using world = await openWorld({}, (upstream) => ({
    apis: [
      { id: 'locked', path: '/locked', upstream, authenticate: { apiKey: {} } },
      { id: 'small', path: '/small', upstream, authenticate: 'none', validate: { maxBodyBytes: 1000 } },
      { id: 'down', path: '/down', upstream: 'http://127.0.0.1:1', authenticate: 'none' },
    ],
  }));
  const client = await openRawClient(world.port);
  await client.write(head);
  const result = await client.read();
  const statuses = result.responses.map((response) => response.status);
  expect(statuses).toEqual([status]);
  expect(result.closed).toBe('end');
  expect(world.upstream.requests).toEqual([]);
  const records = await world.gateway.records(1);
  expect(records.map(reasonOf)).toEqual([reason]);
  client.close();
});

test('a client that does not wait for 100 is served too', async () => {
  await using world = await openWorld();
  const client = await openRawClient(world.port);
  await client.write(`${post('Content-Length: 5\r\n')}hello`);
  await client.write(`${post('Content-Length: 3\r\n')}abc`);
  const { responses } = await client.read(2);
  expect(responses.filter(({ status }) => status >= 200).map(({ status }) => status)).toEqual([200, 200]);
  expect(world.upstream.requests.map(({ body }) => body.toString())).toEqual(['hello', 'abc']);
  client.close();
});
