import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeFields, type Field } from '../support/hpack.ts';
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

/** Error codes (RFC 9113, 7). */
const PROTOCOL_ERROR = 0x1;
const INTERNAL_ERROR = 0x2;
const FLOW_CONTROL_ERROR = 0x3;
const FRAME_SIZE_ERROR = 0x6;
const COMPRESSION_ERROR = 0x9;

let world: TlsWorld;

beforeAll(async () => {
  world = await openTlsWorld();
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

type Act = (client: Http2Client) => void;

const head =
  (over: Record<string, string | null>, ...more: Field[]): Act =>
  (client) =>
    client.head(1, [...getHead(over), ...more]);
const post =
  (over: Record<string, string>, ...pieces: string[]): Act =>
  (client) => {
    client.head(1, getHead({ ':method': 'POST', ...over }), pieces.length === 0 ? END_STREAM : 0);
    pieces.forEach((piece, at) => void client.data(1, piece, at === pieces.length - 1 ? END_STREAM : 0));
  };
const priorityHead = (parent: number): Buffer => {
  const priority = Buffer.alloc(5);
  priority.writeUInt32BE(parent);
  return Buffer.concat([priority, encodeFields(getHead())]);
};

/** RFC 9113, 8.1.1: a malformed request is a stream error, and nothing of it may be passed on. */
describe('malformed requests are reset', () => {
  test.each<[string, Act]>([
    ['no :method (8.3.1)', head({ ':method': null })],
    ['no :scheme', head({ ':scheme': null })],
    ['no :path', head({ ':path': null })],
    ['no :authority and no host', head({ ':authority': null })],
    ['an empty :path', head({ ':path': '' })],
    ['an empty :authority', head({ ':authority': '' })],
    ['two :method', head({}, [':method', 'GET'])],
    ['two :path', (client) => client.head(1, [[':path', '/a'], ...getHead()])],
    ['two :authority', (client) => client.head(1, [[':authority', 'evil.test'], ...getHead()])],
    ['a pseudo-field behind a field (8.3)', head({ a: 'b', ':path': null }, [':path', '/'])],
    ['an unknown pseudo-field', head({ ':foo': 'x' })],
    ['a pseudo-field of responses', head({ ':status': '200' })],
    [':protocol, which was not offered (RFC 8441)', head({ ':method': 'CONNECT', ':protocol': 'websocket' })],
    ['CONNECT with :path (8.5)', head({ ':method': 'CONNECT' })],
    ['an upper-case name (8.2.1)', head({ Foo: 'x' })],
    ['connection (8.2.2)', head({ connection: 'close' })],
    ['keep-alive', head({ 'keep-alive': '1' })],
    ['proxy-connection', head({ 'proxy-connection': 'x' })],
    ['transfer-encoding', head({ 'transfer-encoding': 'chunked' })],
    ['upgrade', head({ upgrade: 'websocket' })],
    ['te other than trailers', head({ te: 'gzip' })],
    ['a relative :path', head({ ':path': 'a' })],
    ['an absolute :path', head({ ':path': 'https://api.test/' })],
    [':path * without OPTIONS', head({ ':path': '*' })],
    ['a blank in :path', head({ ':path': '/a b' })],
    ['CR LF in :path', head({ ':path': '/ HTTP/1.1\r\nX: y' })],
    ['NUL in :path', head({ ':path': '/a\0b' })],
    ['a blank in :method', head({ ':method': 'GET /' })],
    ['CR LF in :method', head({ ':method': 'GET / HTTP/1.1\r\nX: y\r\n\r\nGET' })],
    ['user information in :authority', head({ ':authority': 'user@api.test' })],
    ['a blank in :authority', head({ ':authority': 'api test' })],
    ['CR LF in :authority', head({ ':authority': 'api.test\r\nX: y' })],
    ['two host', head({ host: 'api.test' }, ['host', 'api.test'])],
    ['content-length that is no number', post({ 'content-length': '+5' }, '12345')],
    ['two content-length', head({ ':method': 'POST', 'content-length': '0' }, ['content-length', '0'])],
    ['content-length without a body (8.1.1)', post({ 'content-length': '5' })],
    ['less body than content-length', post({ 'content-length': '5' }, '12', '34')],
    ['a pseudo-field in trailers', (client) => trailers(client, [':path', '/evil'])],
    ['trailers that do not end the stream', (client) => trailers(client, ['x-sum', '1'], 0)],
  ])('%s', async (_what, act) => {
    world.upstream.clear();
    using client = await openHttp2Client(world.port);
    act(client);
    expect(await client.finished(1)).toMatchObject({ status: 0, reset: PROTOCOL_ERROR });
    // The connection goes on: the fault was the stream's.
    client.head(3, getHead({ ':path': '/next' }));
    expect((await client.finished(3)).status).toBe(200);
    expect(world.upstream.requests.map(({ target }) => target)).toEqual(['/next']);
  });
});

function trailers(client: Http2Client, field: Field, flags = END_STREAM): void {
  client.head(1, getHead({ ':method': 'POST' }), 0);
  client.data(1, 'x', 0);
  client.head(1, [field], flags);
}

/** What is well-formed HTTP/2 but no request of ours gets the same answers as over HTTP/1. */
describe('requests that are refused', () => {
  test.each<[string, Act, number]>([
    ['host that differs from :authority (8.3.1)', head({ host: 'evil.test' }), 400],
    ['host with another port', head({ host: 'api.test:8443' }), 400],
    ['the scheme of connections in the clear', head({ ':scheme': 'http' }), 400],
    ['a scheme that is not http', head({ ':scheme': 'ftp' }), 400],
    ['another scheme and an absolute :path', head({ ':scheme': 'ftp', ':path': 'https://api.test/' }), 400],
    ['a fragment in :path', head({ ':path': '/a#b' }), 400],
    ['an encoded slash in :path', head({ ':path': '/a%2fb' }), 400],
    ['an encoded NUL in :path', head({ ':path': '/a%00' }), 400],
    ['a backslash in :path', head({ ':path': '/a\\b' }), 400],
    ['a path above the root', head({ ':path': '/../a' }), 400],
    ['bytes above ASCII in :path', head({ ':path': '/\xe4' }), 400],
    [
      'CONNECT',
      (client) =>
        client.head(1, [
          [':method', 'CONNECT'],
          [':authority', 'db.test:5432'],
        ]),
      405,
    ],
    ['TRACE', head({ ':method': 'TRACE' }), 405],
    ['an unknown method', head({ ':method': 'FOO' }), 405],
    ['a method in lower case', head({ ':method': 'get' }), 405],
    ['an expectation that cannot be met', post({ expect: 'more' }, 'x'), 417],
    ['too many fields', head(Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, 'x']))), 431],
    ['too large a head', head({ a: 'x'.repeat(9000), b: 'y'.repeat(9000) }), 431],
    ['too long a target', head({ ':path': `/${'a'.repeat(9000)}` }), 414],
  ])('%s', async (_what, act, status) => {
    world.upstream.clear();
    using client = await openHttp2Client(world.port);
    act(client);
    const answer = await client.finished(1);
    expect(answer).toMatchObject({ status, isEnded: true });
    expect(answer.fields.some(([name]) => name === 'x-request-id')).toBe(true);
    client.head(9, getHead({ ':method': 'TRACE' }));
    expect((await client.finished(9)).status).toBe(405);
    expect(world.upstream.requests).toHaveLength(0);
  });
});

