import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { until } from './test-gateway.ts';

/** A real redis-server of a test, in a folder of its own. */
export interface TestRedis extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Ends it at once; what it held is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  /** Stops the process from running, its connections open, or lets it go on. */
  freeze(isFrozen: boolean): void;
  /** Sends a command as it is written in the inline protocol, and returns the raw answer. */
  command(line: string): Promise<string>;
}

/** Starts a redis-server, on a free port unless one is given. */
export async function startRedis(options: readonly string[] = [], wanted?: number): Promise<TestRedis> {
  const port = wanted ?? ((await freePorts(1)) as [number])[0];
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-redis-'));
  let child: ChildProcess | null = null;
  const command = (line: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\n`));
      socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once('error', reject);
    });
  const isUp = async () => /PONG|NOAUTH/.test(await command('PING').catch(() => ''));
  const redis: TestRedis = {
    port,
    url: `redis://127.0.0.1:${port}`,
    command,
    async start() {
      const fixed = [
        '--port',
        `${port}`,
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'no',
        '--dir',
        dir,
      ];
      child = spawn('redis-server', [...fixed, ...options], { stdio: 'ignore' });
      await until('redis-server answers', isUp);
    },
    async kill() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    freeze: (isFrozen) => void child?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT'),
    async [Symbol.asyncDispose]() {
      await redis.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}
