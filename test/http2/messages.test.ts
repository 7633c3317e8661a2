import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getHead, openHttp2Client, type StreamAnswer } from '../support/http2-client.ts';
import { valuesOf } from '../support/message-reader.ts';
import type { Reply } from '../support/recording-upstream.ts';
import { until } from '../support/test-gateway.ts';
import { openTlsWorld, type TlsWorld } from '../support/tls-world.ts';

const http1 = (...lines: string[]): string => lines.join('\r\n');
const EMPTY = ['Content-Length: 0', '', ''];

/** What the upstream answers, by target. */
const REPLIES: Readonly<Record<string, Reply>> = {
  '/204': http1('HTTP/1.1 204 No Content', '', ''),
  '/204-with-length': http1('HTTP/1.1 204 No Content', 'Content-Length: 2', '', 'hi'),
  '/205': http1('HTTP/1.1 205 Reset Content', ...EMPTY),
  '/304': http1('HTTP/1.1 304 Not Modified', 'ETag: "x"', 'Content-Length: 10', '', ''),
  '/hints': http1('HTTP/1.1 103 Early Hints', 'Link: </a>', '', 'HTTP/1.1 200 OK', ...EMPTY),
  '/999': http1('HTTP/1.1 999 Beyond', ...EMPTY),
  '/repeated': http1(
    'HTTP/1.1 200 OK',
    'Date: a',
    'Date: b',
    'ETag: "a"',
    'ETag: "b"',
    'Age: 1',
    'Age: 2',
    ...EMPTY,
  ),
  '/connection': http1(
    'HTTP/1.1 200 OK',
    'Connection: x-hop',
    'X-Hop: 1',
    'Keep-Alive: timeout=5',
    'Proxy-Connection: x',
    'Upgrade: h2c',
    'HTTP2-Settings: AAAA',
    'TE: gzip',
    ...EMPTY,
  ),
  '/odd-names': http1(
    'HTTP/1.1 200 OK',
    '__proto__: a',
    'constructor: b',
    'X-UPPER: c',
    'X-Latin: \xe4\xff',
    ...EMPTY,
  ),
  '/trailers': http1(
    'HTTP/1.1 200 OK',
    'Transfer-Encoding: chunked',
    'Trailer: X-Sum',
    '',
    '2',
    'hi',
    '0',
    'X-Sum: 7',
    'Host: evil',
    'Set-Cookie: a=b',
    '',
    '',
  ),
  '/cut': [{ write: http1('HTTP/1.1 200 OK', 'Content-Length: 20', '', 'hi') }, { close: 'reset' }],
};

let world: TlsWorld;

