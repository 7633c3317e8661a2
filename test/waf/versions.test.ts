import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getHead, type Http2Client, openHttp2Client } from '../support/http2-client.ts';
import { exchange } from '../support/raw-client.ts';
import { openTlsWorld, type TlsWorld } from '../support/tls-world.ts';
import { RULES, request } from './world.ts';

const LEAK = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\nxleakx';

let world: TlsWorld;
let client: Http2Client;
let stream = 1;

beforeAll(async () => {
  world = await openTlsWorld({
    files: { 'rules.conf': RULES },
    config: { defaults: { waf: { mode: 'enforce', include: ['rules.conf'] } } },
    upstream: {
      respond: ({ target }) => (target === '/leak' ? LEAK : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    },
  });
  client = await openHttp2Client(world.port);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Sends a request over HTTP/2 and gives back its status. */
async function ask(over: Record<string, string>, pieces: readonly (string | Buffer)[] = []): Promise<number> {
  const id = stream;
  stream += 2;
  client.head(id, getHead(over), pieces.length === 0 ? 1 : 0);
  for (const [at, piece] of pieces.entries()) client.data(id, piece, at === pieces.length - 1 ? 1 : 0);
  const answer = await client.finished(id);
  return answer.reset === null ? answer.status : -1;
}

const POST = { ':method': 'POST', 'content-type': 'application/json' };

test.each<[string, number, Record<string, string>, readonly (string | Buffer)[]]>([
  ['a query', 403, { ':path': '/?q=xattackx' }, []],
  ['a field', 403, { 'x-any': 'xattackx' }, []],
  ['a cookie', 403, { cookie: 'a=xattackx' }, []],
  ['JSON in two frames', 403, POST, ['{"a":"xatt', 'ackx"}']],
  ['JSON in gzip', 403, { ...POST, 'content-encoding': 'gzip' }, [gzipSync('{"a":"xattackx"}')]],
  ['JSON that is none', 400, POST, ['{"a":']],
  ['a dropped request', -1, { 'x-early': 'drop' }, []],
  ['an answer that leaks', 502, { ':path': '/leak' }, []],
  ['what is harmless', 200, POST, ['{"a":1}']],
])('over HTTP/2, %s', async (_, status, over, pieces) => {
  expect(await ask(over, pieces)).toBe(status);
});

test('over HTTP/1.1 and TLS', async () => {
  const options = { expect: 1, tls: { servername: 'api.test' } };
  const { responses } = await exchange(world.port, request('GET /?q=xattackx'), options);
  expect(responses[0]?.status).toBe(403);
});
