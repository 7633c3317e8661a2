import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { allowInsecureRequests, Configuration, fetchProtectedResource, getDPoPHandle } from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { makeProof, type ProofSketch, thumbprint } from '../support/dpop.ts';
import { type IssuerKey, IssuerProcess, makeKey } from '../support/issuer-process.ts';
import { valuesOf } from '../support/message-reader.ts';
import { exchange, type RawResponse } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const client = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jkt = thumbprint(client.publicKey);
const server = makeCertificate(['api.test']);
const shown = makeCertificate(['client.test']);
const hidden = makeCertificate(['other.test']);

let upstream: RecordingUpstream;
let issuer: IssuerProcess;
let key: IssuerKey;
let gateway: TestGateway;

beforeAll(async () => {
  key = makeKey('k1');
  upstream = await start();
  issuer = await IssuerProcess.open([key]);
  const api = (id: string, more: object) => ({
    id,
    path: `/${id}`,
    upstream: `http://127.0.0.1:${upstream.port}`,
    authenticate: { jwt: { issuer: 'test', audience: 'api', dpop: 'accepted', ...more } },
  });
  const tls = { certificates: [{ cert: './0.pem', key: './0.key' }], clientCa: [{ file: './client.pem' }] };
  const config = plainConfig(upstream.port, {
    threads: 2,
    listeners: [
      { name: 'web', host: '127.0.0.1', port: 0 },
      { name: 'secure', host: '127.0.0.1', port: 0, tls },
    ],
    issuers: [issuer.block()],
    apis: [
      { ...api('scoped', {}), authorize: [{ scopes: ['orders:read'] }] },
      api('free', {}),
      api('required', { dpop: 'required' }),
      api('nonce', { dpopNonce: 'required' }),
    ],
  });
  gateway = await startTestGateway(config, {
    '0.pem': server.cert,
    '0.key': server.key,
    'client.pem': shown.cert,
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
  await upstream.close();
});

const urlOf = (path: string) => new URL(`http://127.0.0.1:${gateway.port}${path}`);
const nowS = () => Math.floor(Date.now() / 1000);
const bound = (change: object = {}) => issuer.sign(key, { cnf: { jkt }, ...change });

describe('a client that makes proofs by a library', () => {
  async function ask(path: string, method = 'GET') {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
      'sign',
      'verify',
    ]);
    const jwk = await crypto.subtle.exportKey('jwk', keys.publicKey);
    const members = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y });
    const own = createHash('sha256').update(members).digest('base64url');
    const configuration = new Configuration({ issuer: issuer.url }, 'client');
    allowInsecureRequests(configuration);
    const DPoP = getDPoPHandle(configuration, keys as never);
    const token = issuer.sign(key, { cnf: { jkt: own } });
    const send = () =>
      fetchProtectedResource(configuration, token, urlOf(path), method, null, undefined, { DPoP });
    return [await send(), await send()] as const;
  }

  test.each([
    ['/free/orders?page=2', 'GET'],
    ['/free/orders/%C3%A4', 'DELETE'],
    ['/required/orders', 'POST'],
    ['/nonce/orders', 'GET'],
  ])('%s %s passes twice', async (path, method) => {
    const answers = await ask(path, method);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    if (path.startsWith('/nonce')) expect(answers[1].headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/);
  });
});

