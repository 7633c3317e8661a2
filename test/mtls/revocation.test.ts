import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { freePorts } from '../support/free-ports.ts';
import { type OcspResponder, startResponder } from '../support/ocsp-responder.ts';
import { type Signed, TestPki } from '../support/pki.ts';
import { exchange, openRawClient } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const root = TestPki.root({ subject: '/CN=root' });
const below = root.authority({ subject: '/CN=below' });
const [good, revoked, unknown] = [root.client(), root.client(), root.client()];
const deep = below.client();

let upstream: RecordingUpstream;
let responder: OcspResponder;
let silent: OcspResponder;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await start();
  const sketch = { authority: root.self, good: [good], revoked: [revoked] };
  responder = await startResponder(sketch);
  silent = await startResponder(sketch);
  await silent.stop();
  const server = makeCertificate(['api.test']);
  const api = (id: string, revocation: object) => ({
    id,
    path: `/${id}`,
    upstream: `http://127.0.0.1:${upstream.port}`,
    authenticate: { mtls: { revocation } },
  });
  const tls = { certificates: [{ cert: 'api.pem', key: 'api.key' }], clientCa: 'root.pem' };
  const down = { ocsp: { responder: silent.url } };
  gateway = await startTestGateway(
    plainConfig(upstream.port, {
      threads: 2,
      listeners: [{ name: 'web', host: '127.0.0.1', port: 0, tls }],
      apis: [
        api('list', { crl: 'root.crl' }),
        api('client-only', { crl: 'root.crl', covers: 'client' }),
        api('lists', { crl: ['root.crl', 'below.crl'] }),
        api('asked', { ocsp: { responder: responder.url } }),
        api('down', down),
        api('down-allowed', { ...down, onUnavailable: 'allow' }),
        api('down-listed', { ...down, crl: 'root.crl' }),
        api('named', { ocsp: {} }),
      ],
    }),
    {
      'api.pem': server.cert,
      'api.key': server.key,
      'root.pem': root.self.cert,
      'root.crl': root.crl([revoked]),
      'below.crl': below.crl(),
    },
  );
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await responder[Symbol.asyncDispose]();
  await silent[Symbol.asyncDispose]();
  await upstream.close();
});

async function ask(path: string, { cert, key }: Signed, ...sent: readonly TestPki[]): Promise<number> {
  const request = `GET ${path} HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n`;
  const chain = [cert, ...sent.map(({ self }) => self.cert)].join('\n');
  const { responses } = await exchange(gateway.port, request, { tls: { cert: chain, key }, expect: 1 });
  return responses[0]?.status ?? 0;
}