beforeAll(async () => {
  const OK = http1('HTTP/1.1 200 OK', 'Content-Length: 2', '', 'ok');
  world = await openTlsWorld({
    upstream: {
      respond: ({ target }) => REPLIES[target] ?? OK,
      // Answers an upload before it is complete.
      interrupt: (received) =>
        received.toString('latin1').startsWith('POST /early')
          ? http1('HTTP/1.1 413 Too Large', ...EMPTY)
          : null,
    },
  });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

async function get(path: string, over: Record<string, string> = {}): Promise<StreamAnswer> {
  using client = await openHttp2Client(world.port);
  client.head(1, getHead({ ':path': path, ...over }));
  return await client.finished(1);
}

function fieldValues(answer: Pick<StreamAnswer, 'fields'>, name: string): string[] {
  return answer.fields.filter(([other]) => other === name).map(([, value]) => value);
}

describe('answers', () => {
  test.each([
    ['/204', 204, []],
    ['/204-with-length', 204, []],
    ['/205', 205, []],
    ['/304', 304, ['10']],
  ])('%s ends with its head', async (path, status, lengths) => {
    const answer = await get(path);
    expect(answer).toMatchObject({ status, isEnded: true, reset: null });
    expect(answer.body).toHaveLength(0);
    expect(fieldValues(answer, 'content-length')).toEqual(lengths);
  });

  test('HEAD has the fields of GET and no body', async () => {
    const answer = await get('/', { ':method': 'HEAD' });
    expect(answer).toMatchObject({ status: 200, isEnded: true, reset: null });
    expect(answer.body).toHaveLength(0);
    expect(fieldValues(answer, 'content-length')).toEqual(['2']);
  });

  test('HEAD refused', async () => {
    const answer = await get('/a%2fb', { ':method': 'HEAD' });
    expect(answer).toMatchObject({ status: 400, isEnded: true });
    expect(answer.body).toHaveLength(0);
  });

  test('trailers arrive, those that could mislead do not', async () => {
    const answer = await get('/trailers');
    expect(answer.body.toString()).toBe('hi');
    expect(answer.trailers).toEqual([['x-sum', '7']]);
  });

  test('fields about the upstream connection do not arrive (RFC 9113, 8.2.2)', async () => {
    const names = (await get('/connection')).fields.map(([name]) => name);
    for (const name of [
      'connection',
      'x-hop',
      'keep-alive',
      'proxy-connection',
      'upgrade',
      'http2-settings',
      'te',
    ]) {
      expect(names).not.toContain(name);
    }
  });

  test('fields that should come once and come twice do no harm', async () => {
    expect(await get('/repeated')).toMatchObject({ status: 200, isEnded: true });
  });

  test('names are lower-case, odd ones and Latin-1 values pass', async () => {
    using client = await openHttp2Client(world.port);
    client.head(1, getHead({ ':path': '/odd-names' }));
    await until('the head is there', () =>
      client.frames.some(({ type, stream }) => type === 1 && stream === 1),
    );
    const block = client.frames.find(({ type }) => type === 1)?.payload.toString('latin1') ?? '';
    expect((await client.finished(1)).status).toBe(200);
    expect(block).not.toContain('X-UPPER');
  });

  test('a status that is none is an error of the upstream', async () => {
    expect((await get('/999')).status).toBeGreaterThanOrEqual(500);
  });

  test('interim answers of the upstream end at the gateway', async () => {
    expect(await get('/hints')).toMatchObject({ status: 200, interim: [] });
  });

  test('an answer that breaks off is reset, not ended', async () => {
    const answer = await get('/cut');
    expect(answer).toMatchObject({ status: 200, isEnded: false, reset: 2 });
    expect(answer.body.toString()).toBe('hi');
  });
});

describe('requests', () => {
  test('cookie crumbs are one field for the upstream (8.2.3)', async () => {
    world.upstream.clear();
    using client = await openHttp2Client(world.port);
    client.head(1, [...getHead(), ['cookie', 'a=1'], ['x', 'y'], ['cookie', 'b=2'], ['cookie', 'c=3']]);
    await client.finished(1);
    expect(world.upstream.requests.map((request) => valuesOf(request, 'cookie'))).toEqual([
      ['a=1; b=2; c=3'],
    ]);
  });

  test('host stands in for :authority', async () => {
    world.upstream.clear();
    using client = await openHttp2Client(world.port);
    client.head(1, [...getHead({ ':authority': null }), ['host', 'API.test']]);
    expect((await client.finished(1)).status).toBe(200);
    expect(world.upstream.requests.map((request) => valuesOf(request, 'x-forwarded-host'))).toEqual([
      ['api.test'],
    ]);
  });

  test('a body and its length pass, without one it is chunked', async () => {
    world.upstream.clear();
    using client = await openHttp2Client(world.port);
    client.head(1, getHead({ ':method': 'POST', 'content-length': '5' }), 0);
    client.data(1, '12345');
    await client.finished(1);
    client.head(3, getHead({ ':method': 'POST' }), 0);
    client.data(3, 'abc', 0);
    client.data(3, '');
    await client.finished(3);
    const [sized, chunked] = world.upstream.requests;
    expect([sized?.body.toString(), chunked?.body.toString()]).toEqual(['12345', 'abc']);
    expect(sized === undefined ? [] : valuesOf(sized, 'content-length')).toEqual(['5']);
    expect(chunked === undefined ? [] : valuesOf(chunked, 'transfer-encoding')).toEqual(['chunked']);
  });

  test('Expect: 100-continue is met by the gateway, and only where a body is wanted', async () => {
    using client = await openHttp2Client(world.port);
    client.head(1, getHead({ ':method': 'POST', expect: '100-continue' }), 0);
    await until('100 (Continue)', () => client.answer(1).interim.includes(100));
    client.data(1, 'x');
    expect((await client.finished(1)).status).toBe(200);
    client.head(3, getHead({ ':method': 'POST', ':path': '/a%2fb', expect: '100-continue' }), 0);
    expect(await client.finished(3)).toMatchObject({ status: 400, interim: [] });
  });

  test.each([
    ['a refusal', '/a%2fb', 400],
    ['an early answer of the upstream', '/early', 413],
  ])('%s is complete before the rest of the request is refused (8.1)', async (_what, path, status) => {
    using client = await openHttp2Client(world.port);
    client.head(1, getHead({ ':method': 'POST', ':path': path }), 0);
    client.data(1, 'some', 0);
    const answer = await client.finished(1);
    await until('the rest is not wanted', () => client.answer(1).reset !== null);
    expect(client.answer(1)).toMatchObject({ status, isEnded: true, reset: 0 });
    expect(answer.status).toBe(status);
  });
});