/**
 * RFC 9113, 8.2.1 calls these malformed too; the HTTP/2 layer (nghttp2) leaves the field out instead. What must never
 * happen is that such a field, or a part of it, goes on to the upstream.
 */
test.each<[string, Field]>([
  ['CR LF in a value', ['a', 'x\r\nevil: y']],
  ['LF in a value', ['a', 'x\nevil: y']],
  ['NUL in a value', ['a', 'x\0evil']],
  ['a control character in a value', ['a', 'x\x01evil']],
  ['a blank in front of a value', ['a', ' evil']],
  ['a blank in a name', ['evil name', 'x']],
  ['a colon in a name', ['evil:x', 'x']],
  ['CR LF in a name', ['x\r\nevil', 'x']],
  ['an empty name', ['', 'evil']],
])('%s never reaches the upstream', async (_what, field) => {
  world.upstream.clear();
  using client = await openHttp2Client(world.port);
  client.head(1, [...getHead(), field]);
  await client.finished(1);
  expect(Buffer.concat([...world.upstream.bytes()]).toString('latin1')).not.toContain('evil');
  expect(world.upstream.problems).toEqual([]);
});

/** RFC 9113, 5.4.1: what breaks the connection ends it, with a GOAWAY that says why. */
describe('connection errors', () => {
  test.each<[string, Act, number]>([
    ['an even stream number (5.1.1)', (client) => client.head(2, getHead()), PROTOCOL_ERROR],
    ['a head on stream 0 (6.2)', (client) => client.head(0, getHead()), PROTOCOL_ERROR],
    ['data on an idle stream (5.1)', (client) => client.data(1, 'x'), PROTOCOL_ERROR],
    ['data on stream 0 (6.1)', (client) => client.data(0, 'x'), PROTOCOL_ERROR],
    ['a reset of an idle stream (6.4)', (client) => client.reset(1, 8), PROTOCOL_ERROR],
    [
      'a push by a client (8.4)',
      (client) => client.send(TYPE.PUSH_PROMISE, 4, 1, Buffer.alloc(4)),
      PROTOCOL_ERROR,
    ],
    [
      'a field block that is none (4.3)',
      (client) => client.send(TYPE.HEADERS, 5, 1, Buffer.alloc(8, 0xff)),
      COMPRESSION_ERROR,
    ],
    ['a frame in the middle of a head (6.10)', (client) => interrupted(client), PROTOCOL_ERROR],
    ['a continuation of nothing', (client) => client.send(TYPE.CONTINUATION, 4, 1, ''), PROTOCOL_ERROR],
    [
      'padding that is longer than its frame (6.1)',
      (client) => client.send(TYPE.HEADERS, 0x0d, 1, Buffer.of(9, 0)),
      PROTOCOL_ERROR,
    ],
    [
      'a stream that depends on itself',
      (client) => client.send(TYPE.HEADERS, 0x25, 1, priorityHead(1)),
      PROTOCOL_ERROR,
    ],
    [
      'settings of a wrong length (6.5)',
      (client) => client.send(TYPE.SETTINGS, 0, 0, 'abc'),
      FRAME_SIZE_ERROR,
    ],
    ['settings on a stream', (client) => client.send(TYPE.SETTINGS, 0, 1, ''), PROTOCOL_ERROR],
    ['a window above 2^31-1 (6.5.2)', (client) => client.settings([[4, 0x80000000]]), FLOW_CONTROL_ERROR],
    ['a frame size below 2^14', (client) => client.settings([[5, 100]]), PROTOCOL_ERROR],
    ['ENABLE_PUSH of 2', (client) => client.settings([[2, 2]]), PROTOCOL_ERROR],
    ['a PING of a wrong length (6.7)', (client) => client.send(TYPE.PING, 0, 0, 'abc'), FRAME_SIZE_ERROR],
    ['a PING on a stream', (client) => client.send(TYPE.PING, 0, 1, Buffer.alloc(8)), PROTOCOL_ERROR],
    ['a window update of 0 (6.9)', (client) => client.openWindow(0, 0), PROTOCOL_ERROR],
    ['a window that overflows (6.9.1)', (client) => client.openWindow(0, 0x7fffffff), FLOW_CONTROL_ERROR],
    [
      'a GOAWAY on a stream (6.8)',
      (client) => client.send(TYPE.GOAWAY, 0, 1, Buffer.alloc(8)),
      PROTOCOL_ERROR,
    ],
    [
      'a frame above SETTINGS_MAX_FRAME_SIZE (4.2)',
      (client) => client.send(TYPE.HEADERS, 5, 1, Buffer.alloc(20_000)),
      FRAME_SIZE_ERROR,
    ],
    ['more body than content-length', post({ 'content-length': '5' }, '123456'), INTERNAL_ERROR],
  ])('%s', async (_what, act, code) => {
    world.upstream.clear();
    using client = await openHttp2Client(world.port);
    act(client);
    await until('the connection is closed', () => client.closed !== 'open', 3_000);
    expect([null, PROTOCOL_ERROR, code]).toContain(client.goaway);
    expect(world.upstream.requests).toHaveLength(0);
  });

  test('a preface that is none', async () => {
    using client = await openHttp2Client(world.port, { isPolite: false });
    client.socket.write('GET / HTTP/1.1\r\nHost: api.test\r\n\r\n');
    await until('the connection is closed', () => client.closed !== 'open', 3_000);
  });
});

