import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { getHead, openHttp2Client } from '../support/http2-client.ts';
import { handshake } from '../support/openssl.ts';
import { type Signed, TestPki } from '../support/pki.ts';
import { exchange, openRawClient } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const partners = TestPki.root({ subject: '/CN=partners' });
const below = partners.authority({ subject: '/CN=below' });
const staff = TestPki.root({ subject: '/CN=staff' });
const stranger = TestPki.root({ subject: '/CN=partners' });
const partner = partners.client(['URI:spiffe://company/partner/a']);
const deep = below.client(['URI:spiffe://company/partner/deep']);
const colleague = staff.client(['email:kim@company.test']);

let upstream: RecordingUpstream;
let gateway: TestGateway;

const api = (id: string, authenticate: unknown, more: object = {}) => ({
  id,
  path: `/${id}`,
  upstream: `http://127.0.0.1:${upstream.port}`,
  authenticate,
  ...more,
});

function config(apis: readonly object[] = [], clientCa: unknown = ['partners.pem', 'staff.pem']): object {
  const certificates = [
    { cert: 'api.pem', key: 'api.key' },
    { cert: 'second.pem', key: 'second.key' },
  ];
  return plainConfig(upstream.port, {
    listeners: [{ name: 'web', host: '127.0.0.1', port: 0, tls: { certificates, clientCa } }],
    apis: [
      api('open', 'none'),
      api('partners', { mtls: { ca: 'partners.pem', san: ['spiffe://company/partner/*'] } }),
      api('staff', { mtls: { ca: 'staff.pem', subjectFrom: 'san-email' } }),
      api('either', { anyOf: [{ mtls: {} }, { apiKey: {} }] }),
      ...apis,
    ],
  });
}

