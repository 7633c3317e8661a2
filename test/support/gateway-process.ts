import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A gateway in a process of its own, to measure it or to let it die. */
export interface GatewayProcess extends AsyncDisposable {
  readonly pid: number;
  /** Port of the listener `web`. */
  readonly port: number;
  /** What it logged about itself, one JSON object per line. */
  readonly log: readonly string[];
  /** Text of its journal. */
  journal(): string;
  /** Memory that the process holds now, garbage and all, in MiB. */
  residentMiB(): number;
  /** Memory that it holds once every thread has collected its garbage, in MiB: what growth is told by. */
  settledMiB(): Promise<number>;
}

const ENTRY = join(import.meta.dirname, 'gateway-process-entry.ts');

/** Starts the process and waits until it serves; `files` are written beside the configuration first. */
export async function startGatewayProcess(
  config: object,
  files: Record<string, string> = {},
): Promise<GatewayProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const configPath = join(dir, 'portcullis.yaml');
  writeFileSync(configPath, JSON.stringify(config));
  const child = spawn(process.execPath, [ENTRY, configPath], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const log: string[] = [];
  let collected = (_threads: number): void => undefined;
  const ready = await new Promise<{ port: number; journal: string }>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}: ${log.join('\n')}`)));
    createInterface(child.stdout).on('line', (line) => {
      const message = JSON.parse(line) as { ready?: { port: number; journal: string }; collected?: number };
      if (message.collected !== undefined) collected(message.collected);
      else if (message.ready === undefined) log.push(line);
      else resolve(message.ready);
    });
  });
  const residentMiB = (): number => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
  };
  return {
    pid: child.pid as number,
    port: ready.port,
    log,
    journal: () => readFileSync(ready.journal, 'utf8'),
    residentMiB,
    async settledMiB() {
      await new Promise<number>((resolve) => {
        collected = resolve;
        child.stdin.write('collect\n');
      });
      return residentMiB();
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
