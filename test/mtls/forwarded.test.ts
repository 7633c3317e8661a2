import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { valuesOf } from '../support/message-reader.ts';
import { type Signed, TestPki } from '../support/pki.ts';
import { exchange } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const partners = TestPki.root({ subject: '/CN=partners' });
const below = partners.authority({ subject: '/CN=below' });
const partner = partners.client(['DNS:a.partner.test']);
const deep = below.client(['DNS:deep.partner.test']);
const proxy = partners.client(['DNS:proxy.partner.test']);
const stranger = TestPki.root({ subject: '/CN=stranger' }).client(['DNS:a.partner.test']);

let upstream: RecordingUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await start();
  const server = makeCertificate(['api.test']);
  const tls = { certificates: [{ cert: 'api.pem', key: 'api.key' }], clientCa: 'partners.pem' };
  const clientCertificates = { fromTrustedProxies: true };
  const host = '127.0.0.1';
  const api = (id: string, authenticate: unknown) => ({
    id,
    path: `/${id}`,
    upstream: `http://127.0.0.1:${upstream.port}`,
    authenticate,
  });
  gateway = await startTestGateway(
    plainConfig(upstream.port, {
      // Clients connect from two addresses of this machine; one of them is the proxy's.
      trustedProxies: ['127.0.0.2/32'],
      limits: { headerBytes: 65_536 },
      listeners: [
        { name: 'web', host, port: 0 },
        { name: 'proxied', host, port: 0, clientCertificates },
        { name: 'both', host, port: 0, clientCertificates, tls },
        { name: 'direct', host, port: 0, tls },
      ],
      apis: [
        api('partners', { mtls: { ca: 'partners.pem', san: ['*.partner.test'] } }),
        api('passed', { anyOf: [{ mtls: { ca: 'partners.pem', forward: true } }, { apiKey: {} }] }),
        api('open', 'none'),
      ],
    }),
    { 'partners.pem': partners.self.cert, 'api.pem': server.cert, 'api.key': server.key },
  );
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

const bytes = ({ der }: Signed): string => `:${Buffer.from(der).toString('base64')}:`;
const fieldsOf = (client: Signed, ...chain: readonly TestPki[]): string[] => [
  `Client-Cert: ${bytes(client)}`,
  ...(chain.length === 0 ? [] : [`Client-Cert-Chain: ${chain.map(({ self }) => bytes(self)).join(', ')}`]),
];

interface Attempt {
  readonly listener: string;
  readonly path?: string;
  readonly fields?: readonly string[];
  readonly from?: 'proxy' | 'stranger';
  readonly identity?: Signed;
}

async function ask({ listener, path = '/partners', fields = [], from = 'proxy', identity }: Attempt) {
  const head = [`GET ${path} HTTP/1.1`, 'Host: api.test', 'Connection: close', ...fields];
  const isSecure = listener === 'both' || listener === 'direct';
  const { responses } = await exchange(
    gateway.gateway.ports[listener] as number,
    `${head.join('\r\n')}\r\n\r\n`,
    {
      ...(isSecure ? { tls: { servername: 'api.test', ...identity } } : {}),
      localAddress: from === 'proxy' ? '127.0.0.2' : '127.0.0.3',
      expect: 1,
    },
  );
  return responses[0]?.status ?? 0;
}

