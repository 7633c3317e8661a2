import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { makeCertificate } from '../support/certificates.ts';
import { type CliGateway, type GatewayFolder, gatewayFolder } from '../support/gateway-folder.ts';
import { jwksOf } from '../support/issuer.ts';
import { exchange } from '../support/raw-client.ts';
import { start } from '../support/recording-upstream.ts';
import { token } from '../support/sign-token.ts';
import { plainConfig, until } from '../support/test-gateway.ts';

const ISSUER = 'https://issuer.example';
const secret = (name: string): string => name.replaceAll(' ', '-') + randomBytes(12).toString('hex');

/** What was given to the gateway and must not come out of it again, by name. */
const secrets = new Map<string, string>();
function hide(name: string, text = secret(name)): string {
  secrets.set(name, text);
  return text;
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const hmac = hide('hmac-secret', randomBytes(48).toString('base64url'));
const oct = createSecretKey(Buffer.from(hmac, 'base64url'));
const certificate = makeCertificate(['a.test']);
const passphrase = hide('env-secret');

function configOf(port: number, origin: string): object {
  const upstream = `http://127.0.0.1:${port}`;
  return plainConfig(port, {
    threads: 2,
    listeners: [
      { name: 'web', host: '127.0.0.1', port: 0 },
      {
        name: 'secure',
        host: '127.0.0.1',
        port: 0,
        tls: { certificates: [{ cert: './cert.pem', key: '${env:TLS_KEY}' }] },
      },
    ],
    issuers: [
      { id: 'rsa', issuer: ISSUER, jwks: { file: './rsa.json' } },
      { id: 'hmac', issuer: `${ISSUER}/hmac`, algorithms: ['HS256'], jwks: { file: './oct.json' } },
    ],
    apis: [
      { id: 'keyed', path: '/keyed', upstream, validate: { json: {} }, cors: { origins: [origin] } },
      {
        id: 'query',
        path: '/query',
        upstream,
        authenticate: { apiKey: { query: 'apikey' } },
        protocol: { credentialsInUrl: 'allow' },
      },
      { id: 'rsa', path: '/rsa', upstream, authenticate: { jwt: { issuer: 'rsa', audience: 'api' } } },
      { id: 'hmac', path: '/hmac', upstream, authenticate: { jwt: { issuer: 'hmac', audience: 'api' } } },
      { id: 'open', path: '/', upstream, authenticate: 'none' },
      {
        id: 'dead',
        path: '/dead',
        upstream: {
          targets: ['https://127.0.0.1:1'],
          tls: { key: '${file:./client.key}', cert: './client.pem' },
        },
        authenticate: 'none',
      },
    ],
  });
}

const claims = (more: object = {}) => {
  const nowS = Math.floor(Date.now() / 1000);
  return { sub: 'user-1', iss: ISSUER, aud: 'api', iat: nowS, exp: nowS + 600, ...more };
};

/** Hides a token: neither its payload nor its signature may appear. */
function hideToken(name: string, text: string): string {
  const [, payload = '', signature = ''] = text.split('.');
  hide(`${name} payload`, payload);
  if (signature !== '') hide(`${name} signature`, signature);
  return text;
}

/** Sends what people send: good and bad credentials in every place. */
async function offerSecrets({ port }: CliGateway, key: string, revoked: string): Promise<void> {
  const wrong = hide('wrong key', `${key.slice(0, -8)}${key.endsWith('a') ? 'bbbbbbbb' : 'aaaaaaaa'}`);
  const rs = { alg: 'RS256', kid: 'k1' };
  const good = hideToken('token', token(rs, claims(), rsa.privateKey));
  const expired = hideToken('expired token', token(rs, claims({ exp: 1000, iat: 900 }), rsa.privateKey));
  const forged = hideToken('forged token', `${good.split('.', 2).join('.')}.${secret('sig').repeat(12)}`);
  const header = { alg: 'HS256', kid: 'h1' };
  const shared = hideToken('shared token', token(header, claims({ iss: `${ISSUER}/hmac` }), oct, 'HS256'));
  const bearer = (text: string) => `Authorization: Bearer ${text}\r\n`;
  const basic = Buffer.from(`user:${hide('basic password')}`).toString('base64');
  hide('basic credentials', basic);
  const rows: (readonly [path: string, headers: string, status: number])[] = [
    ['/keyed', `X-API-Key: ${key}\r\n`, 200],
    ['/keyed', `X-API-Key: ${wrong}\r\n`, 401],
    ['/keyed', `X-API-Key: ${revoked}\r\n`, 401],
    ['/keyed', `X-API-Key: ${hide('no key at all')}\r\n`, 401],
    ['/keyed', `X-API-Key: ${key}\r\nX-API-Key: ${key}\r\n`, 400],
    [`/query?apikey=${key}`, '', 200],
    [`/query?apikey=${wrong}`, '', 401],
    ['/rsa', bearer(good), 200],
    ['/rsa', bearer(expired), 401],
    ['/rsa', bearer(forged), 401],
    ['/rsa', bearer(hide('opaque token')), 401],
    ['/rsa', `Authorization: Basic ${basic}\r\n`, 401],
    ['/hmac', bearer(shared), 200],
    [`/open?access_token=${hide('query token')}`, '', 400],
    [`/open?x=${hide('query value')}`, '', 200],
    ['/open', `Cookie: session=${hide('cookie')}\r\nProxy-Authorization: Basic ${basic}\r\n`, 200],
    [
      '/open',
      `X-Custom-Secret: ${hide('header value')}\r\nReferer: http://x/?t=${secrets.get('cookie')}\r\n`,
      200,
    ],
    [`/dead?t=${secrets.get('query value')}`, `Authorization: Basic ${basic}\r\n`, 502],
  ];
  for (const [path, headers, status] of rows)
    expect([path, (await ask(port, headers, path)).status]).toEqual([path, status]);
}

/** Sends what cannot be read, with secrets in it. */
async function offerBroken(port: number, key: string): Promise<void> {
  const broken = [
    `GET /?t=${hide('target token')} HTTP/9.9\r\nHost: x\r\n\r\n`,
    `GET http://user:${hide('URL password')}@x/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nAuthorization : Bearer ${hide('spaced token')}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${hide('folded token')}\r\n ${hide('folded rest')}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: user:${hide('host password')}@x\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nContent-Length: ${hide('length')}\r\n\r\n`,
    `${hide('first line')}\r\n\r\n`,
    `POST /keyed HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nContent-Type: application/json\r\nConnection: close\r\n`,
  ];
  const json = `{"password":"${hide('JSON password')}","password":"again","broken":${hide('broken JSON')}`;
  broken.push(`${broken.pop()}Content-Length: ${json.length}\r\n\r\n${json}`);
  for (const text of broken) {
    const { responses } = await exchange(port, text, { expect: 1 });
    expect([text.slice(0, 20), Math.floor((responses[0]?.status ?? 0) / 100)]).not.toEqual([
      text.slice(0, 20),
      2,
    ]);
  }
}

/** Everything that comes out of a gateway, by where it came out. */
async function outputsOf(
  gateway: CliGateway,
  folder: GatewayFolder,
  keyId: string,
): Promise<Map<string, Buffer>> {
  const outputs = new Map<string, Buffer>();
  const ids = folder.records().map((record) => record['http.request.id']);
  const paths = ['/v1/status', '/v1/keys', `/v1/keys/${keyId}`, '/v1/requests', '/v1/config', '/metrics'];
  paths.push('/v1/openapi.json', '/readyz', '/v1/nothing', ...ids.map((id) => `/v1/requests/${id}`));
  for (const path of paths) {
    outputs.set(`admin ${path}`, Buffer.from(await (await gateway.admin(path)).text()));
  }
  const wrong = await gateway.admin('/v1/keys', {
    headers: { authorization: `Bearer ${hide('admin guess')}` },
  });
  outputs.set('admin 401', Buffer.from(await wrong.text()));
  outputs.set('reload', Buffer.from(await (await gateway.admin('/v1/reload', { method: 'POST' })).text()));
  return outputs;
}

test('no secret that the gateway was given comes out of it anywhere', async () => {
  const upstream = await start();
  hide('TLS key', certificate.key.split('\n')[1]);
  const clientKey = makeCertificate(['client']);
  hide('client key', clientKey.key.split('\n')[1]);
  const jwk = { kty: 'oct', k: hmac, kid: 'h1', alg: 'HS256' };
  using folder = gatewayFolder(configOf(upstream.port, 'https://app.example'), {
    'cert.pem': certificate.cert,
    'client.key': clientKey.key,
    'client.pem': clientKey.cert,
    'rsa.json': jwksOf(rsa.publicKey, 'k1'),
    'oct.json': JSON.stringify({ keys: [jwk] }),
  });
  const gateway = await folder.start({ TLS_KEY: certificate.key, ORIGIN: passphrase });
  const create = async (name: string) => {
    const response = await gateway.admin('/v1/keys', { method: 'POST', body: JSON.stringify({ name }) });
    return (await response.json()) as { key: string; record: { id: string; prefix: string } };
  };
  const [created, gone] = [await create('a'), await create('b')];
  for (const { key } of [created, gone]) {
    hide(`key ${key.slice(0, 8)}`, key);
    hide(`secret of ${key.slice(0, 8)}`, key.split('_')[2]);
  }
  await gateway.admin(`/v1/keys/${gone.record.id}`, { method: 'DELETE' });
  hide('admin token', readFileSync(join(folder.dir, 'data/admin.token'), 'utf8').trim());
  await offerSecrets(gateway, created.key, gone.key);
  await offerBroken(gateway.port, created.key);
  await until('every record', () => folder.journal().length >= 26);

  // A mistake whose text would quote the value of a reference.
  writeFileSync(folder.configPath, JSON.stringify(configOf(upstream.port, '${env:ORIGIN}')));
  const outputs = await outputsOf(gateway, folder, created.record.id);
  expect(outputs.get('reload')?.toString()).toContain('config_invalid');
  gateway.process.kill('SIGTERM');
  const { out, err } = await gateway.ended;
  outputs.set('standard output', Buffer.from(out));
  outputs.set('standard error', Buffer.from(err));
  for (const name of readdirSync(join(folder.dir, 'data'))) {
    if (name !== 'admin.token') outputs.set(`file ${name}`, readFileSync(join(folder.dir, 'data', name)));
  }
  expect([...outputs.keys()].filter((name) => name.startsWith('file')).sort()).toEqual([
    'file journal.jsonl',
    'file portcullis.db',
  ]);

  const leaks = [...outputs].flatMap(([where, bytes]) =>
    [...secrets].filter(([, text]) => bytes.includes(text)).map(([name]) => `${name} in ${where}`),
  );
  expect(leaks).toEqual([]);
  expect(secrets.size).toBeGreaterThan(35);
  // What may be shown is: whose key it was must be found out.
  const journal = outputs.get('file journal.jsonl')?.toString() ?? '';
  expect(journal).toContain(`"credential":"${created.record.id}"`);
  expect(journal).toContain(`"claimed_credential":"${gone.record.prefix}"`);
  await upstream.close();
});
