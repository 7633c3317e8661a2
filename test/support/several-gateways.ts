import { join } from 'node:path';
import { ask } from './ask.ts';
import { freePorts } from './free-ports.ts';
import { type CliGateway, type GatewayFolder, gatewayFolder } from './gateway-folder.ts';
import { issuerBlock, type TestIssuer } from './issuer.ts';
import { type Address, PASSWORD } from './postgres.ts';
import { runNode } from './run-node.ts';
import { plainConfig } from './test-gateway.ts';

const CLI = join(import.meta.dirname, '../../src/cli/main.ts');

/** What `key revoke` answers over the admin API. */
export interface Revoked {
  readonly status: number;
  /** Milliseconds from the question to the answer. */
  readonly ms: number;
  readonly message: string;
  readonly slowestMs: number;
  readonly nodes: { name: string; state: string; ms: number }[];
}

/** A gateway process on a shared database. */
export interface SharedGateway extends CliGateway {
  readonly folder: GatewayFolder;
  createKey(name: string): Promise<{ key: string; id: string }>;
  revoke(id: string): Promise<Revoked>;
}

/** What such a gateway is started with. */
export interface SharedOptions {
  readonly name: string;
  readonly at: Address;
  readonly upstreamPort: number;
  readonly issuer: TestIssuer;
  /** Seconds. */
  readonly maxStaleS?: number;
  readonly more?: object;
}

export const keyHeader = (key: string): string => `X-API-Key: ${key}\r\n`;

function configOf(
  adminPort: number,
  { name, at, upstreamPort, issuer, maxStaleS = 10, more = {} }: SharedOptions,
): object {
  const upstream = `http://127.0.0.1:${upstreamPort}`;
  return plainConfig(upstreamPort, {
    threads: 2,
    admin: { port: adminPort },
    store: { url: at.url, password: '${env:STORE_PASSWORD}', nodeName: name, maxStaleS },
    issuers: [issuerBlock(issuer)],
    apis: [
      { id: 'keys', path: '/', upstream },
      { id: 'tokens', path: '/jwt', upstream, authenticate: { jwt: { issuer: 'test', audience: 'api' } } },
    ],
    ...more,
  });
}

/** Makes the folder of such a gateway without starting it. */
export async function sharedFolder(options: SharedOptions): Promise<GatewayFolder> {
  // A port of its own, or commands would find another gateway on this machine.
  const [adminPort = 0] = await freePorts(1);
  return gatewayFolder(configOf(adminPort, options));
}

/** Starts such a gateway as `portcullis run` does. */
export async function startShared(options: SharedOptions): Promise<SharedGateway> {
  const folder = await sharedFolder(options);
  const gateway = await folder.start({ STORE_PASSWORD: PASSWORD });
  return {
    ...gateway,
    folder,
    async createKey(name) {
      const response = await gateway.admin('/v1/keys', { method: 'POST', body: JSON.stringify({ name }) });
      const made = (await response.json()) as { key: string; record: { id: string }; notes: string[] };
      if (response.status !== 201) throw new Error(`key create: ${response.status} ${JSON.stringify(made)}`);
      return { key: made.key, id: made.record.id };
    },
    async revoke(id) {
      const startMs = performance.now();
      const response = await gateway.admin(`/v1/keys/${id}`, { method: 'DELETE' });
      const body = (await response.json()) as Revoked;
      return { ...body, status: response.status, ms: performance.now() - startMs };
    },
  };
}

/** Runs a command of the command line in the folder of a gateway. */
export const command = (folder: GatewayFolder, ...args: string[]) =>
  runNode(CLI, [...args, '--config', folder.configPath], { env: { STORE_PASSWORD: PASSWORD } });

/** Asks again and again until it is stopped, and remembers when a status came last. */
export function probe(port: number, headers: string) {
  const lastMs = new Map<number, number>();
  let isStopped = false;
  const run = (async () => {
    while (!isStopped) {
      const { status } = await ask(port, headers).catch(() => ({ status: 0 }));
      lastMs.set(status, performance.now());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    /** When this status came last, in the milliseconds of `performance.now()`; 0 for never. */
    last: (status: number): number => lastMs.get(status) ?? 0,
    statuses: () => [...lastMs.keys()].sort(),
    async stop() {
      isStopped = true;
      await run;
    },
  };
}
