import { createServer, type Socket } from 'node:net';
import { type Message, readMessage } from './message-reader.ts';

/** A request as the upstream's own reader understood it. */
export interface SeenRequest extends Message {
  /** Number of the connection, from 0. */
  readonly connection: number;
  readonly method: string;
  readonly target: string;
  readonly version: string;
}

/** One step of an answer. */
export type ReplyStep =
  | { readonly write: string | Uint8Array }
  | { readonly waitMs: number }
  /** `end` sends a FIN, `reset` an RST. */
  | { readonly close: 'end' | 'reset' };

/** Bytes to send, or steps to take; null answers nothing. */
export type Reply = string | Uint8Array | readonly ReplyStep[] | null;

export interface UpstreamScript {
  /** Answers a request that is complete; without it every request gets 200 and `ok`. */
  readonly respond?: (request: SeenRequest) => Reply;
  /** Is asked after every piece until it answers, before the request is complete; for early answers. */
  readonly interrupt?: (received: Buffer, connection: number) => Reply;
}

/** A server on a free port that keeps every byte it gets. */
export interface RecordingUpstream {
  readonly port: number;
  /** Requests that were complete, in the order they were. */
  readonly requests: readonly SeenRequest[];
  /** What the reader could not read, one sentence per connection. */
  readonly problems: readonly string[];
  /** Connections that are open. */
  readonly open: number;
  /** Everything received, by connection. */
  bytes(): readonly Buffer[];
  /** Forgets what was recorded; connections stay. */
  clear(): void;
  close(): Promise<void>;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';

/** Listens on a free port of the loopback address. */
export async function start(script: UpstreamScript = {}): Promise<RecordingUpstream> {
  const recorder = new Recorder(script);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => recorder.take(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    requests: recorder.requests,
    problems: recorder.problems,
    get open() {
      return recorder.sockets.size;
    },
    bytes: () => recorder.received.map((pieces) => Buffer.concat(pieces)),
    clear: () => recorder.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of recorder.sockets) socket.destroy();
      }),
  };
}

class Recorder {
  readonly requests: SeenRequest[] = [];
  readonly problems: string[] = [];
  readonly received: Buffer[][] = [];
  readonly sockets = new Set<Socket>();
  readonly #script: UpstreamScript;

  constructor(script: UpstreamScript) {
    this.#script = script;
  }

  clear(): void {
    this.requests.length = 0;
    this.problems.length = 0;
    for (const pieces of this.received) pieces.length = 0;
  }

  take(socket: Socket): void {
    const connection = this.received.length;
    const pieces: Buffer[] = [];
    this.received.push(pieces);
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    let unread: Buffer = Buffer.alloc(0);
    let isRaw = false;
    let isInterrupted = false;
    socket.on('data', (chunk: Buffer) => {
      pieces.push(chunk);
      if (isRaw || isInterrupted) return;
      unread = Buffer.concat([unread, chunk]);
      const early = this.#script.interrupt?.(unread, connection) ?? null;
      if (early !== null) {
        isInterrupted = true;
        return void play(socket, early);
      }
      const rest = this.#readAll(socket, connection, unread);
      isRaw = rest === null;
      unread = rest ?? Buffer.alloc(0);
    });
  }

  /** Takes the complete requests off the bytes; null when the connection carries no more requests. */
  #readAll(socket: Socket, connection: number, bytes: Buffer): Buffer | null {
    let at = 0;
    while (at < bytes.length) {
      const result = readMessage(bytes, at, { hasBody: () => true, untilClose: false, isClosed: false });
      if (result === null) return bytes.subarray(at);
      const line = typeof result === 'string' ? null : parseRequestLine(result.message.startLine);
      if (typeof result === 'string' || line === null) {
        const what =
          typeof result === 'string' ? result : `request line ${JSON.stringify(result.message.startLine)}`;
        this.problems.push(`connection ${connection}: ${what}`);
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return null;
      }
      at = result.end;
      const request = { ...result.message, ...line, connection };
      this.requests.push(request);
      const reply = this.#script.respond === undefined ? OK : this.#script.respond(request);
      if (reply !== null) void play(socket, reply);
      if (switchesProtocols(reply)) return null;
    }
    return Buffer.alloc(0);
  }
}

function parseRequestLine(line: string): Pick<SeenRequest, 'method' | 'target' | 'version'> | null {
  const parts = /^([A-Z-]+) ([!-~\x80-\xff]+) HTTP\/(1\.[01])$/.exec(line);
  return parts === null
    ? null
    : { method: parts[1] as string, target: parts[2] as string, version: parts[3] as string };
}

function switchesProtocols(reply: Reply): boolean {
  if (reply === null) return false;
  const isSteps = typeof reply !== 'string' && !(reply instanceof Uint8Array);
  const first = isSteps ? reply.find((step) => 'write' in step)?.write : reply;
  return first !== undefined && Buffer.from(first as string).toString('latin1', 0, 12) === 'HTTP/1.1 101';
}

async function play(socket: Socket, reply: Exclude<Reply, null>): Promise<void> {
  if (typeof reply === 'string' || reply instanceof Uint8Array) return void socket.write(bytesOf(reply));
  for (const step of reply) {
    if (socket.destroyed) return;
    if ('write' in step) socket.write(bytesOf(step.write));
    else if ('waitMs' in step) await new Promise((resolve) => setTimeout(resolve, step.waitMs));
    else if (step.close === 'end') socket.end();
    else socket.resetAndDestroy();
  }
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
}