describe('lists', () => {
  test.each([
    ['/list', good, [], 200],
    ['/list', revoked, [], 401],
    ['/list', deep, [below], 503],
    ['/client-only', deep, [below], 503],
    ['/lists', deep, [below], 200],
  ] as const)('%s', async (path, client, sent, status) => {
    expect(await ask(path, client, ...sent)).toBe(status);
  });

  test('the journal names the list that is missing', async () => {
    await ask('/list/missing', deep, below);
    await until('the record', async () =>
      (await gateway.records(1)).some(
        ({ portcullis: { decision }, ...record }) =>
          record['url.path'] === '/list/missing' &&
          decision.reason === 'authn.unavailable' &&
          decision.detail === 'No revocation list is signed by CN=below.',
      ),
    );
  });

  test('a list that changes counts on open connections, too', async () => {
    const late = root.client();
    const client = await openRawClient(gateway.port, { tls: { cert: late.cert, key: late.key } });
    const again = async (count: number): Promise<number | undefined> => {
      await client.write('GET /list HTTP/1.1\r\nHost: api.test\r\n\r\n');
      return (await client.read(count)).responses.at(-1)?.status;
    };
    expect(await again(1)).toBe(200);
    writeFileSync(join(gateway.dir, 'root.crl'), root.crl([revoked, late]));
    await until('the new list counts', async () => (await ask('/list', late)) === 401, 5_000);
    expect(await again(2)).toBe(401);
    client.close();
    writeFileSync(join(gateway.dir, 'root.crl'), root.crl([revoked]));
    await until('the old list counts', async () => (await ask('/list', late)) === 200, 5_000);
  });

  test('a list that is too old is no list, but what it revoked stays revoked', async () => {
    const old = ['-crl_lastupdate', '20250101000000Z', '-crl_nextupdate', '20250102000000Z'];
    writeFileSync(join(gateway.dir, 'root.crl'), root.crl([revoked], old));
    expect((await gateway.gateway.reload()).problems).toEqual([]);
    expect(await ask('/list', good)).toBe(503);
    expect(await ask('/list', revoked)).toBe(401);
    writeFileSync(join(gateway.dir, 'root.crl'), root.crl([revoked]));
    expect((await gateway.gateway.reload()).problems).toEqual([]);
    expect(await ask('/list', good)).toBe(200);
  });

  test('a list of another authority of the same name is no list', async () => {
    writeFileSync(join(gateway.dir, 'root.crl'), TestPki.root({ subject: '/CN=root' }).crl());
    expect((await gateway.gateway.reload()).problems).toEqual([]);
    expect(await ask('/list', good)).toBe(503);
    writeFileSync(join(gateway.dir, 'root.crl'), root.crl([revoked]));
    expect((await gateway.gateway.reload()).problems).toEqual([]);
  });

  test.each([
    ['nothing', ''],
    ['what is no list', 'nothing'],
    ['a damaged one', root.crl().replace(/\n[^\n]{10}/, '\n0000000000')],
    ['two of them', root.crl() + below.crl()],
  ])('%s in place of a list changes nothing and is told', async (_what, text) => {
    writeFileSync(join(gateway.dir, 'root.crl'), text);
    const { problems } = await gateway.gateway.reload();
    expect(problems.map(({ pointer }) => pointer)).toContain('/apis/0/authenticate/mtls/revocation/crl');
    expect(await ask('/list', revoked)).toBe(401);
    expect(await ask('/list', good)).toBe(200);
    writeFileSync(join(gateway.dir, 'root.crl'), root.crl([revoked]));
    expect((await gateway.gateway.reload()).problems).toEqual([]);
  });
});

describe('a responder', () => {
  test.each([
    ['/asked', good, 200],
    ['/asked', revoked, 401],
    ['/asked', unknown, 401],
    ['/down', good, 503],
    ['/down', revoked, 503],
    ['/down-allowed', good, 200],
    ['/down-listed', good, 200],
    ['/down-listed', revoked, 401],
    ['/named', good, 503],
  ] as const)('%s', async (path, client, status) => {
    for (let i = 0; i < 4; i++) expect(await ask(path, client)).toBe(status);
  });

  test('that certificates name', async () => {
    const named = root.client([], {
      extensions: ['extendedKeyUsage=clientAuth', `authorityInfoAccess=OCSP;URI:${responder.url}`],
    });
    expect(await ask('/named', named)).toBe(401);
    const [port = 0] = await freePorts(1);
    const other = root.client([], {
      extensions: ['extendedKeyUsage=clientAuth', `authorityInfoAccess=OCSP;URI:http://127.0.0.1:${port}/`],
    });
    await using _knowing = await startResponder({ authority: root.self, good: [other], port });
    expect(await ask('/named', other)).toBe(200);
  });

  test('the journal names the one that does not answer', async () => {
    await ask('/down/why', good);
    await until('the record', async () =>
      (await gateway.records(1)).some(
        ({ portcullis: { decision }, ...record }) =>
          record['url.path'] === '/down/why' &&
          decision.reason === 'authn.unavailable' &&
          decision.detail?.includes(silent.url) === true,
      ),
    );
  });
});
