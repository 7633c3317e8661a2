import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where the quickstart listens and keeps its data. */
export interface Settings {
  readonly apiPort: number;
  readonly port: number;
  readonly adminPort: number;
  /** Absolute path of the configuration that the gateway runs with. */
  readonly config: string;
}

/** The environment variables that move the quickstart out of the way of other programs. */
export const VARIABLES = {
  port: 'PORTCULLIS_QUICKSTART_PORT',
  adminPort: 'PORTCULLIS_QUICKSTART_ADMIN_PORT',
  apiPort: 'PORTCULLIS_QUICKSTART_API_PORT',
  dataDir: 'PORTCULLIS_QUICKSTART_DATA',
} as const;

const FILE = join(import.meta.dirname, 'portcullis.yaml');
const DEFAULTS = { port: 8080, adminPort: 9443, apiPort: 3000 } as const;

/** Reads the environment; throws a RangeError with a sentence for what is no port. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const ports = {
    port: portOf(env, 'port'),
    adminPort: portOf(env, 'adminPort'),
    apiPort: portOf(env, 'apiPort'),
  };
  const isMoved = Object.values(VARIABLES).some((name) => env[name] !== undefined);
  if (!isMoved) return { ...ports, config: FILE };
  const dataDir = resolve(env[VARIABLES.dataDir] ?? join(import.meta.dirname, '.portcullis'));
  return { ...ports, config: writeMoved(dataDir, ports) };
}

function portOf(env: NodeJS.ProcessEnv, which: keyof typeof DEFAULTS): number {
  const text = env[VARIABLES[which]];
  const port = Number(text ?? DEFAULTS[which]);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new RangeError(`${VARIABLES[which]} must be a port from 1 to 65535, but is "${text}".`);
}

/** Writes the configuration with other ports into its data folder, for the gateway and for `explain`. */
function writeMoved(dataDir: string, ports: Omit<Settings, 'config'>): string {
  const text = readFileSync(FILE, 'utf8')
    .replace(
      /^# yaml-language-server:.*\n/,
      '# Made of examples/quickstart/portcullis.yaml with other ports.\n',
    )
    .replace(`port: ${DEFAULTS.port}`, `port: ${ports.port}`)
    .replace(`port: ${DEFAULTS.adminPort}`, `port: ${ports.adminPort}`)
    .replaceAll(`127.0.0.1:${DEFAULTS.apiPort}`, `127.0.0.1:${ports.apiPort}`)
    .replace(/^dataDir:.*$/m, 'dataDir: .');
  const path = join(dataDir, 'quickstart.yaml');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(path, text);
  return path;
}
