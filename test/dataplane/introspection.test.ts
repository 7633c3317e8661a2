import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { replies, startIntrospection } from '../support/introspection-server.ts';
import { issuerBlock, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { valuesOf } from '../support/message-reader.ts';
import { type RecordingUpstream, type SeenRequest, start } from '../support/recording-upstream.ts';
import { type Running, startNode } from '../support/run-node.ts';
import { type JournalRecord, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const AUDIENCE = 'https://orders.test';
const SECRET = 'gateway & its secret: %';

let port: number;
let provider: Running;
let upstream: RecordingUpstream;
let issuer: TestIssuer;
let gateway: TestGateway;

async function startProvider(): Promise<void> {
  provider = startNode(join(import.meta.dirname, '../support/provider-entry.ts'), [String(port)]);
  await provider.saysOut('ready');
}

async function killProvider(): Promise<void> {
  provider.process.kill('SIGKILL');
  await provider.ended;
}

function form(path: string, client: string, parameters: Record<string, string>): Promise<Response> {
  const encode = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
  const pair = `${encode(client)}:${encode(`${client} & its secret: %`)}`;
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    body: new URLSearchParams(parameters),
  });
}

async function newToken(scope = 'orders:read', resource = AUDIENCE): Promise<string> {
  const response = await form('/token', 'caller', { grant_type: 'client_credentials', scope, resource });
  const body = (await response.json()) as { access_token: string };
  expect(response.status, JSON.stringify(body)).toBe(200);
  return body.access_token;
}

beforeAll(async () => {
  [port] = (await freePorts(1)) as [number];
  await startProvider();
  upstream = await start();
  issuer = await startIssuer();
  process.env.GATEWAY_SECRET = SECRET;
  const origin = `http://127.0.0.1:${port}`;
  const client = { id: 'gateway', secret: '${env:GATEWAY_SECRET}' };
  const introspection = { issuer: 'idp', client, audience: AUDIENCE, cacheS: 1, inactiveCacheS: 1 };
  const api = (id: string, authenticate: object, more: object = {}): object => ({
    id,
    path: `/${id}`,
    upstream: `http://127.0.0.1:${upstream.port}`,
    authenticate,
    ...more,
  });
  gateway = await startTestGateway({
    version: 1,
    threads: 1,
    dataDir: './data',
    listeners: [{ name: 'web', host: '127.0.0.1', port: 0 }],
    admin: { port: 0 },
    issuers: [{ id: 'idp', issuer: origin }, issuerBlock(issuer)],
    apis: [
      api(
        'orders',
        { introspection, identityHeaders: { 'X-Client': 'client', 'X-Type': 'type' } },
        { authorize: [{ scopes: ['orders:read'] }] },
      ),
      api('both', {
        anyOf: [{ jwt: { issuer: 'test', audience: 'api' } }, { introspection }, { apiKey: {} }],
      }),
      api('wrong', {
        introspection: { ...introspection, client: { id: 'gateway', secret: 'not the secret' } },
      }),
      api('watched', { mode: 'observe', introspection }),
    ],
  });
}, 60_000);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
  await issuer[Symbol.asyncDispose]();
  await killProvider();
});

