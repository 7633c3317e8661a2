import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Message, readMessage } from './message-reader.ts';

/** A response as its bytes say. */
export interface RawResponse extends Message {
  readonly status: number;
}

/** What a connection brought, and how it ended. */
export interface RawResult {
  /** Final and interim responses in order. */
  readonly responses: readonly RawResponse[];
  /** Bytes behind the last whole response. */
  readonly rest: Buffer;
  /** `end` is a FIN, `reset` an RST or another failure, `open` that the connection still stands. */
  readonly closed: 'end' | 'reset' | 'open';
  /** What the reader could not read, or ''. */
  readonly problem: string;
}

export interface RawOptions {
  readonly host?: string;
  /** Address to connect from. */
  readonly localAddress?: string;
  /** Speaks TLS when given; `ca` verifies the server, which otherwise is believed. */
  readonly tls?: {
    readonly ca?: string | Buffer;
    readonly servername?: string;
    /** Certificate of the client, with what it sends beside it, and its key. */
    readonly cert?: string;
    readonly key?: string;
    readonly alpn?: readonly string[];
    readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
    readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  };
  /** Methods of the requests in order, where one is HEAD or CONNECT. */
  readonly methods?: readonly string[];
  /** Final responses after which reading stops; without it, reading stops at the end or when nothing comes. */
  readonly expect?: number;
  /** Milliseconds without a byte after which reading stops. */
  readonly idleMs?: number;
}

const DEFAULT_IDLE_MS = 2_000;

/** An open connection on which a test decides every byte. */
export class RawClient {
  readonly socket: Socket;
  readonly #methods: readonly string[];
  #bytes: Buffer = Buffer.alloc(0);
  #closed: RawResult['closed'] = 'open';
  #wake: () => void = () => {};

  constructor(socket: Socket, methods: readonly string[]) {
    this.socket = socket;
    this.#methods = methods;
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    socket.on('end', () => this.#close('end'));
    socket.on('error', () => this.#close('reset'));
    socket.on('close', () => this.#close('reset'));
  }

  /** Writes one piece and waits until the system has taken it, so that pieces arrive as they were cut. */
  async write(piece: string | Uint8Array): Promise<void> {
    if (this.#closed !== 'open') return;
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
    await new Promise<void>((resolve) => this.socket.write(bytes, () => resolve()));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Ends the sending side only. */
  end(): void {
    this.socket.end();
  }

  close(): void {
    this.socket.destroy();
  }

  /** Reads until `expect` final responses are whole, the connection ends, or nothing came for `idleMs`. */
  async read(expect = Number.POSITIVE_INFINITY, idleMs = DEFAULT_IDLE_MS): Promise<RawResult> {
    for (;;) {
      const result = this.#parse();
      const finals = result.responses.filter(({ status }) => status >= 200 || status === 101).length;
      if (finals >= expect || this.#closed !== 'open' || result.problem !== '') return result;
      if (!(await this.#more(idleMs))) return this.#parse();
    }
  }

  #close(how: 'end' | 'reset'): void {
    if (this.#closed === 'open') this.#closed = how;
    this.#wake();
  }

  #more(idleMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), idleMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  #parse(): RawResult {
    const responses: RawResponse[] = [];
    const isClosed = this.#closed !== 'open';
    let at = 0;
    let finals = 0;
    let problem = '';
    while (at < this.#bytes.length) {
      const method = this.#methods[finals] ?? 'GET';
      const hasBody = (line: string): boolean => mayHaveBody(statusOf(line), method);
      const result = readMessage(this.#bytes, at, { hasBody, untilClose: true, isClosed });
      if (typeof result === 'string') problem = result;
      if (result === null || typeof result === 'string') break;
      const status = statusOf(result.message.startLine);
      if (status < 0) problem = `status line ${JSON.stringify(result.message.startLine.slice(0, 80))}`;
      if (status < 0) break;
      responses.push({ ...result.message, status });
      at = result.end;
      if (status === 101 || (method === 'CONNECT' && status < 300)) break;
      if (status >= 200) finals++;
    }
    return { responses, rest: this.#bytes.subarray(at), closed: this.#closed, problem };
  }
}

/** Connects; the connection stays half open when the server ends its side. */
export function openRawClient(port: number, options: RawOptions = {}): Promise<RawClient> {
  const host = options.host ?? '127.0.0.1';
  const { tls } = options;
  return new Promise((resolve, reject) => {
    const opened = (socket: Socket): void => {
      socket.removeListener('error', reject);
      resolve(new RawClient(socket, options.methods ?? []));
    };
    const { localAddress } = options;
    const tcp = connectTcp({
      host,
      port,
      allowHalfOpen: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    tcp.setNoDelay(true);
    tcp.once('error', reject);
    if (tls === undefined) return void tcp.once('connect', () => opened(tcp));
    const secure = connectTls({
      socket: tcp,
      ...(tls.ca === undefined ? { rejectUnauthorized: false } : { ca: tls.ca }),
      ...(tls.servername === undefined ? {} : { servername: tls.servername }),
      ...(tls.cert === undefined || tls.key === undefined ? {} : { cert: tls.cert, key: tls.key }),
      ...(tls.alpn === undefined ? {} : { ALPNProtocols: [...tls.alpn] }),
      ...(tls.minVersion === undefined ? {} : { minVersion: tls.minVersion }),
      ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
    });
    secure.once('error', reject);
    secure.once('secureConnect', () => opened(secure));
  });
}

/** Sends the pieces one after the other on a new connection and reads what comes back. */
export async function exchange(
  port: number,
  pieces: string | Uint8Array | readonly (string | Uint8Array)[],
  options: RawOptions = {},
): Promise<RawResult> {
  const client = await openRawClient(port, options);
  try {
    for (const piece of typeof pieces === 'string' || pieces instanceof Uint8Array ? [pieces] : pieces) {
      await client.write(piece);
    }
    return await client.read(options.expect, options.idleMs);
  } finally {
    client.close();
  }
}

function statusOf(line: string): number {
  const parts = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?$/.exec(line);
  return parts === null ? -1 : Number(parts[1]);
}

function mayHaveBody(status: number, method: string): boolean {
  if (method === 'HEAD' || (method === 'CONNECT' && status < 300)) return false;
  return status >= 200 && status !== 204 && status !== 304;
}