describe('the matrix of bad proofs', () => {
  async function send(path: string, fields: readonly string[], method = 'GET'): Promise<RawResponse> {
    const lines = [`Host: 127.0.0.1:${gateway.port}`, 'Connection: close', ...fields];
    const head = `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
    const { responses } = await exchange(gateway.port, head, { expect: 1, methods: [method] });
    return responses[0] as RawResponse;
  }
  const proof = (token: string, change: Partial<ProofSketch> = {}) =>
    makeProof(client, { token, uri: urlOf('/free/a').href, nowS: nowS(), ...change });

  test.each<[string, Partial<ProofSketch>]>([
    ['another method', { method: 'POST' }],
    ['another path', { claims: { htu: 'http://127.0.0.1/free/b' } }],
    ['another port', { claims: { htu: 'http://127.0.0.1:1/free/a' } }],
    ['https', { claims: { htu: 'https://127.0.0.1/free/a' } }],
    ['an old time', { nowS: nowS() - 200 }],
    ['a time ahead', { nowS: nowS() + 100 }],
    ['another token', { claims: { ath: 'A'.repeat(43) } }],
    ['no hash of the token', { claims: { ath: undefined } }],
    ['alg none', { header: { alg: 'none' } }],
    ['HMAC', { header: { alg: 'HS256' } }],
    ['type JWT', { header: { typ: 'JWT' } }],
    ['a private key', { header: { jwk: client.privateKey.export({ format: 'jwk' }) } }],
    ['a forged signature', { signer: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
  ])('%s', async (_, change) => {
    const token = bound();
    const response = await send('/free/a', [`Authorization: DPoP ${token}`, `DPoP: ${proof(token, change)}`]);
    expect(response.startLine).toContain(' 401 ');
    const challenges = valuesOf(response, 'www-authenticate');
    expect(challenges[0]).toMatch(/^DPoP realm="free", algs="[^"]+", error="invalid_dpop_proof"$/);
  });

  test('a proof is good once, over all threads', async () => {
    const token = bound();
    const fields = [`Authorization: DPoP ${token}`, `DPoP: ${proof(token)}`];
    const answers = await Promise.all(Array.from({ length: 30 }, () => send('/free/a', fields)));
    expect(answers.filter(({ startLine }) => startLine.includes(' 200 '))).toHaveLength(1);
  });

  test.each<[string, string, (token: string) => string[]]>([
    ['a bound token as Bearer', '/free/a', (token) => [`Authorization: Bearer ${token}`]],
    [
      'the same with its proof',
      '/free/a',
      (token) => [`Authorization: Bearer ${token}`, `DPoP: ${proof(token)}`],
    ],
    [
      'two proofs',
      '/free/a',
      (token) => [`Authorization: DPoP ${token}`, `DPoP: ${proof(token)}`, `DPoP: ${proof(token)}`],
    ],
    [
      'an unbound token with a proof',
      '/free/a',
      () => {
        const token = issuer.sign(key);
        return [`Authorization: DPoP ${token}`, `DPoP: ${proof(token)}`];
      },
    ],
    [
      'a Bearer token where DPoP is required',
      '/required/a',
      () => [`Authorization: Bearer ${issuer.sign(key)}`],
    ],
  ])('%s is refused', async (_, path, fields) => {
    expect((await send(path, fields(bound()))).startLine).toContain(' 401 ');
  });

  test('a token without the scopes of the endpoint is challenged by the scheme that it came with', async () => {
    const token = bound({ scope: 'other' });
    const text = proof(token, { uri: urlOf('/scoped/a').href });
    const response = await send('/scoped/a', [`Authorization: DPoP ${token}`, `DPoP: ${text}`]);
    expect(response.startLine).toContain(' 403 ');
    expect(valuesOf(response, 'www-authenticate')).toEqual([
      'DPoP error="insufficient_scope", scope="orders:read"',
    ]);
  });

  test('without a nonce one is given, uncacheable', async () => {
    const token = bound();
    const text = proof(token, { uri: urlOf('/nonce/a').href });
    const response = await send('/nonce/a', [`Authorization: DPoP ${token}`, `DPoP: ${text}`]);
    expect(valuesOf(response, 'www-authenticate')[0]).toContain('error="use_dpop_nonce"');
    expect(valuesOf(response, 'dpop-nonce')).toHaveLength(1);
    expect(valuesOf(response, 'cache-control').join()).toContain('no-store');
  });
});

describe('over TLS', () => {
  const thumbprintOf = (cert: string) =>
    createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url');

  /** Asks on a connection of its own, with a certificate or none; '' when the connection was not taken. */
  function send(fields: readonly string[], certificate?: { cert: string; key: string }): Promise<string> {
    const port = gateway.gateway.ports.secure as number;
    return new Promise((resolve) => {
      const socket = connect({
        port,
        host: '127.0.0.1',
        servername: 'api.test',
        ca: server.cert,
        ...certificate,
      });
      const lines = ['GET /free/a HTTP/1.1', 'Host: api.test', 'Connection: close', ...fields];
      let text = '';
      socket.on('secureConnect', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      socket.on('error', () => resolve(text));
      socket.on('close', () => resolve(text));
    });
  }

  test('htu is the https address that the client named', async () => {
    const token = bound();
    for (const [uri, status] of [
      ['https://api.test/free/a', 200],
      ['https://API.test:443/free/a', 200],
      ['http://api.test/free/a', 401],
    ] as const) {
      const proof = makeProof(client, { token, uri, nowS: nowS() });
      const answer = await send([`Authorization: DPoP ${token}`, `DPoP: ${proof}`]);
      expect(answer, uri).toContain(`HTTP/1.1 ${status} `);
    }
  });

  test('a token that is bound to a certificate passes over a connection with it, and over no other', async () => {
    const token = issuer.sign(key, { cnf: { 'x5t#S256': thumbprintOf(shown.cert) } });
    const fields = [`Authorization: Bearer ${token}`];
    expect(await send(fields, shown)).toContain('HTTP/1.1 200 ');
    expect(await send(fields)).toContain('HTTP/1.1 401 ');
    expect(await send(fields, hidden)).not.toContain('HTTP/1.1 200 ');
    const foreign = issuer.sign(key, { cnf: { 'x5t#S256': thumbprintOf(hidden.cert) } });
    expect(await send([`Authorization: Bearer ${foreign}`], shown)).toContain('HTTP/1.1 401 ');
  });
});
