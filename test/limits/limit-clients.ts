import { connect, type Socket } from 'node:net';

/** One answer as a client saw it. */
export interface Seen {
  readonly port: number;
  readonly status: number;
  /** Value of `X-RateLimit-Degraded`; '' without. */
  readonly degraded: string;
  /** When it came, and how long it took, by `performance.now()`. */
  readonly atMs: number;
  readonly ms: number;
}

/** Clients that ask again and again, each on a connection of its own, until they are stopped. */
export interface LimitClients {
  readonly seen: readonly Seen[];
  /** Answers since the last call. */
  fresh(): readonly Seen[];
  stop(): Promise<void>;
}

/** Between an answer and the next request of one client: load that leaves a small machine room for the servers. */
const PAUSE_MS = 4;

/** Starts so many clients at each port, all from one address. */
export function startClients(
  ports: readonly number[],
  path: string,
  { each, address }: { readonly each: number; readonly address: string },
): LimitClients {
  const seen: Seen[] = [];
  let isStopped = false;
  let read = 0;
  const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\n\r\n`;
  const running = ports.flatMap((port) => Array.from({ length: each }, () => run(port)));

  async function run(port: number): Promise<void> {
    const socket = connect(port, '127.0.0.1').setNoDelay();
    try {
      while (!isStopped) {
        const startedMs = performance.now();
        socket.write(request);
        const head = await readAnswer(socket);
        const atMs = performance.now();
        const degraded = /^x-ratelimit-degraded: (\S+)/im.exec(head)?.[1] ?? '';
        seen.push({ port, status: Number(head.slice(9, 12)), degraded, atMs, ms: atMs - startedMs });
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } finally {
      socket.destroy();
    }
  }

  return {
    seen,
    fresh() {
      const found = seen.slice(read);
      read = seen.length;
      return found;
    },
    async stop() {
      isStopped = true;
      await Promise.all(running);
    },
  };
}

/** Reads one answer whole, and returns its head. */
function readAnswer(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const end = (error?: Error): void => {
      socket.off('data', take).off('error', end).off('close', closed);
      if (error === undefined) resolve(text);
      else reject(error);
    };
    const closed = (): void => end(new Error(`the connection was closed after ${JSON.stringify(text)}`));
    const take = (data: Buffer): void => {
      text += data.toString('latin1');
      const headEnd = text.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
      if (text.length >= headEnd + 4 + length) end();
    };
    socket.on('data', take).once('error', end).once('close', closed);
  });
}

export const admittedIn = (seen: readonly Seen[]): number =>
  seen.filter(({ status }) => status === 200).length;
export const statusesOf = (seen: readonly Seen[]): number[] =>
  [...new Set(seen.map(({ status }) => status))].sort();
