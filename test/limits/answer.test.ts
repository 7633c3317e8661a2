import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { getHead, openHttp2Client } from '../support/http2-client.ts';
import { valuesOf } from '../support/message-reader.ts';
import { exchange, type RawResponse } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

/** An upstream that speaks of limits of its own. */
const TALKATIVE = [
  'HTTP/1.1 200 OK',
  'Content-Length: 2',
  'X-RateLimit-Limit: 7',
  'x-ratelimit-remaining: 7',
  'X-RateLimit-Reset: 7',
  'RateLimit: "theirs";r=7',
  'RateLimit-Policy: "theirs";q=7',
  'X-RateLimit-Used: 7',
  'Retry-After: 7',
  '',
  'ok',
].join('\r\n');

let upstream: RecordingUpstream;
let gateway: TestGateway;
let alice: string;
let bob: string;
let turn = 0;

beforeAll(async () => {
  upstream = await start({ respond: () => TALKATIVE });
  const common = { upstream: `http://127.0.0.1:${upstream.port}`, stripPath: true };
  const cors = { origins: ['https://app.test'] };
  const { cert, key } = makeCertificate(['api.test']);
  const files = { 'tls.pem': cert, 'tls.key': key };
  const config = {
    version: 1,
    threads: 1,
    dataDir: './data',
    listeners: [
      { name: 'web', host: '127.0.0.1', port: 0 },
      {
        name: 'tls',
        host: '127.0.0.1',
        port: 0,
        tls: { certificates: [{ cert: 'tls.pem', key: 'tls.key' }] },
      },
    ],
    admin: { port: 0 },
    upgradeUrl: 'https://company.com/pricing',
    tiers: { basic: { perMinute: 3 } },
    apis: [
      {
        id: 'keys',
        path: '/keys',
        ...common,
        cors,
        authenticate: { apiKey: {} },
        authorize: [{ methods: ['GET', 'HEAD'], roles: ['reader'] }],
        rateLimit: { tier: 'fromPrincipal', defaultTier: 'basic' },
      },
      {
        id: 'open',
        path: '/open',
        ...common,
        authenticate: 'none',
        rateLimit: { perMinute: 2, by: { header: 'X-Turn' } },
      },
      { id: 'free', path: '/free', ...common, authenticate: 'none' },
      {
        id: 'watched',
        path: '/watched',
        ...common,
        authenticate: 'none',
        rateLimit: { perMinute: 1, mode: 'observe' },
      },
    ],
  };
  gateway = await startTestGateway(config, files);
});

