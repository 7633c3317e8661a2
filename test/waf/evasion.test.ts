import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, type RawResponse } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import { chunked, request } from './world.ts';

/** One attack, put in all the ways in which a server might read it and rules might not. */
const ATTACK = "1' union select name, password from users-- ";
const QUERY = encodeURIComponent(ATTACK);
const JSON_PLAIN = JSON.stringify({ id: ATTACK });
const escaped = [...ATTACK].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const JSON_ESCAPED = `{"id":"${escaped}"}`;
const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data; boundary=b';

let upstream: RecordingUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await start();
  gateway = await startTestGateway(plainConfig(upstream.port, { defaults: { waf: { mode: 'enforce' } } }));
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

async function send(bytes: Buffer): Promise<RawResponse | undefined> {
  const method = bytes.toString('latin1').split(' ', 1)[0] as string;
  const { responses } = await exchange(gateway.port, bytes, { expect: 1, methods: [method] });
  return responses.find(({ status }) => status >= 200);
}

const type = (value: string): string => `Content-Type: ${value}`;
const post = (body: string | Buffer, ...fields: string[]): Buffer => request('POST /', fields, body);
const get = (target: string, ...fields: string[]): Buffer => request(`GET ${target}`, fields);

function coded(coding: string, body: Buffer): Buffer {
  return post(body, type('application/json'), `Content-Encoding: ${coding}`);
}

function utf16(text: string, bom = ''): Buffer {
  return Buffer.from(bom + text, 'utf16le');
}

function part(fields: string, body: string | Buffer = ATTACK, name = MULTIPART): Buffer {
  const head = `--b\r\nContent-Disposition: form-data; ${fields}\r\n\r\n`;
  const bytes = [Buffer.from(head), Buffer.from(body as string), Buffer.from('\r\n--b--\r\n')];
  return post(Buffer.concat(bytes), type(name));
}

async function expectRefused(bytes: Buffer): Promise<void> {
  const before = upstream.requests.length;
  const response = await send(bytes);
  expect(response?.status).toBeGreaterThanOrEqual(400);
  expect(upstream.requests.length).toBe(before);
}

describe('JSON with its characters escaped is refused as', () => {
  test.each([
    ...['application/json', 'application/json;', 'application/json"x', 'application/json/x', 'text/json'],
    ...['application/vnd.a_b+json', 'application/a+b+json', 'application/x-json', 'application/json\xa0'],
    ...['text/plain, application/json', 'application/json, text/plain', 'application/jsonp', 'json', '*/*'],
    ...['text/plain', 'text/plain;charset=UTF-8', 'application/octet-stream', 'application/graphql', ''],
    ...['application/x-ndjson', 'model/gltf+json', 'image/png', FORM, 'application/xml', MULTIPART],
  ])('%s', async (name) => {
    await expectRefused(post(JSON_ESCAPED, type(name)));
  });

  test.each([
    ['nothing', post(JSON_ESCAPED)],
    ['what a server takes for a type', post(JSON_ESCAPED, 'Content_Type: application/json')],
    ['two types', post(JSON_ESCAPED, type('text/plain'), type('application/json'))],
    ['a body of GET', request('GET /', [type('text/plain')], JSON_ESCAPED)],
    ['a string of JSON', post(JSON.stringify({ x: JSON_ESCAPED }), type('application/json'))],
    ['a document of GraphQL', post(`{ user(id: "${escaped}") { name } }`, type('application/graphql'))],
    ['a part of a form', part('name="id"\r\nContent-Type: application/json', JSON_ESCAPED)],
    ['a parameter', get(`/?q=${encodeURIComponent(JSON_ESCAPED)}`)],
    ['a cookie', get('/', `Cookie: s=${encodeURIComponent(`j:${JSON_ESCAPED}`)}`)],
    ['two documents', post(`{}${JSON_ESCAPED}`, type('application/json'))],
  ])('%s', async (_, bytes) => {
    await expectRefused(bytes);
  });
});

describe('other characters than ASCII has', () => {
  test.each([
    ['JSON that says so', post(utf16(JSON_PLAIN), type('application/json; charset=utf-16le'))],
    ['JSON in UTF-16', post(utf16(JSON_PLAIN), type('application/json'))],
    ['text that says so', post(utf16(ATTACK), type('text/plain; charset=utf-16le'))],
    ['text in UTF-16', post(utf16(ATTACK, '\ufeff'), type('text/plain'))],
    ['a body without a type in UTF-16', post(utf16(JSON_PLAIN, '\ufeff'))],
    ['a form in EBCDIC', post('%89%84=%F1%7D%40', type(`${FORM}; charset=ibm037`))],
    ['a form in UTF-7', post('id=1+ACc- union', type(`${FORM}; charset=utf-7`))],
    ['a part that says so', part('name="id"\r\nContent-Type: text/plain; charset=utf-16le', utf16(ATTACK))],
  ])('%s is refused', async (_, bytes) => {
    await expectRefused(bytes);
  });
});

describe('parts that servers read in more than one way', () => {
  test.each([
    ['a file without a name', part('name="id"; filename=""')],
    ['JSON as a file', part('name="id"; filename="blob"\r\nContent-Type: application/json', JSON_ESCAPED)],
    [
      'base64',
      part('name="id"\r\nContent-Transfer-Encoding: base64', Buffer.from(ATTACK).toString('base64')),
    ],
    ['quoted-printable', part('name="id"\r\nContent-Transfer-Encoding: quoted-printable', '1=27 uni=6Fn')],
    ['another kind of multipart', part('name="id"', ATTACK, 'multipart/mixed; boundary=b')],
  ])('%s are refused', async (_, bytes) => {
    await expectRefused(bytes);
  });
});

