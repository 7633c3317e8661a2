import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  journalLine,
  openTestServices,
  START_MS,
  type TestServices,
} from '../../test/support/control-services.ts';
import { ConfigError, Unavailable } from '../core/errors.ts';
import { parseApiKey } from '../lib/apikey/key-format.ts';
import type { AdminEvent } from './admin-handler.ts';
import { type AdminListener, openAdminListener } from './admin-listener.ts';
import { adminClient } from './client.ts';
import { Problem } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { loadAdminToken } from './token.ts';

let world: TestServices;
let listener: AdminListener;
let token: string;
let bugs: unknown[];
let events: AdminEvent[];

async function start(overrides: Parameters<typeof openTestServices>[0] = {}): Promise<void> {
  world = await openTestServices(overrides);
  token = loadAdminToken(world.dir).token;
  bugs = [];
  events = [];
  listener = await openAdminListener({
    host: '127.0.0.1',
    port: 0,
    token,
    services: world.services,
    onBug: (error) => bugs.push(error),
    onAnswered: (event) => events.push(event),
  });
}

async function stop(): Promise<void> {
  await listener.close();
  await world.close();
}

beforeEach(() => start());
afterEach(stop);

const send = (path: string, init: RequestInit = {}, headers: Record<string, string> = {}) =>
  fetch(`${listener.url}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...headers } });

/** Sends bytes as they are and gives back everything that was answered until the connection closed. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(listener.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('the token', () => {
  const paths = [...new Set(Object.values(OPERATIONS).map((operation) => operation.path))];

  test.each(paths)('is asked for at %s, except by health checks', async (path) => {
    const isOpen = ['/livez', '/readyz', '/startupz'].includes(path);
    const response = await fetch(listener.url + path.replace('{id}', 'AAAA'));
    expect(response.status).toBe(isOpen ? 200 : 401);
    if (!isOpen) expect(response.headers.get('www-authenticate')).toBe('Bearer realm="portcullis"');
  });

  test.each([
    ['no scheme', () => token],
    ['another scheme', () => `Basic ${token}`],
    ['another token', () => `Bearer ${'A'.repeat(43)}`],
    ['a shorter one', () => `Bearer ${token.slice(0, -1)}`],
    ['two of them', () => `Bearer ${token}, Bearer ${token}`],
    ['an empty one', () => 'Bearer '],
  ])('is not given by %s', async (_, authorization) => {
    expect((await send('/v1/status', {}, { authorization: authorization() })).status).toBe(401);
  });

  test('is not taken from the query', async () => {
    expect((await fetch(`${listener.url}/v1/status?token=${token}&access_token=${token}`)).status).toBe(401);
  });

  test('is asked for before anyone learns which paths and methods exist', async () => {
    expect((await fetch(`${listener.url}/v1/nothing`)).status).toBe(401);
    expect((await fetch(`${listener.url}/v1/status`, { method: 'PUT' })).status).toBe(401);
    expect((await fetch(`${listener.url}/livez`, { method: 'POST' })).status).toBe(401);
  });
});

describe('the host', () => {
  const request = (host: string) =>
    raw(`GET /v1/status HTTP/1.1\r\n${host}Authorization: Bearer ${token}\r\nConnection: close\r\n\r\n`);

  test.each(['localhost', 'LOCALHOST:9443', '127.0.0.1', '127.8.9.1:1', '[::1]', '[::1]:9443'])(
    'may be %s',
    async (host) => {
      expect(await request(`Host: ${host}\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example:127',
    '[::2]',
    '0.0.0.0',
    'localhost@evil.example',
    '127.0.0.1, evil.example',
    '',
  ])('may not be %j, whatever the token (DNS rebinding)', async (host) => {
    expect(await request(`Host: ${host}\r\n`)).toMatch(/^HTTP\/1\.1 (421|400) /);
  });

  test('may not be missing', async () => {
    expect(await request('')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('refusals', () => {
  test('are problem documents with the members of all our refusals', async () => {
    const response = await send('/v1/nothing');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      error: 'not_found',
      message: expect.stringMatching(/\.$/),
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test.each([
    ['PUT', '/v1/keys', 'GET, POST'],
    ['POST', '/v1/keys/AAAA', 'GET, DELETE'],
    ['OPTIONS', '/v1/status', 'GET'],
  ])('%s %s names the methods there are', async (method, path, allow) => {
    const response = await send(path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
  });

  test.each([
    '/v1/keys/',
    '/v1/keys/a/b',
    '/v1//keys',
    '//v1/keys',
    '/V1/keys',
    '/v1/keys/%2e%2e',
    '/v1/keys/%ff',
  ])('the path %s leads nowhere', async (path) => {
    const answer = await raw(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (404|422) /);
  });

  test.each([
    ['not JSON', '{"name":', 'application/json', 400],
    ['a duplicate key', '{"name":"a","scopes":["x"],"scopes":["y"]}', 'application/json', 400],
    ['deep JSON', `${'['.repeat(100)}${']'.repeat(100)}`, 'application/json', 400],
    ['a form, as a page of another site could send it', 'name=a', 'application/x-www-form-urlencoded', 415],
    ['text, as a page of another site could send it', '{"name":"a"}', 'text/plain', 415],
  ])('a body that is %s', async (_, body, type, status) => {
    const response = await send('/v1/keys', { method: 'POST', body }, { 'content-type': type });
    expect(response.status).toBe(status);
    expect(await world.services.keys.list()).toEqual([]);
  });

  test('a body over 1 MiB, declared or not, is refused without being held', async () => {
    const head = `POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
    expect(await raw(`${head}Content-Length: 1048577\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 413 [\s\S]*\r\nconnection: close\r\n/i,
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    expect(await raw(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`)).toMatch(
      /^HTTP\/1\.1 413 /,
    );
  });

  test('a query parameter given twice', async () => {
    expect((await send('/v1/requests?limit=1&limit=2')).status).toBe(400);
  });

  test('what is not HTTP', async () => {
    expect(await raw('\x16\x03\x01\x02\x00')).toMatch(/^HTTP\/1\.1 400 /);
    expect(
      await raw(`GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('a store that is down is 503 with its sentence, a defect is 500 without its text', async () => {
    await stop();
    let error: Error = new Unavailable('database', 'The disk of the database is full: free space there.');
    await start({
      redactedConfig: () => {
        throw error;
      },
    });
    const down = await send('/v1/config');
    expect([down.status, ((await down.json()) as { message: string }).message]).toEqual([503, error.message]);
    error = new TypeError('secret internals');
    const broken = await send('/v1/config');
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('secret internals');
    expect(bugs).toEqual([error]);
  });
});

test('no page of another site can read an answer or make one be cached', async () => {
  const response = await send('/v1/status', {}, { origin: 'https://evil.example' });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test('metrics come as Prometheus text', async () => {
  const response = await send('/metrics');
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toBe('# HELP portcullis_threads Threads.\n');
});

test('two listeners cannot share a port, and the sentence names it', async () => {
  const second = openAdminListener({
    host: '127.0.0.1',
    port: listener.port,
    token,
    services: world.services,
    onBug: () => {},
  });
  await expect(second).rejects.toThrow(
    `The admin listener cannot use 127.0.0.1:${listener.port}: another process does. Stop that one, or set \`admin.port\`.`,
  );
  await expect(second).rejects.toBeInstanceOf(Unavailable);
});

test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('does not listen on %s', async (host) => {
  await expect(
    openAdminListener({ host, port: 0, token, services: world.services, onBug: () => {} }),
  ).rejects.toBeInstanceOf(ConfigError);
});

describe('AdminClient', () => {
  const client = (port = listener.port, dataDir = world.dir) =>
    adminClient({ host: '127.0.0.1', port, dataDir });

  test('goes the whole way of a key', async () => {
    const created = await client().call('createKey', { body: { name: 'a', scopes: ['orders:read'] } });
    if (created instanceof Problem) throw new Error(created.message);
    expect(parseApiKey(created.key)?.id).toBe(created.record.id);
    const listed = await client().call('listKeys');
    expect(listed).toMatchObject({ keys: [{ id: created.record.id, status: 'active' }] });
    expect(await client().call('revokeKey', { params: { id: created.record.id } })).toMatchObject({
      record: { status: 'revoked' },
    });
    expect(await client().isRunning()).toBe(true);
  });

  test('passes query parameters and gets explanations', async () => {
    await world.services.decisions.addDecisions([
      { id: 'a/b?c', atMs: START_MS, record: journalLine('a/b?c') },
    ]);
    expect(await client().call('listRequests', { query: { effect: 'deny', limit: 1 } })).toMatchObject({
      requests: [{ id: 'a/b?c' }],
    });
    expect(await client().call('getRequest', { params: { id: 'a/b?c' } })).toMatchObject({
      source: 'database',
    });
    expect(await client().call('getMetrics')).toContain('portcullis_threads');
  });

  test('gives what was refused as a value', async () => {
    const problem = await client().call('createKey', { body: { name: '' } });
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ status: 422, error: 'invalid_input' });
  });

  test('says that no gateway runs', async () => {
    await listener.close();
    const closed = client();
    await expect(closed.call('getStatus')).rejects.toThrow(
      `No gateway is running on 127.0.0.1:${listener.port}: start it with \`portcullis run\`.`,
    );
    expect(await closed.isRunning()).toBe(false);
  });

  test('says that the token is another gateway’s, or not there', async () => {
    const other = `${world.dir}/other`;
    await expect(client(listener.port, other).call('getStatus')).rejects.toThrow(
      /There is no admin token at/,
    );
    loadAdminToken(other);
    await expect(client(listener.port, other).call('getStatus')).rejects.toThrow(
      `The gateway on 127.0.0.1:${listener.port} does not take the token of ${other}: it uses another data folder.`,
    );
  });
});

test('secrets: the key is in one answer only, and nothing that is logged holds key or token', async () => {
  const answers: string[] = [];
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await send(path, init, init.body ? { 'content-type': 'application/json' } : {});
    const text = `${JSON.stringify([...response.headers])}${await response.text()}`;
    answers.push(text);
    return text;
  };
  const created = await ask('/v1/keys', { method: 'POST', body: '{"name":"a"}' });
  const key = /"key":"([^"]+)"/.exec(created)?.[1] as string;
  const parsed = parseApiKey(key);
  const stored = await world.services.keys.find(parsed?.id ?? '');
  for (const operation of Object.values(OPERATIONS)) {
    if (operation.path === '/v1/keys' && operation.method === 'POST') continue;
    await ask(operation.path.replace('{id}', parsed?.id ?? ''), { method: operation.method });
  }
  await ask('/v1/keys', { method: 'POST', body: `{"name":"b","key":"${key}"}` });
  await ask(`/v1/keys/${key}`);
  await ask(`/v1/requests?api=${key}`);
  expect(answers.filter((answer) => answer.includes(parsed?.secret as string))).toEqual([created]);
  const everything = answers.join('') + JSON.stringify([events, bugs]);
  expect(everything).not.toContain(token);
  expect(everything).not.toContain(stored?.hash);
  expect(everything).not.toContain(stored?.salt);
  expect(JSON.stringify([events, bugs])).not.toContain(parsed?.secret);
});
