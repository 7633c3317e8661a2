import { createHmac, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, askAll } from '../support/ask.ts';
import { type IssuerKey, IssuerProcess, makeKey } from '../support/issuer-process.ts';
import { valuesOf } from '../support/message-reader.ts';
import { exchange, type RawResponse } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { encode, signBytes, token } from '../support/sign-token.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const bearer = (text: string) => `Authorization: Bearer ${text}\r\n`;

let upstream: RecordingUpstream;

beforeAll(async () => {
  upstream = await start();
});
afterAll(() => upstream.close());

function startGateway(issuer: IssuerProcess, api: object = {}, facts: object = {}): Promise<TestGateway> {
  const web = { id: 'web', path: '/', upstream: `http://127.0.0.1:${upstream.port}` };
  const authenticate = { jwt: { issuer: 'test', audience: 'api' } };
  const more = { threads: 2, issuers: [issuer.block(facts)], apis: [{ ...web, authenticate, ...api }] };
  return startTestGateway(plainConfig(upstream.port, more));
}

describe('the matrix of bad tokens, with a real issuer', () => {
  let issuer: IssuerProcess;
  let gateway: TestGateway;
  let key: IssuerKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  beforeAll(async () => {
    key = makeKey('k1');
    const encryption = makeKey('enc').publicKey.export({ format: 'jwk' });
    issuer = await IssuerProcess.open(
      [key],
      [
        { ...ec.publicKey.export({ format: 'jwk' }), kid: 'ec' },
        { ...encryption, kid: 'enc', use: 'enc' },
      ],
    );
    gateway = await startGateway(issuer, {}, { algorithms: ['RS256', 'ES256'] });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
  });

  const nowS = () => Math.floor(Date.now() / 1000);
  const signed = (header: object | string, claims: object | string = {}) => {
    const payload = typeof claims === 'string' ? claims : JSON.stringify(issuer.claims({ ...claims }));
    return token(typeof header === 'string' ? header : { ...header }, payload, key.privateKey);
  };
  const RS = { alg: 'RS256', kid: 'k1' };
  const swap = (text: string, part: number, change: (bytes: string) => string) => {
    const parts = text.split('.');
    parts[part] = change(parts[part] as string);
    return parts.join('.');
  };
  const hmacOfPublic = (format: 'pem' | 'jwk') => {
    const data = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode(issuer.claims())}`;
    const secret =
      format === 'pem'
        ? key.publicKey.export({ type: 'spki', format: 'pem' })
        : JSON.stringify(key.publicKey.export({ format: 'jwk' }));
    return `${data}.${createHmac('sha256', secret).update(data).digest('base64url')}`;
  };

  test.each<[string, () => string]>([
    ['as it should be', () => issuer.sign(key)],
    [
      'of an elliptic curve',
      () => token({ alg: 'ES256', kid: 'ec' }, issuer.claims(), ec.privateKey, 'ES256'),
    ],
    ['expired 59 seconds ago', () => issuer.sign(key, { exp: nowS() - 55 })],
    ['valid in 55 seconds', () => issuer.sign(key, { nbf: nowS() + 55 })],
    ['issued 290 seconds ahead', () => issuer.sign(key, { iat: nowS() + 290 })],
  ])('%s passes', async (_, make) => {
    expect((await ask(gateway.port, bearer(make()))).status).toBe(200);
  });

  const own = makeKey('own');
  const jwk = own.publicKey.export({ format: 'jwk' });
  test.each<[string, () => string]>([
    ['alg none', () => `${encode({ alg: 'none' })}.${encode(issuer.claims())}.`],
    ['alg NoNe with a signature', () => signed({ ...RS, alg: 'NoNe' })],
    ['no alg', () => signed({ kid: 'k1' })],
    ['alg as a list', () => signed({ ...RS, alg: ['RS256'] })],
    ['HMAC with the public key as PEM', () => hmacOfPublic('pem')],
    ['HMAC with the public key as JWK', () => hmacOfPublic('jwk')],
    [
      'another algorithm of the same key',
      () => token({ alg: 'RS512', kid: 'k1' }, issuer.claims(), key.privateKey, 'RS512'),
    ],
    [
      'PS256 of an RS256 key',
      () => token({ alg: 'PS256', kid: 'k1' }, issuer.claims(), key.privateKey, 'PS256'),
    ],
    ['an embedded key', () => token({ alg: 'RS256', jwk }, issuer.claims(), own.privateKey)],
    ['an embedded key under a known kid', () => token({ ...RS, jwk }, issuer.claims(), own.privateKey)],
    ['a key address', () => signed({ ...RS, jku: `${issuer.url}/keys` })],
    ['a certificate address', () => signed({ ...RS, x5u: `${issuer.url}/keys` })],
    ['a certificate', () => signed({ ...RS, x5c: ['AAAA'] })],
    ['crit', () => signed({ ...RS, crit: ['exp'], exp: 1 })],
    ['an empty crit', () => signed({ ...RS, crit: [] })],
    ['b64', () => signed({ ...RS, b64: false })],
    ['the type of a proof', () => signed({ ...RS, typ: 'dpop+jwt' })],
    ['the type of a logout token', () => signed({ ...RS, typ: 'logout+jwt' })],
    ['an ID token', () => signed(RS, { at_hash: 'x', nonce: 'n' })],
    ['an empty kid', () => signed({ ...RS, kid: '' })],
    ['a kid that is a number', () => signed({ ...RS, kid: 1 })],
    ['a kid that is a path', () => signed({ ...RS, kid: '../../etc/passwd' })],
    ['the kid of a key for encryption', () => signed({ ...RS, kid: 'enc' })],
    ['another key under a known kid', () => token(RS, issuer.claims(), own.privateKey)],
    ['alg twice', () => signed('{"alg":"RS256","kid":"k1","alg":"RS256"}')],
    ['sub twice', () => signed(RS, JSON.stringify(issuer.claims()).replace('{', '{"sub":"admin",'))],
    [
      'exp twice, escaped',
      () => signed(RS, JSON.stringify(issuer.claims()).replace('{', '{"e\\u0078p":9999999999,')),
    ],
    ['claims that are a list', () => signed(RS, '[]')],
    ['claims that are text', () => signed(RS, '"claims"')],
    ['claims with a byte order mark', () => signed(RS, `\ufeff${JSON.stringify(issuer.claims())}`)],
    ['padding', () => `${issuer.sign(key)}=`],
    [
      'bits beyond the last byte',
      () => swap(issuer.sign(key), 2, (part) => `${part.slice(0, -1)}${part.endsWith('B') ? 'C' : 'B'}`),
    ],
    [
      'standard base64',
      () =>
        swap(issuer.sign(key), 2, (part) => part.replaceAll('-', '+').replaceAll('_', '/').padEnd(344, '=')),
    ],
    ['no signature', () => swap(issuer.sign(key), 2, () => '')],
    [
      'a signature one byte short',
      () =>
        swap(issuer.sign(key), 2, (part) => Buffer.from(part, 'base64url').subarray(1).toString('base64url')),
    ],
    ['a changed claim', () => swap(issuer.sign(key), 1, () => encode(issuer.claims({ sub: 'admin' })))],
    [
      'a signature of zeros',
      () =>
        swap(token({ alg: 'ES256', kid: 'ec' }, issuer.claims(), ec.privateKey, 'ES256'), 2, () =>
          'A'.repeat(86),
        ),
    ],
    ['two parts', () => issuer.sign(key).split('.').slice(0, 2).join('.')],
    ['five parts', () => `${issuer.sign(key)}.a.b`],
    ['another issuer', () => issuer.sign(key, { iss: 'https://evil.example' })],
    ['the issuer with a slash', () => issuer.sign(key, { iss: `${issuer.url}/` })],
    ['an issuer in a list', () => issuer.sign(key, { iss: [issuer.url] })],
    ['another audience', () => issuer.sign(key, { aud: 'other' })],
    ['an audience that begins alike', () => issuer.sign(key, { aud: 'api2' })],
    ['an audience as a key', () => issuer.sign(key, { aud: { api: 1 } })],
    ['no audience', () => issuer.sign(key, { aud: undefined })],
    ['no sub', () => issuer.sign(key, { sub: undefined })],
    ['a sub that is a number', () => issuer.sign(key, { sub: 1 })],
    ['a sub with a line break', () => issuer.sign(key, { sub: 'a\r\nX-User: admin' })],
    ['no iat', () => issuer.sign(key, { iat: undefined })],
    ['no exp', () => issuer.sign(key, { exp: undefined })],
    ['expired 61 seconds ago', () => issuer.sign(key, { exp: nowS() - 61 })],
    ['exp as text', () => issuer.sign(key, { exp: '9999999999' })],
    [
      'exp without end',
      () => signed(RS, JSON.stringify(issuer.claims()).replace(/"exp":\d+/, '"exp":1e400')),
    ],
    ['a negative exp', () => issuer.sign(key, { exp: -1 })],
    ['exp in milliseconds', () => issuer.sign(key, { exp: (nowS() + 600) * 1000 })],
    ['valid in 65 seconds', () => issuer.sign(key, { nbf: nowS() + 65 })],
    ['issued 305 seconds ahead', () => issuer.sign(key, { iat: nowS() + 305 })],
    ['a key of the client', () => issuer.sign(key, { cnf: { jkt: 'A'.repeat(43) } })],
    ['a certificate of the client', () => issuer.sign(key, { cnf: { 'x5t#S256': 'A'.repeat(43) } })],
  ])('with %s is refused', async (_, make) => {
    const head = `GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${bearer(make())}\r\n`;
    const { responses } = await exchange(gateway.port, head, { expect: 1 });
    expect(responses[0]?.status).toBe(401);
    const [challenge] = valuesOf(responses[0] as RawResponse, 'www-authenticate');
    expect(challenge).toContain('Bearer realm="web", error="invalid_token"');
  });

  test('none of them reached the upstream', async () => {
    const before = upstream.requests.length;
    await ask(gateway.port, bearer(`${issuer.sign(key)}x`));
    expect(upstream.requests.length).toBe(before);
  });

  test('a token of 1 MiB is refused unread', async () => {
    const head = `GET /a HTTP/1.1\r\nHost: x\r\n${bearer('A'.repeat(1_048_576))}\r\n`;
    const { responses } = await exchange(gateway.port, head, { expect: 1 });
    expect(responses[0]?.status).toBe(431);
  });
});

describe('scopes of an endpoint', () => {
  test('a token without them is told which', async () => {
    const key = makeKey('k1');
    await using issuer = await IssuerProcess.open([key]);
    const authorize = [{ methods: ['GET'], scopes: ['orders:read'] }];
    await using gateway = await startGateway(issuer, { authorize });
    const head = (text: string) => `GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${bearer(text)}\r\n`;
    const { responses } = await exchange(gateway.port, head(issuer.sign(key, { scope: 'orders:write' })), {
      expect: 1,
    });
    expect(responses[0]?.status).toBe(403);
    expect(valuesOf(responses[0] as RawResponse, 'www-authenticate')).toEqual([
      'Bearer error="insufficient_scope", scope="orders:read"',
    ]);
    const good = issuer.sign(key, { scope: 'orders:write orders:read' });
    expect((await ask(gateway.port, bearer(good))).status).toBe(200);
  });
});

describe('an issuer that rotates keys, dies and comes back', () => {
  test('new keys are fetched when a token names them, old ones are no good any more, others stay remembered', async () => {
    const [first, second, third] = [makeKey('k1'), makeKey('k2'), makeKey('k3')];
    await using issuer = await IssuerProcess.open([first, second]);
    await using gateway = await startGateway(issuer);
    const [old, kept] = [issuer.sign(first), issuer.sign(second)];
    expect(await askAll(gateway.port, bearer(old))).toEqual({ 200: 24 });
    expect(await askAll(gateway.port, bearer(kept))).toEqual({ 200: 24 });
    await issuer.publish([second, third]);
    expect(await askAll(gateway.port, bearer(issuer.sign(third)))).toEqual({ 200: 24 });
    expect(await askAll(gateway.port, bearer(old))).toEqual({ 401: 24 });
    expect(await askAll(gateway.port, bearer(kept))).toEqual({ 200: 24 });
  });

  test('known keys go on while it is down, unknown ones are a 503 with the cause, and it is asked again', async () => {
    const [first, second] = [makeKey('k1'), makeKey('k2')];
    await using issuer = await IssuerProcess.open([first]);
    await using gateway = await startGateway(issuer);
    expect((await ask(gateway.port, bearer(issuer.sign(first)))).status).toBe(200);
    await issuer.kill();
    const load = Array.from({ length: 20 }, () => ask(gateway.port, bearer(issuer.sign(first))));
    expect((await Promise.all(load)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect((await ask(gateway.port, bearer(issuer.sign(second)))).status).toBe(503);
    const records = await gateway.records(22);
    const refused = records.find((record) => record['http.response.status_code'] === 503);
    expect(refused?.portcullis.decision.reason).toBe('authn.unavailable');
    expect(refused?.portcullis.decision.detail).toContain(issuer.url);
    await issuer.start();
    await issuer.publish([first, second]);
    await until('the new key is taken', async () => {
      return (await ask(gateway.port, bearer(issuer.sign(second)))).status === 200;
    });
  });

  test('a gateway that starts without it answers 503, and serves when it comes', async () => {
    const key = makeKey('k1');
    await using issuer = await IssuerProcess.open([key]);
    await issuer.kill();
    await using gateway = await startGateway(issuer);
    expect((await ask(gateway.port, bearer(issuer.sign(key)))).status).toBe(503);
    await issuer.start();
    await until('it serves', async () => (await ask(gateway.port, bearer(issuer.sign(key)))).status === 200);
  });

  test('a flood of random kid values asks at most ten times a minute and holds up no good token', async () => {
    const key = makeKey('k1');
    await using issuer = await IssuerProcess.open([key]);
    await using gateway = await startGateway(issuer);
    const good = issuer.sign(key);
    const forged = (at: number) => {
      const data = `${encode({ alg: 'RS256', kid: `random-${at}` })}.${encode(issuer.claims())}`;
      return `${data}.${signBytes('RS256', key.privateKey, data).toString('base64url')}`;
    };
    const flood = Array.from({ length: 400 }, (_, at) => ask(gateway.port, bearer(forged(at))));
    const startedAtMs = performance.now();
    expect((await ask(gateway.port, bearer(good))).status).toBe(200);
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
    const statuses = new Set((await Promise.all(flood)).map(({ status }) => status));
    expect([...statuses]).toEqual([401]);
    expect(await issuer.asked()).toBeLessThanOrEqual(10);
  });
});

describe('replay over threads', () => {
  test('a token that may be used once is let in once, whatever thread it meets', async () => {
    const key = makeKey('k1');
    await using issuer = await IssuerProcess.open([key]);
    const authenticate = { jwt: { issuer: 'test', audience: 'api', replay: 'once' } };
    await using gateway = await startGateway(issuer, { authenticate });
    for (let round = 0; round < 5; round++) {
      const text = issuer.sign(key, { jti: `j${round}` });
      expect(await askAll(gateway.port, bearer(text), 40)).toEqual({ 200: 1, 401: 39 });
    }
    expect((await ask(gateway.port, bearer(issuer.sign(key)))).status).toBe(401);
  });

  test('a bound token is refused to another User-Agent', async () => {
    const key = makeKey('k1');
    await using issuer = await IssuerProcess.open([key]);
    await using gateway = await startGateway(issuer);
    const text = issuer.sign(key, { jti: 'j' });
    const from = (agent: string) => `${bearer(text)}User-Agent: ${agent}\r\n`;
    expect(await askAll(gateway.port, from('app/1'))).toEqual({ 200: 24 });
    expect(await askAll(gateway.port, from('curl/8'))).toEqual({ 401: 24 });
    const records = await gateway.records(48);
    const reasons = records.map(({ portcullis }) => portcullis.decision.reason);
    expect(reasons.filter((reason) => reason === 'authn.replayed')).toHaveLength(24);
  });
});

describe('revocation', () => {
  test('reaches every thread, remembered tokens included, and lasts over a restart of the thread', async () => {
    const key = makeKey('k1');
    await using issuer = await IssuerProcess.open([key]);
    await using gateway = await startGateway(issuer);
    const nowS = Math.floor(Date.now() / 1000);
    const [one, other] = [issuer.sign(key, { jti: 'j1' }), issuer.sign(key, { jti: 'j2', iat: nowS - 10 })];
    const later = issuer.sign(key, { jti: 'j3', iat: nowS + 60 });
    for (const text of [one, other, later])
      expect(await askAll(gateway.port, bearer(text))).toEqual({ 200: 24 });
    const revoke = async (body: object) => {
      const init = { method: 'POST', body: JSON.stringify({ issuer: issuer.url, ...body }) };
      const response = await gateway.admin('/v1/tokens/revocations', init);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const first = await revoke({ jti: 'j1' });
    expect(first.status).toBe(200);
    expect(first.body.slowestMs).toBeLessThan(5000);
    expect(await askAll(gateway.port, bearer(one))).toEqual({ 401: 24 });
    expect(await askAll(gateway.port, bearer(other))).toEqual({ 200: 24 });
    expect((await revoke({ subject: 'user-1' })).status).toBe(200);
    expect(await askAll(gateway.port, bearer(other))).toEqual({ 401: 24 });
    expect(await askAll(gateway.port, bearer(later)), 'issued after that').toEqual({ 200: 24 });
    for (const bad of [
      {},
      { jti: 'a', subject: 'b' },
      { jti: 'a', before: '2026-01-01T00:00:00Z' },
      { jti: 'a\n' },
    ])
      expect((await revoke(bad)).status).toBe(422);
    const listed = (await (await gateway.admin('/v1/tokens/revocations')).json()) as {
      revocations: object[];
    };
    expect(listed.revocations).toHaveLength(2);
    const records = await gateway.records(100);
    expect(records.some(({ portcullis }) => portcullis.decision.reason === 'authn.revoked')).toBe(true);
  });
});