describe('what a trusted proxy passes on', () => {
  test.each([
    ['a certificate', fieldsOf(partner), 200],
    ['one with its chain', fieldsOf(deep, below), 200],
    [
      'a chain in several lines',
      [
        ...fieldsOf(deep),
        `Client-Cert-Chain: ${bytes(partners.self)}`,
        `Client-Cert-Chain: ${bytes(below.self)}`,
      ],
      200,
    ],
    ['one without its chain', fieldsOf(deep), 401],
    ['one of a stranger', fieldsOf(stranger), 401],
    ['none', [], 401],
    ['two', [...fieldsOf(partner), ...fieldsOf(partner)], 400],
    ['two in one line', [`Client-Cert: ${bytes(partner)}, ${bytes(partner)}`], 400],
    ['a chain alone', [`Client-Cert-Chain: ${bytes(below.self)}`], 400],
    ['an empty one', ['Client-Cert: ::'], 400],
    ['an empty line', ['Client-Cert:'], 400],
    ['PEM', [`Client-Cert: ${encodeURIComponent(partner.cert)}`], 400],
    ['a parameter', [`Client-Cert: ${bytes(partner)};a=1`], 400],
    ['base64 that others read otherwise', [`Client-Cert: ${bytes(partner).replace(/.=*:$/, '!:')}`], 400],
    ['bytes that are no certificate', ['Client-Cert: :AAAA:'], 401],
    ['a chain that is none', [...fieldsOf(partner), 'Client-Cert-Chain: :AAAA:,'], 400],
    [
      'a chain of nine',
      [...fieldsOf(partner), `Client-Cert-Chain: ${Array(9).fill(':AAAA:').join(',')}`],
      400,
    ],
    ['more than 16 KiB', [`Client-Cert: :${Buffer.alloc(16_386).toString('base64')}:`], 400],
    ['a name with an underscore', [`Client_Cert: ${bytes(partner)}`], 401],
  ])('%s', async (_what, fields, status) => {
    expect(await ask({ listener: 'proxied', fields })).toBe(status);
    expect(await ask({ listener: 'both', fields })).toBe(status);
  });

  test('again and again, each time the same', async () => {
    for (let i = 0; i < 3; i++) {
      expect(await ask({ listener: 'proxied', fields: fieldsOf(partner) })).toBe(200);
      expect(await ask({ listener: 'proxied', fields: fieldsOf(stranger) })).toBe(401);
    }
  });

  test('and its own certificate speaks for none of its clients', async () => {
    expect(await ask({ listener: 'both', identity: proxy })).toBe(401);
    expect(await ask({ listener: 'both', identity: proxy, fields: fieldsOf(partner) })).toBe(200);
    expect(await ask({ listener: 'both', identity: proxy, fields: fieldsOf(stranger) })).toBe(401);
  });
});

describe('from anybody else', () => {
  test.each([
    ['a listener that takes them, a stranger', { listener: 'proxied', from: 'stranger' }],
    ['the same over TLS', { listener: 'both', from: 'stranger' }],
    ['a listener that does not take them, the proxy', { listener: 'web' }],
    ['the same over TLS', { listener: 'direct' }],
    ['a listener that does not take them, a stranger', { listener: 'web', from: 'stranger' }],
  ] as const)('the fields mean nothing: %s', async (_what, attempt) => {
    expect(await ask({ ...attempt, fields: fieldsOf(partner) })).toBe(401);
    expect(await ask({ ...attempt, fields: ['Client-Cert: nonsense'] })).toBe(401);
  });

  test('the certificate of the connection counts, whatever the fields say', async () => {
    for (const attempt of [
      { listener: 'both', from: 'stranger' },
      { listener: 'direct', from: 'stranger' },
      { listener: 'direct', from: 'proxy' },
    ] as const) {
      expect(await ask({ ...attempt, identity: partner })).toBe(200);
      expect(await ask({ ...attempt, identity: partner, fields: fieldsOf(stranger) })).toBe(200);
      expect(await ask({ ...attempt, identity: stranger, fields: fieldsOf(partner) })).toBe(401);
    }
  });
});

describe('what the upstream gets', () => {
  const SPOOFED = [
    'X-Forwarded-Client-Cert',
    'X-SSL-Client-Verify',
    'X_SSL_Client_Cert',
    'SSL-Client-Subject-DN',
    'X-Client-Cert',
  ];

  test('nothing that a client says about certificates, on any listener', async () => {
    for (const from of ['proxy', 'stranger'] as const) {
      upstream.clear();
      const fields = [...fieldsOf(partner, below), ...SPOOFED.map((name) => `${name}: SUCCESS`)];
      expect(await ask({ listener: 'proxied', path: '/open', fields, from })).toBe(200);
      const [request] = upstream.requests;
      for (const name of ['Client-Cert', 'Client-Cert-Chain', ...SPOOFED]) {
        expect(valuesOf(request as NonNullable<typeof request>, name.toLowerCase())).toEqual([]);
      }
    }
  });

  test('the certificate that was verified, where `forward` says so', async () => {
    upstream.clear();
    const spoofed = fieldsOf(stranger);
    expect(await ask({ listener: 'direct', path: '/passed', identity: partner, fields: spoofed })).toBe(200);
    expect(await ask({ listener: 'proxied', path: '/passed', fields: fieldsOf(partner) })).toBe(200);
    expect(upstream.requests.map((request) => valuesOf(request, 'client-cert'))).toEqual([
      [bytes(partner)],
      [bytes(partner)],
    ]);
  });

  test('none where the caller was authenticated otherwise', async () => {
    upstream.clear();
    const { key } = await gateway.createKey({ name: 'k', owner: 'o' });
    const fields = [`X-API-Key: ${key}`];
    expect(await ask({ listener: 'direct', path: '/passed', fields })).toBe(200);
    expect(upstream.requests.map((request) => valuesOf(request, 'client-cert'))).toEqual([[]]);
  });
});
