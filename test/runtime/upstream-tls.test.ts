import { createServer, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAuthority } from '../support/authority.ts';
import { exchange } from '../support/raw-client.ts';
import { askRecorded } from '../support/recorded.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const ours = makeAuthority('ours');
const other = makeAuthority('other');
const ofAddress = ours.sign('IP:127.0.0.1');
const ofName = ours.sign('DNS:backend.test');
const client = ours.sign('DNS:gateway.test');
const stranger = other.sign('DNS:gateway.test');

/** A server that answers with who the client is. */
async function serve(options: TlsOptions): Promise<{ port: number; close(): void }> {
  const server = createServer(options, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => {
      const { subject } = socket.getPeerCertificate();
      const body = `${socket.servername || '-'} ${subject === undefined ? 'nobody' : 'client'}`;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

const FILES = {
  'ours.pem': ours.ca,
  'other.pem': other.ca,
  'client.pem': client.cert,
  'client.key': client.key,
  'stranger.pem': stranger.cert,
  'stranger.key': stranger.key,
};

let servers: { port: number; close(): void }[];
let gateway: TestGateway;

beforeAll(async () => {
  const mutual = { requestCert: true, rejectUnauthorized: true, ca: ours.ca };
  servers = [
    await serve({ ...ofAddress }),
    await serve({ ...ofName }),
    await serve({ ...ofAddress, ...mutual }),
    await serve({ ...ofAddress, ...mutual, maxVersion: 'TLSv1.2' }),
  ];
  const [byAddress, byName, mutual13, mutual12] = servers.map(({ port }) => `https://127.0.0.1:${port}`);
  const api = (id: string, target: string | undefined, tls?: object) => ({
    id,
    path: `/${id}`,
    upstream: { targets: [target], tls, passive: { failures: 1000 } },
    authenticate: 'none',
  });
  const ca = './ours.pem';
  const known = { ca, cert: './client.pem', key: '${file:./client.key}' };
  const unknown = { ca, cert: './stranger.pem', key: '${file:./stranger.key}' };
  const apis = [
    api('own-ca', byAddress, { ca }),
    api('public-ca', byAddress),
    api('wrong-ca', byAddress, { ca: './other.pem' }),
    api('unverified', byAddress, { verify: false }),
    api('wrong-name', byName, { ca }),
    api('server-name', byName, { ca, serverName: 'backend.test' }),
    api('other-name', byName, { ca, serverName: 'frontend.test' }),
    api('with-client', mutual13, known),
    api('without-client', mutual13, { ca }),
    api('wrong-client', mutual13, unknown),
    api('with-client-12', mutual12, known),
    api('without-client-12', mutual12, { ca }),
  ];
  gateway = await startTestGateway(plainConfig(1, { apis }), FILES);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  for (const server of servers) server.close();
});

test.each([
  ['own-ca', '- nobody'],
  ['unverified', '- nobody'],
  ['server-name', 'backend.test nobody'],
  ['with-client', '- client'],
  ['with-client-12', '- client'],
])('%s: the upstream is reached', async (id, body) => {
  const recorded = await askRecorded(gateway, `GET /${id}`);
  expect(recorded).toMatchObject({ status: 200, reason: 'request.passed' });
  expect(recorded.response?.body.toString()).toBe(body);
});

test.each([
  ['public-ca', /UNABLE_TO_VERIFY|SELF_SIGNED|unable to/],
  ['wrong-ca', /UNABLE_TO_VERIFY|SELF_SIGNED|unable to/],
  ['wrong-name', /ERR_TLS_CERT_ALTNAME_INVALID/],
  ['other-name', /ERR_TLS_CERT_ALTNAME_INVALID/],
  ['without-client', /certificate required/i],
  ['without-client-12', /handshake failure/i],
])('%s: 502 upstream.tls, nothing sent, asked once', async (id, detail) => {
  const recorded = await askRecorded(gateway, `GET /${id}`);
  expect(recorded).toMatchObject({ status: 502, reason: 'upstream.tls', attempts: 1 });
  expect(recorded.detail).toMatch(detail);
});

test('a certificate that the upstream refuses without a word is a broken connection', async () => {
  const recorded = await askRecorded(gateway, 'POST /wrong-client');
  expect(recorded).toMatchObject({ status: 502, reason: 'upstream.reset', attempts: 1 });
});

test('the name that is verified is never one that the client chose', async () => {
  const head = 'GET /wrong-name HTTP/1.1\r\nHost: backend.test\r\nConnection: close\r\n\r\n';
  const { responses } = await exchange(gateway.port, head, { expect: 1 });
  expect(responses[0]?.status).toBe(502);
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a second connection takes up the session of the first (%s)',
  async (version) => {
    const reused: boolean[] = [];
    const server = createServer({ ...ofAddress, maxVersion: version }, (socket) => {
      reused.push(socket.isSessionReused());
      socket.on('error', () => socket.destroy());
      socket.on('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const upstream = { targets: [`https://127.0.0.1:${port}`], tls: { ca: './ours.pem' } };
    await using own = await startTestGateway(
      plainConfig(1, { apis: [{ id: 'web', path: '/', upstream, authenticate: 'none' }] }),
      FILES,
    );
    for (let i = 0; i < 3; i++) expect((await askRecorded(own)).status).toBe(200);
    expect(reused[0]).toBe(false);
    expect(reused).toContain(true);
    server.close();
  },
);
