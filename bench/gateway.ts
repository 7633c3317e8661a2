import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findFreePort } from './processes.ts';
import { ALLOWED_ORIGIN } from './scenarios.ts';
import type { Rig, StartOptions, Subject, SubjectKind } from './subject.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'src/cli/main.ts');
const START_LIMIT_MS = 20_000;

/** A limit that is counted and never reached. */
export const TIERS = { internal: { perMinute: 1_000_000 } };

/** The API behind the scenario with key, tier limit and CORS; lacks its upstream. */
export const KEYED_API = {
  id: 'keyed',
  path: '/keyed',
  authenticate: { apiKey: {} },
  rateLimit: { tier: 'internal' },
  cors: { origins: [ALLOWED_ORIGIN] },
};

/** Portcullis itself. The one file that knows how it is started and configured. */
export const GATEWAY: SubjectKind = {
  id: 'gateway',
  title: 'Portcullis',
  logging: 'its journal: one JSON record per request, written in blocks',
  optional: true,
  guards: true,
  warmUpS: 3,
  runs: () => true,
  start: (rig, options) => startGateway(rig, options),
};

/** What may differ from one start to another. */
export interface GatewayOptions {
  /** For Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Keys of the configuration that take the place of those of the bench. */
  readonly change?: object;
}

/** Starts it under Node. */
export async function startGateway(
  rig: Rig,
  options: StartOptions,
  { nodeOptions = [], change = {} }: GatewayOptions = {},
): Promise<Subject> {
  if (!existsSync(MAIN)) throw new Error('src/cli/main.ts does not exist yet.');
  const [http, https, admin] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const name = `gateway-${http}`;
  const dataDir = join(rig.dir, name);
  const configPath = join(rig.dir, `${name}.yaml`);
  mkdirSync(dataDir, { mode: 0o700 });
  // YAML reads JSON, so nothing needs quoting.
  writeFileSync(
    configPath,
    JSON.stringify({ ...configuration(rig, options, dataDir, { http, https, admin }), ...change }, null, 2),
  );
  const args = [...nodeOptions, MAIN, 'run', '--config', configPath];
  const running = rig.processes.start(name, process.execPath, args, { cpus: options.cpus, cwd: ROOT });
  try {
    await running.waitUntil(() => isReady(admin), START_LIMIT_MS);
    const key = await createKey(configPath, rig.signal);
    return { pid: running.pid, key, ports: { http, https }, logPaths: [], stop: () => running.stop() };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

function configuration(
  rig: Rig,
  options: StartOptions,
  dataDir: string,
  ports: { readonly http: number; readonly https: number; readonly admin: number },
): object {
  const host = '127.0.0.1';
  const upstream = `http://${host}:${rig.upstreamPort}`;
  const { certPath, keyPath } = rig.certificate;
  const tls = { certificates: [{ cert: certPath, key: `\${file:${keyPath}}` }] };
  const jwt = { issuer: 'bench', audience: 'bench' };
  const json = { contentTypes: ['application/json'], json: { maxDepth: 32 } };
  return {
    version: 1,
    threads: options.threads,
    dataDir,
    listeners: [
      { name: 'web', host, port: ports.http },
      { name: 'secure', host, port: ports.https, tls },
    ],
    admin: { host, port: ports.admin },
    issuers: [
      { id: 'bench', issuer: 'https://issuer.bench', algorithms: ['RS256'], jwks: { file: rig.jwksPath } },
    ],
    tiers: TIERS,
    apis: [
      { id: 'plain', path: '/plain', upstream, authenticate: 'none' },
      {
        id: 'limited',
        path: '/limited',
        upstream,
        authenticate: 'none',
        addressLimit: { perMinute: 1_000_000 },
      },
      { ...KEYED_API, upstream },
      { id: 'jwt', path: '/jwt', upstream, authenticate: { jwt } },
      { id: 'json', path: '/json', upstream, authenticate: 'none', validate: json },
      { id: 'large', path: '/large', upstream, authenticate: 'none' },
    ],
  };
}

async function isReady(adminPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

async function createKey(configPath: string, signal: AbortSignal): Promise<string> {
  const args = [MAIN, 'key', 'create', '--config', configPath, '--name', 'bench', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: ROOT,
    signal,
    timeout: START_LIMIT_MS,
  });
  const { key } = JSON.parse(stdout) as { key?: unknown };
  if (typeof key !== 'string') throw new Error(`key create --json printed no key: ${stdout.trim()}`);
  return key;
}