beforeAll(async () => {
  upstream = await start();
  const [first, second] = [makeCertificate(['api.test']), makeCertificate(['second.test'])];
  gateway = await startTestGateway(config(), {
    'api.pem': first.cert,
    'api.key': first.key,
    'second.pem': second.cert,
    'second.key': second.key,
    'partners.pem': partners.self.cert,
    'staff.pem': staff.self.cert,
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

interface Identity {
  readonly cert: string;
  readonly key: string;
}

const withChain = (client: Signed, ...sent: readonly TestPki[]): Identity => ({
  cert: [client.cert, ...sent.map(({ self }) => self.cert)].join('\n'),
  key: client.key,
});

/** A stranger's certificate with a partner's name, and the text of a good one in the middle of it. */
const carrying = ({ cert }: Signed): Identity =>
  stranger.client(['URI:spiffe://company/partner/a'], {
    extensions: ['extendedKeyUsage=clientAuth', `1.2.3.4=DER:${Buffer.from(`\n${cert}`).toString('hex')}`],
  });

async function statusOf(path: string, identity: Identity | null, tls: object = {}): Promise<number> {
  const request = `GET ${path} HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n`;
  const options = { tls: { servername: 'api.test', ...identity, ...tls }, expect: 1 };
  const { responses } = await exchange(gateway.port, request, options);
  return responses[0]?.status ?? 0;
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
  const tls = { minVersion: version, maxVersion: version };

  test.each([
    ['/open', null, 200],
    ['/open', stranger.client(), 200],
    ['/partners', partner, 200],
    ['/partners', withChain(deep, below), 200],
    ['/partners', withChain(deep, staff, below, partners), 200],
    ['/partners', deep, 401],
    ['/partners', null, 401],
    ['/partners', colleague, 401],
    ['/partners', stranger.client(['URI:spiffe://company/partner/a']), 401],
    ['/partners', carrying(partner), 401],
    ['/partners', carrying(partners.self), 401],
    ['/partners', partners.client(['URI:spiffe://company/other/a']), 401],
    ['/staff', colleague, 200],
    ['/staff', partner, 401],
    ['/either', partner, 200],
    ['/either', colleague, 200],
    ['/either', null, 401],
  ])('%s', async (path, identity, status) => {
    expect(await statusOf(path, identity, tls)).toBe(status);
  });

  test('the name of the handshake changes nothing of it', async () => {
    for (const servername of ['second.test', 'unknown.test']) {
      expect(await statusOf('/partners', withChain(deep, below), { ...tls, servername })).toBe(200);
      expect(await statusOf('/partners', colleague, { ...tls, servername })).toBe(401);
    }
  });
});

test('the journal says who it was, and what was wrong', async () => {
  await statusOf('/partners?journal=1', partner);
  await until('the records', async () =>
    (await gateway.records(1)).some((record) => record['user.id'] === 'spiffe://company/partner/a'),
  );
  await statusOf('/staff/wrong', partner);
  await until('the refusal', async () =>
    (await gateway.records(1)).some(
      (record) =>
        record['url.path'] === '/staff/wrong' &&
        record.portcullis.decision.reason === 'authn.untrusted' &&
        typeof record.portcullis.claimed_credential === 'string',
    ),
  );
});

test('streams of one HTTP/2 connection are judged each by the authorities of its API', async () => {
  const client = await openHttp2Client(gateway.port, { servername: 'api.test', identity: partner });
  const paths = ['/partners', '/staff', '/partners', '/open', '/either'];
  const streams = paths.map((path, at) => {
    client.head(2 * at + 1, getHead({ ':path': path, ':authority': 'api.test' }));
    return 2 * at + 1;
  });
  const statuses: number[] = [];
  for (const stream of streams) statuses.push((await client.finished(stream)).status);
  expect(statuses).toEqual([200, 401, 200, 200, 200]);
  client.close();
});

test('the server names the authorities it asks for, and those only', async () => {
  const { output } = await handshake(gateway.port, ['-servername', 'second.test', '-tls1_3']);
  const names = /Acceptable client certificate CA names\n([\s\S]*?)\n(?:Requested|Client|---)/.exec(
    output,
  )?.[1];
  expect(
    names
      ?.split('\n')
      .map((line) => line.trim())
      .sort(),
  ).toEqual(['CN = partners', 'CN = staff']);
});

describe('sessions', () => {
  test.each(['-tls1_2', '-tls1_3'])('%s: none is resumed, with a certificate or without', async (version) => {
    const folder = join(tmpdir(), `portcullis-mtls-${process.pid}`);
    const [cert, key, session] = [`${folder}.pem`, `${folder}.key`, `${folder}.session`];
    writeFileSync(cert, partner.cert);
    writeFileSync(key, partner.key);
    const typed = [
      ['Verify return code', 'GET /partners HTTP/1.1\nHost: api.test\nConnection: close\n\n'],
    ] as const;
    const args = [version, '-servername', 'api.test', '-crlf', '-ign_eof'];
    const identity = ['-cert', cert, '-key', key];
    for (const first of [identity, []]) {
      await handshake(gateway.port, [...args, ...first, '-sess_out', session], typed);
      for (const second of [identity, []]) {
        const again = await handshake(gateway.port, [...args, ...second, '-sess_in', session], typed);
        expect(again.isResumed).toBe(false);
        expect(again.output).toContain(second.length > 0 ? 'HTTP/1.1 200' : 'HTTP/1.1 401');
      }
    }
    for (const file of [cert, key, session]) rmSync(file, { force: true });
  });
});

describe('large certificates', () => {
  const names = (count: number) =>
    Array.from({ length: count }, (_, at) => `URI:spiffe://company/partner/${at}`);

  test('a chain of a mebibyte is refused in the handshake, and the gateway goes on', async () => {
    const cert = partner.cert + below.self.cert.repeat(2_600);
    // With TLS 1.3 the client is done before the server has read its certificate.
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const tls = { minVersion: version, maxVersion: version };
      expect(await statusOf('/open', { cert, key: partner.key }, tls).catch(() => 0)).toBe(0);
    }
    expect(await statusOf('/partners', partner)).toBe(200);
  });

  test('a certificate of more than 16 KiB is not read', async () => {
    expect(await statusOf('/partners', partners.client(names(700)))).toBe(401);
    expect(await statusOf('/open', partners.client(names(700)))).toBe(200);
    expect(await statusOf('/partners', partners.client(names(300)))).toBe(200);
  });
});

describe('a reload', () => {
  test('judges open connections by the authorities in force', async () => {
    const client = await openRawClient(gateway.port, { tls: { servername: 'api.test', ...partner } });
    const ask = async (count: number): Promise<number | undefined> => {
      await client.write('GET /partners HTTP/1.1\r\nHost: api.test\r\n\r\n');
      return (await client.read(count)).responses.at(-1)?.status;
    };
    expect(await ask(1)).toBe(200);
    const next = TestPki.root({ subject: '/CN=next' });
    writeFileSync(join(gateway.dir, 'partners.pem'), next.self.cert);
    expect((await gateway.gateway.reload()).problems).toEqual([]);
    expect(await ask(2)).toBe(401);
    expect(await statusOf('/partners', next.client(['URI:spiffe://company/partner/n']))).toBe(200);
    // Both, as long as certificates change over.
    writeFileSync(join(gateway.dir, 'partners.pem'), next.self.cert + partners.self.cert);
    expect((await gateway.gateway.reload()).problems).toEqual([]);
    expect(await ask(3)).toBe(200);
    client.close();
    expect(await statusOf('/partners', next.client(['URI:spiffe://company/partner/n']))).toBe(200);
    writeFileSync(join(gateway.dir, 'partners.pem'), partners.self.cert);
    await gateway.gateway.reload();
  });

  test('a file that changes is noticed', async () => {
    const next = TestPki.root({ subject: '/CN=watched' });
    const client = next.client(['email:lee@company.test']);
    expect(await statusOf('/staff', client)).toBe(401);
    writeFileSync(join(gateway.dir, 'staff.pem'), staff.self.cert + next.self.cert);
    await until('the new authority counts', async () => (await statusOf('/staff', client)) === 200, 5_000);
  });

  test.each([
    ['what is no certificate', 'nothing'],
    ['the certificate of a client', partner.cert],
    ['a damaged one', partners.self.cert.replace(/\n[^\n]{10}/, '\n0000000000')],
  ])('with %s in place of an authority changes nothing', async (_what, text) => {
    writeFileSync(join(gateway.dir, 'partners.pem'), text);
    const { problems } = await gateway.gateway.reload();
    expect(problems.map(({ pointer }) => pointer)).toContain('/listeners/0/tls/clientCa');
    expect(await statusOf('/partners', partner)).toBe(200);
    writeFileSync(join(gateway.dir, 'partners.pem'), partners.self.cert);
    expect((await gateway.gateway.reload()).problems).toEqual([]);
  });

  test('asking begins and ends', async () => {
    const only = plainConfig(upstream.port, { apis: [api('open', 'none')] });
    const listeners = [
      {
        name: 'web',
        host: '127.0.0.1',
        port: 0,
        tls: { certificates: [{ cert: 'api.pem', key: 'api.key' }] },
      },
    ];
    gateway.writeConfig({ ...only, listeners });
    expect((await gateway.gateway.reload()).problems).toEqual([]);
    expect(await statusOf('/open', partner)).toBe(200);
    gateway.writeConfig(config());
    expect((await gateway.gateway.reload()).problems).toEqual([]);
    await until(
      'certificates are asked for',
      async () => (await statusOf('/partners', partner)) === 200,
      5_000,
    );
  });
});
