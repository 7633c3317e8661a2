import { afterEach, expect, test } from 'vitest';
import { getHead, openHttp2Client } from '../support/http2-client.ts';
import { exchange } from '../support/raw-client.ts';
import { type RecordingUpstream, type SeenRequest, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import { openTlsWorld } from '../support/tls-world.ts';

const closing: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

let count = 0;

/** Answers with the number of the answer, and every field of the request: what could poison a cache does. */
function reflect(request: SeenRequest): string {
  const path = request.target.split('?')[0] as string;
  const body = path === '/large' ? 'x'.repeat(200_000) : `${++count} ${JSON.stringify(request)}`;
  const more: Record<string, string> = {
    '/cookie': 'Set-Cookie: a=b\r\n',
    '/private': 'Cache-Control: private\r\n',
    '/vary': 'Vary: *\r\n',
  };
  const head = `HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nServer: leaky/1.0\r\n${more[path] ?? ''}`;
  if (path === '/chunked') return `${head}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`;
  return `${head}Content-Length: ${body.length}\r\n\r\n${request.method === 'HEAD' ? '' : body}`;
}

async function open(more: object = {}): Promise<[TestGateway, RecordingUpstream]> {
  const upstream = await start({ respond: reflect });
  closing.push({ [Symbol.asyncDispose]: () => upstream.close() });
  const gateway = await startTestGateway(plainConfig(upstream.port, more));
  closing.push(gateway);
  return [gateway, upstream];
}

const attack = (gateway: TestGateway, method: 'POST' | 'DELETE') =>
  gateway.admin('/v1/attack', { method, ...(method === 'POST' ? { body: '{"minutes":5}' } : {}) });

async function ask(gateway: TestGateway, line: string, ...fields: string[]) {
  const host = fields.some((field) => field.startsWith('Host:')) ? [] : ['Host: a.test'];
  const text = [`${line} HTTP/1.1`, ...host, ...fields, 'Connection: close', '', ''].join('\r\n');
  const { responses } = await exchange(gateway.port, text, { methods: [line.split(' ')[0] as string] });
  const [answer] = responses;
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

const bodyOf = (answer: { readonly body: Uint8Array }): string => Buffer.from(answer.body).toString('latin1');
const names = (answer: { readonly fields: readonly (readonly [string, string])[] }): string[] =>
  answer.fields.map(([name]) => name.toLowerCase());

test('in an attack alone an answer is served again, hardened, with its age; with the end it is gone', async () => {
  const [gateway, upstream] = await open();
  await ask(gateway, 'GET /a');
  await ask(gateway, 'GET /a');
  expect(upstream.requests).toHaveLength(2);
  await attack(gateway, 'POST');
  const first = await ask(gateway, 'GET /a');
  const again = await ask(gateway, 'GET /a');
  expect(upstream.requests).toHaveLength(3);
  expect(bodyOf(again)).toBe(bodyOf(first));
  expect(names(first)).not.toContain('age');
  expect(names(again)).toContain('age');
  expect(names(again)).not.toContain('server');
  expect(
    names(again)
      .filter((name) => name !== 'age' && name !== 'date')
      .sort(),
  ).toEqual(
    names(first)
      .filter((name) => name !== 'date')
      .sort(),
  );
  const records = await gateway.records(4);
  expect(records[3]?.portcullis.decision).toMatchObject({ effect: 'answer', reason: 'attack.cached' });
  expect(records[3]?.['http.response.status_code']).toBe(200);
  await attack(gateway, 'DELETE');
  await ask(gateway, 'GET /a');
  await attack(gateway, 'POST');
  expect(bodyOf(await ask(gateway, 'GET /a'))).not.toBe(bodyOf(first));
});

test('what one client writes into a request nobody else gets', async () => {
  const [gateway] = await open();
  await attack(gateway, 'POST');
  const evil = [
    ['X-Forwarded-Host: evil.test'],
    ['X-Forwarded-For: 6.6.6.6'],
    ['X-Forwarded-Proto: https'],
    ['X-Forwarded-Prefix: /evil'],
    ['X-Original-URL: /evil'],
    ['X-Request-Id: evil'],
    ['User-Agent: evil'],
    ['Accept-Language: evil'],
    ['Origin: https://evil.test'],
    ['Via: 1.1 evil'],
    ['Forwarded: host=evil.test'],
    ['X_Forwarded_Host: evil.test'],
    ['Host: evil.test'],
    ['Host: a.test:81'],
  ];
  for (const fields of evil) await ask(gateway, 'GET /a', ...fields);
  const clean = await ask(gateway, 'GET /a');
  expect(bodyOf(clean)).not.toMatch(/evil|6\.6\.6\.6/);
  expect(bodyOf(await ask(gateway, 'GET /a'))).toBe(bodyOf(clean));
  expect(bodyOf(await ask(gateway, 'GET /a', 'Host: A.TEST'))).toBe(bodyOf(clean));
  expect(bodyOf(await ask(gateway, 'GET /a?x=1&y=2'))).not.toBe(bodyOf(await ask(gateway, 'GET /a?y=2&x=1')));
});

/** Requests whose answers are nobody else's. */
const UNSHARED: [string, string[]][] = [
  ['GET /a', ['Authorization: Bearer x']],
  ['GET /a', ['Cookie: a=b']],
  ['GET /a', ['X-Api-Key: x']],
  ['GET /a', ['Range: bytes=0-1']],
  ['GET /a', ['Cache-Control: no-store']],
  ['GET /a', ['If-None-Match: "x"']],
  ['GET /cookie', []],
  ['GET /private', []],
  ['GET /vary', []],
  ['GET /chunked', []],
  ['POST /a', ['Content-Length: 0']],
  ['HEAD /a', []],
];

test('what shows who asks, wants less than all or must not be stored is asked for each time', async () => {
  const [gateway, upstream] = await open();
  await attack(gateway, 'POST');
  for (const [line, fields] of UNSHARED) {
    upstream.clear();
    for (let i = 0; i < 3; i++) await ask(gateway, line, ...fields);
    expect([line, fields, upstream.requests.length]).toEqual([line, fields, 3]);
  }
});

test('HEAD after GET has its fields and no body, and GET after HEAD is asked for', async () => {
  const [gateway, upstream] = await open();
  await attack(gateway, 'POST');
  await ask(gateway, 'HEAD /a');
  const got = await ask(gateway, 'GET /a');
  expect(upstream.requests).toHaveLength(2);
  const head = await ask(gateway, 'HEAD /a');
  expect(upstream.requests).toHaveLength(2);
  expect(head.body).toHaveLength(0);
  const lengthOf = (answer: typeof head) =>
    answer.fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  expect(lengthOf(head)).toBe(lengthOf(got));
  expect(Number(lengthOf(head))).toBeGreaterThan(0);
});

test('a large answer comes whole, and a change of it is seen at once', async () => {
  const [gateway, upstream] = await open();
  await attack(gateway, 'POST');
  for (let i = 0; i < 3; i++) expect(bodyOf(await ask(gateway, 'GET /large'))).toBe('x'.repeat(200_000));
  expect(upstream.requests).toHaveLength(1);
  await ask(gateway, 'DELETE /large');
  await ask(gateway, 'GET /large');
  expect(upstream.requests).toHaveLength(3);
});

test('origins are granted for each request, and limits count what memory answers', async () => {
  const api = {
    id: 'web',
    path: '/',
    authenticate: 'none',
    cors: { origins: ['https://a.test', 'https://b.test'] },
  };
  const upstream = await start({ respond: reflect });
  closing.push({ [Symbol.asyncDispose]: () => upstream.close() });
  const gateway = await startTestGateway(
    plainConfig(upstream.port, {
      apis: [{ ...api, upstream: `http://127.0.0.1:${upstream.port}`, addressLimit: { perMinute: 14 } }],
    }),
  );
  closing.push(gateway);
  await attack(gateway, 'POST');
  const granted = async (origin: string) =>
    (await ask(gateway, 'GET /a', `Origin: ${origin}`)).fields
      .filter(([name]) => name.toLowerCase() === 'access-control-allow-origin')
      .map(([, value]) => value);
  for (const origin of ['https://a.test', 'https://b.test', 'https://a.test', 'https://b.test'])
    expect(await granted(origin)).toEqual([origin]);
  expect(upstream.requests).toHaveLength(2);
  expect((await ask(gateway, 'GET /a', 'Origin: https://evil.test')).status).toBe(403);
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await ask(gateway, 'GET /a')).status);
  expect(statuses).toContain(200);
  expect(statuses.at(-1)).toBe(429);
});

