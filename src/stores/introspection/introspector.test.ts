import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type IntrospectionEndpoint,
  replies,
  startIntrospection,
} from '../../../test/support/introspection-server.ts';
import type { ClientCredentials, IntrospectionServer } from '../../core/ports.ts';
import { CallLimits } from './call-limits.ts';
import { Introspector } from './introspector.ts';

const CLIENT: ClientCredentials = {
  method: 'client_secret_basic',
  id: 'gw',
  secret: 's3cret',
  privateKey: '',
  keyId: '',
};
const TOKEN = 'a-token.that~is+secret/=';

let endpoint: IntrospectionEndpoint;
let clock: { time: number; nowMs(): number };
let introspector: Introspector;

beforeAll(async () => {
  endpoint = await startIntrospection();
});
afterAll(() => endpoint[Symbol.asyncDispose]());
beforeEach(() => {
  endpoint.asked.length = 0;
  endpoint.answer = replies({ active: true, sub: 'alice' });
  clock = { time: Date.UTC(2026, 0, 1), nowMs: () => clock.time };
  introspector = new Introspector(clock);
});

function ask(change: Partial<IntrospectionServer> = {}, client: Partial<ClientCredentials> = {}) {
  const limits = { timeoutMs: 1000, maxCalls: 8, callsPerS: 100 };
  const server = { endpoint: endpoint.url, issuer: '', ...limits, ...change };
  return introspector.introspect({ ...server, client: { ...CLIENT, ...client } }, TOKEN);
}