async function ask(api: string, token: string, more: Record<string, string> = {}) {
  const headers = { authorization: `Bearer ${token}`, ...more };
  const response = await fetch(`http://127.0.0.1:${gateway.port}/${api}`, { headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

async function decisionOf(answer: { readonly headers: Headers }) {
  const id = answer.headers.get('x-request-id');
  const find = async () => (await gateway.records(0)).find((record) => record['http.request.id'] === id);
  await until(`the record of ${id}`, async () => (await find()) !== undefined);
  return ((await find()) as JournalRecord).portcullis.decision;
}

describe('opaque tokens of an authorization server in another process', () => {
  test('are accepted with the rights that the server says, and refused without them', async () => {
    upstream.clear();
    expect((await ask('orders', await newToken())).status).toBe(200);
    const [seen] = upstream.requests as [SeenRequest];
    expect(valuesOf(seen, 'x-client')).toEqual(['caller']);
    expect(valuesOf(seen, 'x-type')).toEqual(['client']);
    const poor = await ask('orders', await newToken('orders:write'));
    expect(poor.status).toBe(403);
    expect(poor.headers.get('www-authenticate')).toContain('insufficient_scope');
  });

  test('are refused when they are of another API, unknown, or no tokens', async () => {
    const other = await ask('orders', await newToken('orders:read', 'https://billing.test'));
    expect(await decisionOf(other)).toMatchObject({ reason: 'authn.audience' });
    const unknown = await ask('orders', 'a-token-that-nobody-gave-out');
    expect(unknown.status).toBe(401);
    expect(unknown.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(await decisionOf(unknown)).toMatchObject({ reason: 'authn.inactive' });
    expect((await ask('orders', 'not,a,token')).status).toBe(401);
  });

  test('are refused from the end of the cache on, when they are revoked', async () => {
    const token = await newToken();
    expect((await ask('orders', token)).status).toBe(200);
    expect((await form('/token/revocation', 'caller', { token })).status).toBe(200);
    await until(
      'the revoked token is refused',
      async () => (await ask('orders', token)).status === 401,
      5000,
    );
  });

  test('with wrong credentials of the gateway: 503, and the journal says whose fault it is', async () => {
    const answer = await ask('wrong', await newToken());
    expect(answer.status).toBe(503);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    const decision = await decisionOf(answer);
    expect(decision.reason).toBe('authn.unavailable');
    expect(decision.detail).toMatch(
      /refuses the client credentials of the gateway \(status 40[01]\)|status 400/,
    );
  });

  test('beside a JWT and a key: each of its own kind, and both must be of one caller', async () => {
    const token = await newToken();
    const { key } = await gateway.createKey({ name: 'k', owner: 'somebody' });
    expect((await ask('both', token)).status).toBe(200);
    expect((await ask('both', issuer.sign())).status).toBe(200);
    expect((await ask('both', `${issuer.sign().slice(0, -10)}AAAAAAAAAA`)).status).toBe(401);
    const two = await ask('both', token, { 'x-api-key': key });
    expect(two.status).toBe(400);
    expect(await decisionOf(two)).toMatchObject({ reason: 'authn.contradiction' });
    expect((await ask('both', 'unknown', { 'x-api-key': key })).status).toBe(401);
  });

  test('the server dies: 503 with the cause, what is remembered still works, and all is well when it is back', async () => {
    const token = await newToken();
    expect((await ask('orders', token)).status).toBe(200);
    await killProvider();
    expect((await ask('orders', token)).status).toBe(200);
    const fresh = await ask('orders', 'another-token');
    expect(fresh.status).toBe(503);
    const decision = await decisionOf(fresh);
    expect(decision).toMatchObject({ reason: 'authn.unavailable', stage: 'authentication' });
    expect(decision.detail).toContain('ECONNREFUSED');
    expect(fresh.text).not.toContain('ECONNREFUSED');
    await until(
      'what is remembered is forgotten',
      async () => (await ask('orders', token)).status === 503,
      5000,
    );
    expect((await ask('watched', token)).status).toBe(200);
    for (let i = 0; i < 10; i++) expect((await ask('orders', `t${i}`)).status).toBe(503);
    await startProvider();
    const again = await newToken();
    await until('new tokens are accepted', async () => (await ask('orders', again)).status === 200, 20_000);
    // The server has forgotten what it gave out before.
    expect((await ask('orders', token)).status).toBe(401);
  }, 60_000);

  test('nothing of tokens or secrets is in journal, log or admin API', async () => {
    const token = await newToken();
    await decisionOf(await ask('orders', token));
    const journal = readFileSync(gateway.gateway.services.journalPath(), 'utf8');
    const shown = await (await gateway.admin('/v1/config')).text();
    for (const text of [journal, JSON.stringify(gateway.log), shown]) {
      for (const secret of [token, 'a-token-that-nobody-gave-out', SECRET, 'not the secret'])
        expect(text).not.toContain(secret);
    }
  });
});

test('a flood of random tokens reaches the server at the rate that is allowed, and good ones that are known still pass', async () => {
  await using endpoint = await startIntrospection(({ parameters }, response) => {
    const isGood = parameters.get('token') === 'good';
    replies(isGood ? { active: true, sub: 'alice' } : { active: false })(null as never, response);
  });
  const client = { id: 'gw', secret: 'x' };
  await using own = await startTestGateway({
    version: 1,
    threads: 1,
    dataDir: './data',
    listeners: [{ name: 'web', host: '127.0.0.1', port: 0 }],
    admin: { port: 0 },
    apis: [
      {
        id: 'web',
        path: '/',
        upstream: `http://127.0.0.1:${upstream.port}`,
        authenticate: {
          introspection: { endpoint: endpoint.url, client, callsPerS: 20, maxCalls: 4, replay: 'off' },
        },
      },
    ],
  });
  const status = async (token: string): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${own.port}/`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await response.arrayBuffer();
    return response.status;
  };
  expect(await status('good')).toBe(200);
  const startMs = Date.now();
  const flood: number[] = [];
  for (let round = 0; round < 20; round++) {
    flood.push(...(await Promise.all(Array.from({ length: 20 }, (_, i) => status(`random-${round}-${i}`)))));
    expect(await status('good')).toBe(200);
  }
  const seconds = (Date.now() - startMs) / 1000;
  expect(new Set(flood)).toEqual(new Set([401, 503]));
  expect(endpoint.asked.length).toBeLessThanOrEqual(1 + 20 + Math.ceil(seconds * 20));
});