beforeEach(async () => {
  turn++;
  const create = (owner: string, tier: string) =>
    gateway.createKey({ name: `${owner}-${turn}`, owner, roles: ['reader'], tier });
  ({ key: alice } = await create('alice', 'basic'));
  ({ key: bob } = await create('bob', 'pro'));
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

async function ask(path: string, headers: readonly string[] = [], method = 'GET'): Promise<RawResponse> {
  const lines = ['Host: a.test', ...headers].map((line) => `${line}\r\n`).join('');
  const { responses } = await exchange(gateway.port, `${method} ${path} HTTP/1.1\r\n${lines}\r\n`, {
    expect: 1,
    methods: [method],
    idleMs: 10_000,
  });
  return responses[0] as RawResponse;
}

const remaining = (response: RawResponse) => valuesOf(response, 'x-ratelimit-remaining');
const withKey = (key: string) => [`X-API-Key: ${key}`];

describe('a refusal', () => {
  test('has names, types, order and one instant of the requirements', async () => {
    for (let i = 0; i < 3; i++) await ask('/keys/a', withKey(alice));
    const response = await ask('/keys/a', withKey(alice));
    expect(response.status).toBe(429);
    const body = JSON.parse(String(response.body));
    expect(Object.keys(body)).toEqual([
      'type',
      'title',
      'status',
      'error',
      'message',
      'retry_after',
      'current_limit',
      'remaining',
      'reset_at',
      'tier',
      'upgrade_url',
      'request_id',
    ]);
    expect(body).toMatchObject({
      error: 'rate_limit_exceeded',
      current_limit: 3,
      remaining: 0,
      tier: 'Basic',
      upgrade_url: 'https://company.com/pricing',
      message: `You have exceeded your rate limit. Please retry after ${body.retry_after} seconds.`,
    });
    expect(body.reset_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const one = (name: string) => {
      const values = valuesOf(response, name);
      expect(values).toHaveLength(1);
      return values[0] as string;
    };
    const resetS = Number(one('x-ratelimit-reset'));
    expect(Date.parse(body.reset_at)).toBe(resetS * 1000);
    expect(Date.parse(one('retry-after-date'))).toBe(resetS * 1000);
    expect(one('retry-after')).toBe(String(body.retry_after));
    expect(one('ratelimit')).toBe(`"minute";r=0;t=${body.retry_after}`);
    expect(one('ratelimit-policy')).toBe('"minute";q=3;w=60');
    expect(one('x-ratelimit-limit')).toBe('3');
    expect(one('x-ratelimit-remaining')).toBe('0');
    const nowS = Date.now() / 1000;
    expect(Math.abs(nowS + body.retry_after - resetS)).toBeLessThan(2);
  });

  test('of HEAD has the same header and no body, and HEAD counts with GET', async () => {
    await ask('/keys/a', withKey(alice), 'HEAD');
    await ask('/keys/a', withKey(alice));
    await ask('/keys/a', withKey(alice), 'HEAD');
    const [head, get] = [await ask('/keys/a', withKey(alice), 'HEAD'), await ask('/keys/a', withKey(alice))];
    expect([head.status, get.status]).toEqual([429, 429]);
    expect(head.body).toHaveLength(0);
    const named = (response: RawResponse) =>
      response.fields.map(([name]) => name.toLowerCase()).filter((name) => /ratelimit|retry/.test(name));
    expect(named(head)).toEqual(named(get));
    expect(valuesOf(head, 'content-length')).toEqual([String(get.body.length)]);
  });

  test('over HTTP/2 is the same, and counts with HTTP/1', async () => {
    for (let i = 0; i < 2; i++) await ask('/keys/a', withKey(alice));
    const client = await openHttp2Client(gateway.gateway.ports.tls as number);
    const over2 = (stream: number) => {
      client.head(stream, getHead({ ':path': '/keys/a', 'x-api-key': alice }));
      return client.finished(stream);
    };
    const [first, second] = [await over2(1), await over2(3)];
    client.close();
    expect([first.status, second.status]).toEqual([200, 429]);
    expect(JSON.parse(String(second.body))).toMatchObject({ current_limit: 3, remaining: 0, tier: 'Basic' });
    const fields = new Map(second.fields as readonly [string, string][]);
    expect(fields.get('ratelimit-policy')).toBe('"minute";q=3;w=60');
    expect(fields.get('x-ratelimit-remaining')).toBe('0');
    expect(fields.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('what takes nothing from a caller', () => {
  const left = async () => remaining(await ask('/keys/a', withKey(alice)));

  test('preflights', async () => {
    const preflight = ['Origin: https://app.test', 'Access-Control-Request-Method: GET'];
    for (let i = 0; i < 5; i++) expect((await ask('/keys/a', preflight, 'OPTIONS')).status).toBe(204);
    expect(await left()).toEqual(['2']);
  });

  test('refused credentials, missing, wrong and twice', async () => {
    const wrong = `${alice.slice(0, -1)}${alice.endsWith('a') ? 'b' : 'a'}`;
    for (const headers of [[], withKey(wrong), [...withKey(alice), ...withKey(alice)], withKey('x')])
      for (let i = 0; i < 3; i++) expect([400, 401]).toContain((await ask('/keys/a', headers)).status);
    expect(await left()).toEqual(['2']);
  });

  test('what the key of another sends', async () => {
    for (let i = 0; i < 5; i++) await ask('/keys/a', withKey(bob));
    expect(await left()).toEqual(['2']);
  });

  test('but what it may not do does', async () => {
    expect((await ask('/keys/a', withKey(alice), 'DELETE')).status).toBe(403);
    expect(await left()).toEqual(['1']);
  });
});

describe('ways around a limit that lead nowhere', () => {
  test.each([
    ['another case of the path', ['/keys/a', '/KEYS/A', '/Keys/a', '/keys/A']],
    ['other spellings of the path', ['/keys/a', '/keys/%61', '/keys/./a', '/keys/b/../a']],
    ['queries', ['/keys/a', '/keys/a?x=1', '/keys/a?x=2', '/keys/a?']],
    ['other paths', ['/keys/a', '/keys/b', '/keys/c', '/keys/d']],
  ])('%s', async (_, paths) => {
    const statuses: number[] = [];
    for (const path of paths) statuses.push((await ask(path, withKey(alice))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  test('a method in a header field', async () => {
    for (let i = 0; i < 3; i++)
      expect((await ask('/keys/a', [...withKey(alice), 'X-HTTP-Method-Override: HEAD'])).status).toBe(200);
    expect((await ask('/keys/a', [...withKey(alice), 'X-HTTP-Method-Override: HEAD'])).status).toBe(429);
    expect(upstream.requests.some(({ fields }) => fields.some(([name]) => /override/i.test(name)))).toBe(
      false,
    );
  });

  test('another case of a header value, blanks around it, the header twice or without value', async () => {
    const turns = (...lines: string[]) =>
      ask(
        '/open/a',
        lines.map((value) => `X-Turn:${value}`),
      );
    const statuses: number[] = [];
    for (const value of [`Phone${turn}`, ` phone${turn}`, `\tPHONE${turn} `])
      statuses.push((await turns(value)).status);
    expect(statuses).toEqual([200, 200, 429]);
    const absent: number[] = [];
    for (const values of [[], [''], ['a', 'b'], [' c', ' d']]) absent.push((await turns(...values)).status);
    expect(absent).toEqual([200, 200, 429, 429]);
  });
});

describe('fields of the upstream', () => {
  test('in the names of ours are replaced, each once; others pass', async () => {
    const response = await ask('/keys/a', withKey(alice));
    expect(valuesOf(response, 'x-ratelimit-limit')).toEqual(['3']);
    expect(remaining(response)).toEqual(['2']);
    expect(valuesOf(response, 'x-ratelimit-reset')).toHaveLength(1);
    expect(valuesOf(response, 'ratelimit')).toEqual([expect.stringContaining('"minute";r=2')]);
    expect(valuesOf(response, 'ratelimit-policy')).toEqual(['"minute";q=3;w=60']);
    expect(valuesOf(response, 'x-ratelimit-used')).toEqual(['7']);
    expect(valuesOf(response, 'retry-after')).toEqual(['7']);
  });

  test.each(['/free/a', '/watched/a'])('pass where the gateway tells of no limit (%s)', async (path) => {
    await ask(path);
    const response = await ask(path);
    expect(response.status).toBe(200);
    expect(valuesOf(response, 'x-ratelimit-limit')).toEqual(['7']);
    expect(valuesOf(response, 'ratelimit')).toEqual(['"theirs";r=7']);
  });
});