test('a route that takes keys serves nothing from memory', async () => {
  const [gateway, upstream] = await open({ defaults: {} });
  const { key } = await (async () => {
    gateway.writeConfig(
      plainConfig(upstream.port, {
        apis: [
          {
            id: 'web',
            path: '/',
            upstream: `http://127.0.0.1:${upstream.port}`,
            authenticate: { apiKey: {} },
          },
        ],
      }),
    );
    await gateway.gateway.reload();
    return gateway.createKey({ name: 'k', owner: 'o@company.com', kind: 'internal', scopes: [] });
  })();
  await attack(gateway, 'POST');
  for (let i = 0; i < 2; i++) expect((await ask(gateway, 'GET /a', `X-API-Key: ${key}`)).status).toBe(200);
  expect((await ask(gateway, 'GET /a')).status).toBe(401);
  expect(upstream.requests).toHaveLength(2);
});

test('over HTTP/2 the authority is the host, and says the same as it', async () => {
  await using world = await openTlsWorld({ upstream: { respond: reflect } });
  await attack(world.gateway, 'POST');
  using client = await openHttp2Client(world.port);
  const bodies: string[] = [];
  const heads: Record<string, string>[] = [
    {},
    {},
    { ':authority': 'evil.test' },
    { ':authority': 'API.test' },
    { ':path': '/large' },
    { ':path': '/large' },
    { host: 'evil.test' },
  ];
  for (const [at, over] of heads.entries()) {
    client.head(at * 2 + 1, getHead(over));
    const { status, body } = await client.finished(at * 2 + 1);
    bodies.push(status === 200 ? body.toString('latin1') : String(status));
  }
  expect(bodies[1]).toBe(bodies[0]);
  expect(bodies[3]).toBe(bodies[0]);
  expect(bodies[2]).not.toBe(bodies[0]);
  expect(bodies[0]).not.toContain('evil');
  expect(bodies[5]).toBe('x'.repeat(200_000));
  expect(bodies[6]).toBe('400');
  expect(world.upstream.requests.map(({ target }) => target)).toEqual(['/', '/', '/large']);
});
