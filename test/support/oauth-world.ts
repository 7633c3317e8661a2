import { startGateway } from '../../src/gateway.ts';
import type { Account } from '../../src/oauth/interaction/seam.ts';
import type { People } from '../../src/oauth/users/people.ts';
import { freePorts } from './free-ports.ts';
import { plainPages } from './plain-pages.ts';
import { type RecordingUpstream, start } from './recording-upstream.ts';
import { startTestGateway, type TestGateway } from './test-gateway.ts';
import { apiCertificate } from './tls-world.ts';

/** A gateway with its own authorization server, an API that its tokens open, and a person who can sign in. */
export interface OauthWorld extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly upstream: RecordingUpstream;
  readonly port: number;
  readonly issuer: string;
  /** Stops the gateway and starts it again on the same files. */
  restart(): Promise<void>;
}

export const RESOURCE = 'https://api.test/orders';

export const ANNA: Account = {
  id: 'anna-1',
  roles: ['editor'],
  tier: '',
  department: 'sales',
  clearance: '',
  tenant: 'acme',
  validFromS: 0,
  profile: { name: 'Anna', email: 'anna@company.test', email_verified: true },
};

/** One person, who knows a password. */
export const people: People = {
  accounts: { find: async (id) => (id === ANNA.id ? ANNA : null) },
  pages: plainPages(async (name, password) =>
    name === 'anna' && password === 'correct horse' ? ANNA.id : null,
  ),
};

export interface OauthWorldOptions {
  /** More members of the listener's `tls`. */
  readonly tls?: object;
  /** More files beside the configuration. */
  readonly files?: Record<string, string>;
  /** More members of the configuration. */
  readonly [member: string]: unknown;
}

/** Starts gateway and upstream on one TLS port that the issuer names. */
export async function openOauthWorld(
  oauth: { readonly issuer?: string; readonly [member: string]: unknown } = {},
  { tls = {}, files: moreFiles = {}, ...more }: OauthWorldOptions = {},
  issuerPath = '',
  who: People | null = people,
): Promise<OauthWorld> {
  const upstream = await start();
  const [port = 0] = await freePorts(1);
  const issuer = oauth.issuer ?? `https://api.test:${port}${issuerPath}`;
  const { cert, key } = apiCertificate();
  const config = {
    version: 1,
    threads: 2,
    dataDir: './data',
    listeners: [
      {
        name: 'web',
        host: '127.0.0.1',
        port,
        tls: { certificates: [{ cert: './0.pem', key: './0.key' }], ...tls },
      },
    ],
    admin: { port: 0 },
    oauth: {
      issuer,
      resources: [{ id: RESOURCE, audience: 'orders', scopes: ['orders:read', 'orders:write'] }],
      ...oauth,
    },
    apis: [
      {
        id: 'orders',
        path: '/api/orders',
        upstream: `http://127.0.0.1:${upstream.port}`,
        authenticate: { jwt: { issuer: 'builtin', audience: 'orders', dpop: 'accepted' } },
        authorize: [{ methods: ['GET'], scopes: ['orders:read'] }],
      },
    ],
    ...more,
  };
  const files = { '0.pem': cert, '0.key': key, ...moreFiles };
  const gateway = await startTestGateway(config, files, { people: who });
  let running = gateway.gateway;
  return {
    gateway,
    upstream,
    port,
    issuer,
    async restart() {
      await running.close();
      running = await startGateway({ source: { path: gateway.configPath }, log: () => {}, people: who });
    },
    async [Symbol.asyncDispose]() {
      await running.close();
      await gateway[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}
