import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { valuesOf } from '../support/message-reader.ts';
import { exchange } from '../support/raw-client.ts';
import type { SeenRequest } from '../support/recording-upstream.ts';
import { openWorld, type World } from './world.ts';

const ANSWER = [
  'HTTP/1.1 200 OK',
  'Connection: X-Hop, keep-alive',
  'X-Hop: 1',
  'Keep-Alive: timeout=9',
  'Proxy-Connection: keep-alive',
  'Upgrade: h2c',
  'X-End: 1',
  'Set-Cookie: a=1',
  'Set-Cookie: b=2',
  'X-Request-Id: upstreams-own',
  'Content-Length: 2',
  '',
  'ok',
].join('\r\n');

let world: World;

beforeAll(async () => {
  world = await openWorld({ respond: () => ANSWER });
});
beforeEach(() => world.upstream.clear());
afterAll(() => world[Symbol.asyncDispose]());

async function passOn(fields: readonly string[]) {
  const head = ['GET /t HTTP/1.1', 'Host: a.test', ...fields, '', ''].join('\r\n');
  const { responses } = await exchange(world.port, head, { expect: 1 });
  const [response] = responses;
  expect(response?.status).toBe(200);
  return {
    seen: world.upstream.requests[0] as SeenRequest,
    response: response as (typeof responses)[number],
  };
}

const SPOOFED = [
  'X-Forwarded-For',
  'X_Forwarded_For',
  'x-Forwarded_for',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Real-IP',
  'X_Real_IP',
  'X-Client-IP',
  'True-Client-IP',
  'Forwarded',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-HTTP-Method-Override',
  'X-Request-Id',
  'Via',
];

test('what the client says about itself is replaced by what the gateway knows', async () => {
  const { seen, response } = await passOn(SPOOFED.map((name) => `${name}: 6.6.6.6`));
  const id = valuesOf(response, 'x-request-id');
  expect(id).toHaveLength(1);
  const expected: Record<string, string[]> = {
    'x-forwarded-for': ['127.0.0.1'],
    'x-forwarded-proto': ['http'],
    'x-forwarded-host': ['a.test'],
    'x-real-ip': ['127.0.0.1'],
    'x-request-id': id,
    via: ['6.6.6.6, 1.1 portcullis'],
  };
  for (const name of SPOOFED.map((spoofed) => spoofed.toLowerCase())) {
    expect([name, valuesOf(seen, name)]).toEqual([name, expected[name] ?? []]);
  }
  const folded = seen.fields.map(([name]) => name.toLowerCase().replaceAll('_', '-'));
  expect(folded.filter((name) => name === 'x-forwarded-for')).toHaveLength(1);
});

test('fields of the connection stay on the connection, both ways', async () => {
  const hop = [
    'Keep-Alive: 5',
    'Proxy-Connection: x',
    'Proxy-Authorization: x',
    'Trailer: X',
    'Upgrade: foo',
  ];
  const { seen, response } = await passOn([...hop, 'Connection: close, X-Mine', 'X-Mine: 1', 'X-Kept: 1']);
  for (const field of [...hop, 'X-Mine: 1', 'TE: x']) {
    expect(valuesOf(seen, (field.split(':')[0] as string).toLowerCase())).toEqual([]);
  }
  expect(valuesOf(seen, 'x-kept')).toEqual(['1']);
  for (const name of ['x-hop', 'proxy-connection', 'upgrade']) expect(valuesOf(response, name)).toEqual([]);
  expect(valuesOf(response, 'x-end')).toEqual(['1']);
  expect(valuesOf(response, 'set-cookie')).toEqual(['a=1', 'b=2']);
  expect(valuesOf(response, 'connection')).toEqual(['close']);
});

test('each request has an id of its own, which answer, upstream and journal share', async () => {
  const { seen, response } = await passOn([]);
  const [id] = valuesOf(response, 'x-request-id');
  expect(valuesOf(seen, 'x-request-id')).toEqual([id]);
  const other = await passOn([]);
  expect(valuesOf(other.response, 'x-request-id')).not.toEqual([id]);
  const records = await world.gateway.records(4);
  expect(records.map((record) => record['http.request.id'])).toContain(id);
});

test('the list of proxies keeps its order', async () => {
  const { seen } = await passOn(['Via: 1.0 first', 'Via: 1.1 second']);
  expect(valuesOf(seen, 'via')).toEqual(['1.0 first, 1.1 second, 1.1 portcullis']);
});

test('names keep their case, values their bytes', async () => {
  const { seen } = await passOn(['x-LOUD: caf\xe9 \ttab', '__proto__: 1']);
  expect(seen.fields).toContainEqual(['x-LOUD', 'caf\xe9 \ttab']);
  expect(seen.fields).toContainEqual(['__proto__', '1']);
});