describe('a question', () => {
  test('has the form of RFC 7662', async () => {
    expect(await ask()).toEqual({ kind: 'active', claims: { active: true, sub: 'alice' } });
    const [{ headers, parameters }] = endpoint.asked as [(typeof endpoint.asked)[0]];
    expect(headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      authorization: `Basic ${Buffer.from('gw:s3cret').toString('base64')}`,
    });
    expect(Object.fromEntries(parameters)).toEqual({ token: TOKEN, token_type_hint: 'access_token' });
  });

  test.each([
    ['gw:1', 'pass word', 'gw%3A1:pass+word'],
    ['ü', 'a%b&c=d', '%C3%BC:a%25b%26c%3Dd'],
    ["it's", '(x)*~!', 'it%27s:%28x%29*%7E%21'],
  ])('encodes %j and %j before it puts them together', async (id, secret, pair) => {
    await ask({}, { id, secret });
    expect(Buffer.from(endpoint.asked[0]?.headers.authorization?.slice(6) ?? '', 'base64').toString()).toBe(
      pair,
    );
  });

  test('may carry the secret in its body', async () => {
    await ask({}, { method: 'client_secret_post' });
    const [{ headers, parameters }] = endpoint.asked as [(typeof endpoint.asked)[0]];
    expect(headers.authorization).toBeUndefined();
    expect(Object.fromEntries(parameters)).toMatchObject({ client_id: 'gw', client_secret: 's3cret' });
  });

  test.each([
    ['rsa', { modulusLength: 2048 }, 'RS256', 'sha256'],
    ['ec', { namedCurve: 'P-256' }, 'ES256', 'sha256'],
    ['ed25519', {}, 'EdDSA', null],
  ] as const)('may be signed with a key of kind %s', async (kind, options, alg, hash) => {
    const pair = generateKeyPairSync(kind as 'rsa', options as { modulusLength: number });
    const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    await ask(
      { issuer: 'https://idp.test' },
      { method: 'private_key_jwt', privateKey, keyId: 'k1', secret: '' },
    );
    await ask({}, { method: 'private_key_jwt', privateKey, secret: '' });
    const [first, second] = endpoint.asked.map(({ parameters }) => {
      expect(parameters.get('client_assertion_type')).toBe(
        'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      );
      const [header, claims, signature] = (parameters.get('client_assertion') as string).split('.') as [
        string,
        string,
        string,
      ];
      const key = {
        key: createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' })),
        dsaEncoding: 'ieee-p1363' as const,
      };
      expect(verify(hash, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(
        true,
      );
      return [header, claims].map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    });
    const nowS = clock.time / 1000;
    expect(first?.[0]).toEqual({ alg, kid: 'k1' });
    expect(first?.[1]).toMatchObject({
      iss: 'gw',
      sub: 'gw',
      aud: 'https://idp.test',
      iat: nowS,
      exp: nowS + 60,
    });
    expect(second?.[0]).toEqual({ alg });
    expect(second?.[1].aud).toBe(endpoint.url);
    expect(second?.[1].jti).not.toBe(first?.[1].jti);
  });

  test('goes where the metadata of the issuer says', async () => {
    expect((await ask({ endpoint: '', issuer: endpoint.origin })).kind).toBe('active');
    const other = await ask({ endpoint: '', issuer: `${endpoint.origin}/other` });
    expect(other).toMatchObject({
      kind: 'unavailable',
      problem: expect.stringContaining('names another issuer'),
    });
  });
});

describe('an answer', () => {
  test('that a token is not active is no failure', async () => {
    endpoint.answer = replies({ active: false, sub: 'ignored' });
    for (let i = 0; i < 10; i++) expect(await ask()).toEqual({ kind: 'inactive' });
  });

  test.each([
    [
      '401: the credentials of the gateway are wrong',
      replies({}, 401),
      'refuses the client credentials of the gateway (status 401)',
    ],
    ['403', replies({}, 403), 'refuses the client credentials'],
    ['404', replies('no', 404), 'status 404'],
    ['429', replies('no', 429), 'status 429'],
    ['500', replies('no', 500), 'status 500'],
    [
      'a redirect',
      ((_, response) =>
        response.writeHead(307, { location: 'https://evil.test/' }).end()) as typeof endpoint.answer,
      'redirects',
    ],
    ['HTML', replies('<html>', 200, 'text/html'), 'another type than JSON'],
    ['a signed one', replies('a.b.c', 200, 'application/token-introspection+jwt'), 'another type than JSON'],
    ['something that is no JSON', replies('{"active":true'), 'not JSON'],
    ['a duplicate name', replies('{"active":false,"active":true}'), 'not JSON'],
    ['a list', replies([]), 'no object'],
    ['null', replies('null'), 'no object'],
    ['nothing', replies(''), 'not JSON'],
    ['no `active`', replies({ sub: 'alice' }), '`active`'],
    ['`active` as text', replies({ active: 'true' }), '`active`'],
    ['`active` as number', replies({ active: 1 }), '`active`'],
    ['a very long one', replies(Buffer.alloc(70_000, ' ')), 'more than 65536 bytes'],
    [
      'a lost connection',
      ((_, response) => response.destroy()) as typeof endpoint.answer,
      'could not be asked',
    ],
    ['silence', (() => {}) as typeof endpoint.answer, 'did not answer within 150 ms'],
    [
      'half an answer',
      ((_, response) =>
        void response
          .writeHead(200, { 'content-type': 'application/json' })
          .write('{')) as typeof endpoint.answer,
      'did not answer within 150 ms',
    ],
  ])('%s makes it unavailable, and tells no secret', async (_, answer, problem) => {
    endpoint.answer = answer;
    const result = await ask({ timeoutMs: 150 });
    expect(result).toMatchObject({ kind: 'unavailable', problem: expect.stringContaining(problem) });
    expect(JSON.stringify(result)).not.toMatch(/s3cret|a-token/);
  });

  test('a server that is not there', async () => {
    const gone = await startIntrospection();
    await gone[Symbol.asyncDispose]();
    expect(await ask({ endpoint: gone.url })).toMatchObject({
      kind: 'unavailable',
      problem: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('a server that comes back on the same connection pool', async () => {
    const first = await startIntrospection(replies({ active: true }));
    const port = Number(new URL(first.url).port);
    expect((await ask({ endpoint: first.url })).kind).toBe('active');
    await first[Symbol.asyncDispose]();
    await using _ = await startIntrospection(replies({ active: true }), port);
    expect((await ask({ endpoint: first.url })).kind).toBe('active');
  });
});

describe('how often it is asked', () => {
  test('after five failures in a row it is left alone for five seconds, then tried by one', async () => {
    endpoint.answer = replies('no', 500);
    for (let i = 0; i < 5; i++) await ask();
    expect(endpoint.asked).toHaveLength(5);
    const refused = await Promise.all([ask(), ask(), ask()]);
    expect(refused).toEqual(
      Array(3).fill({ kind: 'unavailable', problem: expect.stringContaining('status 500') }),
    );
    expect(endpoint.asked).toHaveLength(5);
    clock.time += 5000;
    await Promise.all([ask(), ask(), ask()]);
    expect(endpoint.asked).toHaveLength(6);
    endpoint.answer = replies({ active: true });
    expect((await ask()).kind).toBe('unavailable');
    clock.time += 5000;
    expect((await ask()).kind).toBe('active');
    expect((await Promise.all([ask(), ask()])).map(({ kind }) => kind)).toEqual(['active', 'active']);
  });

  test('other servers are asked meanwhile', async () => {
    await using other = await startIntrospection(replies({ active: true }));
    endpoint.answer = replies('no', 500);
    for (let i = 0; i < 6; i++) await ask();
    expect((await ask({ endpoint: other.url })).kind).toBe('active');
  });

  test('no more than so many calls a second, and so many at once', async () => {
    const many = await Promise.all(Array.from({ length: 40 }, () => ask({ callsPerS: 10, maxCalls: 100 })));
    expect(many.filter(({ kind }) => kind === 'active')).toHaveLength(10);
    expect(many.filter(({ kind }) => kind === 'busy')).toHaveLength(30);
    expect(endpoint.asked).toHaveLength(10);
    clock.time += 500;
    const later = await Promise.all(Array.from({ length: 10 }, () => ask({ callsPerS: 10, maxCalls: 100 })));
    expect(later.filter(({ kind }) => kind === 'active')).toHaveLength(5);
    const atOnce = await Promise.all(Array.from({ length: 10 }, () => ask({ maxCalls: 3 })));
    expect(atOnce.filter(({ kind }) => kind === 'active')).toHaveLength(3);
  });

  test('a clock that jumps gives no more than a second’s calls, and takes none away', () => {
    const limits = new CallLimits(100, 5, 1_000_000);
    const takeAll = (nowMs: number): number => {
      let taken = 0;
      while (limits.take(nowMs)) {
        limits.succeeded();
        taken++;
      }
      return taken;
    };
    expect(takeAll(1_000_000)).toBe(5);
    expect(takeAll(9_000_000)).toBe(5);
    expect(takeAll(1_000_000)).toBe(0);
    expect(takeAll(1_001_000)).toBe(5);
  });
});
