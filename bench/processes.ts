import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessOptions {
  /** CPUs to stay on, as `taskset` reads them; '' is all. */
  readonly cpus: string;
  readonly stdoutPath?: string;
  readonly cwd?: string;
}

/** A server that was started for the bench. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** Waits until `isReady` is true; throws a sentence when the process ends or time runs out first. */
  waitUntil(isReady: () => Promise<boolean>, limitMs: number): Promise<void>;
  stop(): Promise<void>;
}

const STOP_LIMIT_MS = 5000;

/** Every server of a run; closing it ends them all. */
export class ProcessGroup {
  readonly #dir: string;
  readonly #signal: AbortSignal;
  readonly #running: RunningProcess[] = [];

  constructor(dir: string, signal: AbortSignal) {
    this.#dir = dir;
    this.#signal = signal;
  }

  start(name: string, command: string, args: readonly string[], options: ProcessOptions): RunningProcess {
    this.#signal.throwIfAborted();
    const errorPath = join(this.#dir, `${name}.stderr`);
    const outputs = [openSync(options.stdoutPath ?? errorPath, 'a'), openSync(errorPath, 'a')] as const;
    const [program, ...rest] = pinned(options.cpus, command, args);
    const child = spawn(program, rest, { cwd: options.cwd ?? this.#dir, stdio: ['ignore', ...outputs] });
    for (const descriptor of outputs) closeSync(descriptor);
    const running = watch(name, child, errorPath, this.#signal);
    this.#running.push(running);
    return running;
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((running) => running.stop()));
  }
}

function watch(name: string, child: ChildProcess, errorPath: string, signal: AbortSignal): RunningProcess {
  let ended = '';
  const end = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ended = error.message;
      resolve();
    });
    child.once('exit', (code, by) => {
      ended = by === null ? `exit code ${code}` : `ended by ${by}`;
      resolve();
    });
  });
  return {
    name,
    pid: child.pid ?? 0,
    async waitUntil(isReady, limitMs) {
      const deadline = Date.now() + limitMs;
      while (!(await isReady())) {
        if (ended !== '') throw new Error(`${name} did not start (${ended}): ${lastWords(errorPath)}`);
        if (Date.now() > deadline)
          throw new Error(`${name} was not ready in ${limitMs} ms: ${lastWords(errorPath)}`);
        await sleep(50, undefined, { signal });
      }
    },
    async stop() {
      if (ended !== '') return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await end;
      clearTimeout(timer);
    },
  };
}

/** Runs a command to its end and returns what it printed; throws a sentence when it failed. */
export function runToEnd(
  { cpus, signal }: { readonly cpus: string; readonly signal: AbortSignal },
  command: string,
  args: readonly string[],
): Promise<string> {
  const [program, ...rest] = pinned(cpus, command, args);
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${command} failed: ${output.trim()}`)),
    );
  });
}

/** A command that stays on some CPUs. `taskset` becomes the command, so the process id is the command's own. */
export function pinned(cpus: string, command: string, args: readonly string[]): [string, ...string[]] {
  return cpus === '' ? [command, ...args] : ['taskset', '-c', cpus, command, ...args];
}

/** Finds a program; root's folders count even where PATH leaves them out. '' when there is none. */
export function findProgram(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? '';
}

/** Finds a free TCP port on loopback. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** What a server said about its end: the line that names an error, or else the last ones. */
function lastWords(path: string): string {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  const telling = lines.findLast((line) => /^\S*Error\b|\[(?:emerg|ALERT)\]/.test(line));
  return telling ?? (lines.slice(-3).join(' | ') || 'it said nothing');
}
