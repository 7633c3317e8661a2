import { type ChildProcess, spawn } from 'node:child_process';

/** How a process ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A process of ours under test. */
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Everything on standard output so far. */
  out(): string;
  err(): string;
  /** Resolves when standard output has the text; rejects when the process ends before. */
  saysOut(text: string): Promise<void>;
  saysErr(text: string): Promise<void>;
}

export interface NodeOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What standard input gives; nothing when absent. */
  readonly input?: string;
}

/** Starts a script with the Node of the tests, without what would colour its output. */
export function startNode(script: string, args: readonly string[] = [], options: NodeOptions = {}): Running {
  const { FORCE_COLOR: _, NODE_OPTIONS: __, ...env } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    cwd: options.cwd,
    env: { ...env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}).end(options.input ?? '');
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.err += text;
  });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...texts })));
  const says = (which: 'out' | 'err') => async (text: string) => {
    const stream = which === 'out' ? child.stdout : child.stderr;
    while (!texts[which].includes(text)) {
      const more = new Promise<boolean>((resolve) => stream.once('data', () => resolve(true)));
      if (await Promise.race([more, ended.then(() => false)])) continue;
      if (texts[which].includes(text)) return;
      throw new Error(`The process ended and never said "${text}":\n${texts.out}\n${texts.err}`);
    }
  };
  return {
    process: child,
    ended,
    out: () => texts.out,
    err: () => texts.err,
    saysOut: says('out'),
    saysErr: says('err'),
  };
}

/** Runs a script to its end. */
export function runNode(
  script: string,
  args: readonly string[] = [],
  options: NodeOptions = {},
): Promise<Ended> {
  return startNode(script, args, options).ended;
}