function interrupted(client: Http2Client): void {
  client.send(TYPE.HEADERS, 0, 1, encodeFields(getHead()));
  client.data(1, 'x');
}

describe('what must be borne', () => {
  test.each<[string, Act]>([
    ['an unknown frame type (5.5)', (client) => client.send(0x42, 0xff, 0, 'anything')],
    ['an unknown setting (6.5.2)', (client) => client.settings([[0x4242, 1]])],
    ['an unknown flag', (client) => client.send(TYPE.PING, 0xf0, 0, Buffer.alloc(8))],
    ['a PRIORITY of an idle stream (5.3.2)', (client) => client.send(TYPE.PRIORITY, 0, 9, Buffer.alloc(5))],
    ['a reset of a stream that is over (5.4.2)', (client) => client.reset(1, 8)],
    ['a window update of a stream that is over', (client) => client.openWindow(1, 1)],
  ])('%s', async (_what, act) => {
    using client = await openHttp2Client(world.port);
    client.head(1, getHead());
    expect((await client.finished(1)).status).toBe(200);
    act(client);
    client.head(3, getHead());
    expect((await client.finished(3)).status).toBe(200);
  });

  test('a head in pieces, padded, with a priority', async () => {
    using client = await openHttp2Client(world.port);
    const block = Buffer.concat([Buffer.of(2, 0, 0, 0, 0, 15), encodeFields(getHead()), Buffer.alloc(2)]);
    client.send(TYPE.HEADERS, 0x2c | END_STREAM, 1, block);
    expect((await client.finished(1)).status).toBe(200);
    const rest = encodeFields(getHead({ ':path': '/pieces' }));
    client.send(TYPE.HEADERS, END_STREAM, 3, rest.subarray(0, 5));
    client.send(TYPE.CONTINUATION, 0, 3, rest.subarray(5, 9));
    client.send(TYPE.CONTINUATION, END_HEADERS, 3, rest.subarray(9));
    expect((await client.finished(3)).status).toBe(200);
  });

  test('a PING is answered with what it carried (6.7)', async () => {
    using client = await openHttp2Client(world.port);
    client.send(TYPE.PING, 0, 0, Buffer.from('12345678'));
    const isPong = ({ type, flags, payload }: Http2Client['frames'][number]): boolean =>
      type === TYPE.PING && flags === 1 && payload.toString() === '12345678';
    await until('the answer to the PING', () => client.frames.some(isPong));
  });
});

test('after all of this the thread is the one that started, and resets are in the journal', async () => {
  const { services } = world.gateway.gateway;
  expect(services.status().threads).toEqual([{ id: 0, state: 'running', restarts: 0 }]);
  expect(world.gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
  const malformed = (await world.gateway.records(1)).filter(
    ({ portcullis }) => portcullis.decision.reason === 'protocol.malformed',
  );
  // Every malformed head, and every connection that broke.
  expect(malformed.length).toBeGreaterThanOrEqual(55);
});
