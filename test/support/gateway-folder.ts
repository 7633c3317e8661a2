import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Running, startNode } from './run-node.ts';
import type { JournalRecord } from './test-gateway.ts';

const CLI = join(import.meta.dirname, '../../src/cli/main.ts');

/** A folder with a configuration, in which `portcullis run` is started and killed. */
export interface GatewayFolder extends Disposable {
  readonly dir: string;
  readonly configPath: string;
  /** Starts `portcullis run`; resolves when it listens. */
  start(env?: NodeJS.ProcessEnv): Promise<CliGateway>;
  /** The whole lines of the journal. */
  journal(): string[];
  records(): JournalRecord[];
}

/** A gateway that the command line runs. */
export interface CliGateway extends Running {
  /** Port of the listener `web`. */
  readonly port: number;
  /** Calls the admin API. */
  admin(path: string, init?: RequestInit): Promise<Response>;
}

/** Makes a folder with a configuration; `files` are written beside it. */
export function gatewayFolder(config: object, files: Record<string, string> = {}): GatewayFolder {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-folder-'));
  const configPath = join(dir, 'portcullis.yaml');
  writeFileSync(configPath, JSON.stringify(config));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const started: Running[] = [];
  const journal = (): string[] =>
    readFileSync(join(dir, 'data/journal.jsonl'), 'utf8').split('\n').slice(0, -1);
  return {
    dir,
    configPath,
    journal,
    records: () => journal().map((line) => JSON.parse(line) as JournalRecord),
    async start(env = {}) {
      const running = startNode(CLI, ['run', '--config', configPath], { env });
      started.push(running);
      await running.saysOut('Admin API on');
      const port = Number(/Listening on \S+?:(\d+) \(web\)/.exec(running.out())?.[1]);
      const url = /Admin API on (\S+),/.exec(running.out())?.[1] ?? '';
      const admin = (path: string, init: RequestInit = {}): Promise<Response> => {
        const token = readFileSync(join(dir, 'data/admin.token'), 'utf8').trim();
        const headers = {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...init.headers,
        };
        return fetch(url + path, { ...init, headers });
      };
      return { ...running, port, admin };
    },
    [Symbol.dispose]: () => {
      // A test that failed may have left one running.
      for (const running of started) running.process.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
