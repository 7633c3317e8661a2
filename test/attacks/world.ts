import { createHmac } from 'node:crypto';
import { issuerBlock, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { exchange, type RawResponse } from '../support/raw-client.ts';
import {
  type RecordingUpstream,
  type SeenRequest,
  start,
  type UpstreamScript,
} from '../support/recording-upstream.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import { apiCertificate, tlsListener } from '../support/tls-world.ts';

export const HOOK_SECRET = 'the secret that the sender has';

const JWT = { issuer: 'test', audience: 'api', replay: 'off' };
const HEADERS = { 'X-User-Id': 'subject', 'X-Roles': 'roles' };

/** The APIs that are attacked: one for each way to combine what authentication can do. */
function apisAt(upstream: string): object[] {
  const api = (id: string, authenticate: unknown, more: object = {}) => ({
    id,
    path: `/${id}`,
    upstream,
    authenticate,
    ...more,
  });
  const webhook = {
    secrets: [{ id: 'a', secret: '${env:ATTACK_SECRET}' }],
    timestampHeader: 'X-Time',
    name: 'shop',
  };
  return [
    api('jwt', { jwt: JWT, identityHeaders: HEADERS }),
    api('key', { apiKey: {}, identityHeaders: HEADERS }),
    api('either', { anyOf: [{ apiKey: {} }, { jwt: JWT }], identityHeaders: HEADERS }),
    api('dpop', { jwt: { ...JWT, dpop: 'required' } }),
    api('dpop-or-key', { anyOf: [{ apiKey: {} }, { jwt: { ...JWT, dpop: 'accepted' } }] }),
    api('both', { allOf: [{ jwt: JWT }, { apiKey: {} }] }),
    api('once', { jwt: { ...JWT, replay: 'once' } }),
    api('cookie', { apiKey: { cookie: 'key' }, identityHeaders: HEADERS }),
    api('query', { apiKey: { query: 'api_key' } }, { protocol: { credentialsInUrl: 'allow' } }),
    api('hook', { webhook }),
    api('hook-or-key', { anyOf: [{ webhook }, { apiKey: {} }] }),
    api('observed', { mode: 'observe', jwt: JWT, identityHeaders: HEADERS }),
    api(
      'parts',
      { apiKey: {} },
      {
        endpoints: [
          { id: 'public', path: '/public', authenticate: 'none' },
          { id: 'admin', path: '/public/admin', authenticate: { jwt: JWT } },
          { id: 'read', path: '/items', methods: ['GET'], authenticate: 'none' },
          { id: 'write', path: '/items', methods: ['POST', 'DELETE'], authenticate: { jwt: JWT } },
        ],
      },
    ),
    api('cors', { jwt: JWT }, { cors: { origins: ['https://app.test'] } }),
  ];
}

/** A gateway under attack. */
export interface AttackWorld extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly upstream: RecordingUpstream;
  readonly issuer: TestIssuer;
  /** A valid key of an owner without rights. */
  readonly key: string;
  /** Sends bytes on one connection; the answers. */
  send(bytes: string, expect?: number, methods?: readonly string[]): Promise<readonly RawResponse[]>;
  /** Sends one request; `lines` are whole lines with CRLF. */
  ask(target: string, lines?: string, method?: string, body?: string): Promise<number>;
  /** What the upstream got since the last call. */
  seen(): readonly SeenRequest[];
}

export async function openAttackWorld(script: UpstreamScript = {}): Promise<AttackWorld> {
  process.env.ATTACK_SECRET = HOOK_SECRET;
  const issuer = await startIssuer();
  const upstream = await start(script);
  const origin = `http://127.0.0.1:${upstream.port}`;
  const { cert, key } = apiCertificate();
  const gateway = await startTestGateway(
    {
      version: 1,
      // What stops these attacks is not to be the firewall.
      defaults: { waf: { mode: 'off' } },
      threads: 2,
      dataDir: './data',
      admin: { port: 0 },
      listeners: [
        { name: 'web', host: '127.0.0.1', port: 0 },
        { ...tlsListener(1), name: 'secure' },
      ],
      issuers: [issuerBlock(issuer)],
      apis: [
        ...apisAt(origin),
        { id: 'named', hosts: ['private.test'], path: '/', upstream: origin },
        { id: 'rest', path: '/rest', upstream: origin, authenticate: 'none' },
      ],
    },
    { '0.pem': cert, '0.key': key },
  );
  const made = await gateway.createKey({ name: 'attacker', owner: 'mallory' });
  const send: AttackWorld['send'] = async (bytes, expected = 1, methods = undefined) =>
    (
      await exchange(gateway.port, bytes, {
        expect: expected,
        idleMs: 3_000,
        ...(methods === undefined ? {} : { methods }),
      })
    ).responses;
  return {
    gateway,
    upstream,
    issuer,
    key: made.key,
    send,
    async ask(target, lines = '', method = 'GET', body = '') {
      const framing = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
      const head = `${method} ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${lines}${framing}\r\n`;
      const [answer] = await send(head + body, 1, [method]);
      return answer?.status ?? 0;
    },
    seen() {
      const seen = [...upstream.requests];
      upstream.clear();
      return seen;
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await upstream.close();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

/** The fields of a signed webhook. */
export function hookLines(body: string, secret = HOOK_SECRET, atS = Math.floor(Date.now() / 1000)): string {
  const mac = createHmac('sha256', secret).update(`${atS}.${body}`).digest('hex');
  return `X-Time: ${atS}\r\nX-Webhook-Signature: ${mac}\r\n`;
}