describe('codings', () => {
  const harmless = Buffer.from('{"a":1}');
  const attack = Buffer.from(JSON_PLAIN);
  const join = (...pieces: Buffer[]): Buffer => Buffer.concat(pieces);
  test.each([
    ['two members', coded('gzip', join(gzipSync('{"x":"a","id":"'), gzipSync(`${ATTACK}"}`)))],
    [
      'members with zeros between',
      coded('gzip', join(gzipSync(harmless), Buffer.alloc(16), gzipSync(attack))),
    ],
    ['bytes behind gzip', coded('gzip', join(gzipSync(harmless), attack))],
    ['deflate without a frame', coded('deflate', deflateRawSync(attack))],
    ['bytes behind deflate', coded('deflate', join(deflateSync(harmless), attack))],
    ['bytes behind deflate without a frame', coded('deflate', join(deflateRawSync(harmless), attack))],
    ['bytes behind brotli', coded('br', join(brotliCompressSync(harmless), attack))],
    ['a second frame of zstd', coded('zstd', join(zstdCompressSync(harmless), zstdCompressSync(attack)))],
    ['bytes behind zstd', coded('zstd', join(zstdCompressSync(harmless), attack))],
    ['one over the other', coded('br, gzip', gzipSync(brotliCompressSync(attack)))],
    ['an empty one', coded('', gzipSync(attack))],
    ['one with a parameter', coded('gzip;q=1', gzipSync(attack))],
    ['one that is not there', coded('identity', gzipSync(attack))],
  ])('%s are refused', async (_, bytes) => {
    await expectRefused(bytes);
  });
});

describe('the rest of a request', () => {
  const many = 'a&'.repeat(10_001);
  test.each([
    ['behind more arguments than are read', post(`${many}id=${QUERY}`, type(FORM))],
    [
      'behind more values than are read',
      post(`[${'1,'.repeat(10_000)}${JSON_PLAIN}]`, type('application/json')),
    ],
    ['deep in arrays', post(`${'['.repeat(5000)}${JSON_PLAIN}${']'.repeat(5000)}`, type('application/json'))],
    [
      'at the last byte',
      post(' '.repeat(1_048_576 - JSON_PLAIN.length) + JSON_PLAIN, type('application/json')),
    ],
    [
      'one byte too far',
      post(' '.repeat(1_048_577 - JSON_PLAIN.length) + JSON_PLAIN, type('application/json')),
    ],
    ['in two parameters', get("/?id=1'/*&id=*/union/*&id=*/select/*&id=*/1,2&id=x")],
    ['in the second cookie field', get('/', 'Cookie: a=1', `Cookie: id=${ATTACK}`)],
    ['in a cookie with commas', get('/', 'Cookie: id=1 union/*, */select/*, */name/*, */from users')],
    ['in a cookie between quotes', get('/', `Cookie: id="1'; drop table users; -- "`)],
    ['in a parameter of the path', get(`/items;id=${QUERY}/x`)],
    ['encoded twice', get(`/?id=${encodeURIComponent(QUERY)}`)],
    ['in an absolute target', get(`http://api.test/?id=${QUERY}`)],
    ['in a field with other bytes', get('/', `X-User: \xff${ATTACK}`)],
    [
      'in an upgrade',
      get(
        `/?id=${QUERY}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ),
    ],
    [
      'in chunks with extensions',
      request(
        'POST /',
        [type('application/json'), 'Transfer-Encoding: chunked'],
        chunked(Buffer.from(JSON_PLAIN), 2),
      ),
    ],
  ])('%s is looked at', async (_, bytes) => {
    await expectRefused(bytes);
  });

  test('a trailer reaches nobody', async () => {
    const trailer = `2\r\n{}\r\n0\r\nX-User: ${ATTACK}\r\n\r\n`;
    await send(request('POST /', [type('application/json'), 'Transfer-Encoding: chunked'], trailer));
    expect(Buffer.concat(upstream.bytes()).includes('union')).toBe(false);
  });
});

describe('what is harmless passes', () => {
  test.each([
    ['JSON with escapes', post('{"name":"J\\u00f6rg \\"the\\u0020man\\"","path":"C:\\\\new\\\\table"}')],
    ['text with backslashes', post('see C:\\users\\new\\x64\\table', type('text/plain'))],
    ['a form in Latin-1', post('name=J%F6rg', type(`${FORM}; charset=ISO-8859-1`))],
    [
      'a file that is empty and has no name',
      part('name="f"; filename=""\r\nContent-Type: application/octet-stream', ''),
    ],
    [
      'JSON beside a file',
      part('name="meta"; filename="blob"\r\nContent-Type: application/json', '{"a":"b"}'),
    ],
    ['zstd', coded('zstd', zstdCompressSync('{"a":1}'))],
    ['two members of gzip', coded('gzip', Buffer.concat([gzipSync('{"a"'), gzipSync(':1}')]))],
    ['cookies in quotes', get('/', 'Cookie: a="b c"; d={"e":"f"}; g="h"')],
  ])('%s', async (_, bytes) => {
    expect((await send(bytes))?.status).toBe(200);
  });
});
