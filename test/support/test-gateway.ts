import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway.ts';

/** A line that the gateway logged about itself. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown> | undefined;
}

/** A whole gateway in this process, with its files in a folder of its own. */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly dir: string;
  readonly configPath: string;
  /** Port of the listener `web`. */
  readonly port: number;
  readonly log: readonly LogLine[];
  /** Writes another configuration; the gateway notices by itself, or `gateway.reload()` tells it. */
  writeConfig(config: object): void;
  /** The record of every request in the journal, once `count` of them are there. */
  records(count: number): Promise<JournalRecord[]>;
  /** Creates an API key and returns it whole. */
  createKey(body: object): Promise<{ key: string; id: string }>;
  /** Calls the admin API. */
  admin(path: string, init?: RequestInit): Promise<Response>;
}

/** The parts of a journal record that tests look at. */
export interface JournalRecord {
  readonly 'http.request.id': string;
  readonly 'http.response.status_code': number;
  readonly portcullis: {
    readonly route: string;
    readonly decision: { effect: string; reason: string; stage: string; detail?: string };
    readonly checks: { stage: string; phase: string; mode: string; verdict: string; reason?: string }[];
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
}

/** Waits until a condition holds; fails with the description when it does not within the time. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not happen within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * A configuration for tests: one thread, free ports, one API `web` at `/` in front of an upstream, no authentication, and
 * no rules of the WAF, which holds bodies that would otherwise stream.
 */
export function plainConfig(upstreamPort: number, more: object = {}): Record<string, unknown> {
  const { defaults } = more as { readonly defaults?: object };
  return {
    version: 1,
    threads: 1,
    dataDir: './data',
    listeners: [{ name: 'web', host: '127.0.0.1', port: 0 }],
    admin: { port: 0 },
    apis: [{ id: 'web', path: '/', upstream: `http://127.0.0.1:${upstreamPort}`, authenticate: 'none' }],
    ...more,
    defaults: { waf: { mode: 'off' }, ...defaults },
  };
}

function recordsIn(path: string): JournalRecord[] {
  try {
    return (
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as JournalRecord)
        // The rest are notices.
        .filter(({ portcullis }) => portcullis.decision !== undefined)
    );
  } catch {
    return [];
  }
}

/** Starts a gateway with a configuration; `files` are written beside it first. */
export async function startTestGateway(
  config: object,
  files: Record<string, string> = {},
  more: Pick<GatewayOptions, 'people'> = {},
): Promise<TestGateway> {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-test-'));
  const configPath = join(dir, 'portcullis.yaml');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  // JSON is YAML.
  const writeConfig = (next: object): void => writeFileSync(configPath, JSON.stringify(next, null, 2));
  writeConfig(config);
  const log: LogLine[] = [];
  const gateway = await startGateway({
    source: { path: configPath },
    log: (level, message, fields) => log.push({ level, message, fields }),
    ...more,
  });
  const admin = (path: string, init: RequestInit = {}): Promise<Response> => {
    const token = readFileSync(gateway.admin.tokenPath, 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers };
    return fetch(gateway.admin.url + path, { ...init, headers });
  };
  return {
    gateway,
    dir,
    configPath,
    port: gateway.ports.web as number,
    log,
    writeConfig,
    admin,
    async records(count) {
      const path = gateway.services.journalPath();
      await until(`${count} journal records`, () => recordsIn(path).length >= count);
      return recordsIn(path);
    },
    async createKey(body) {
      const response = await admin('/v1/keys', { method: 'POST', body: JSON.stringify(body) });
      const created = (await response.json()) as { key: string; record: { id: string } };
      if (response.status !== 201)
        throw new Error(`key create: ${response.status} ${JSON.stringify(created)}`);
      return { key: created.key, id: created.record.id };
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
