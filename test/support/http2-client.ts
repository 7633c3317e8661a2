import { connect, type TLSSocket } from 'node:tls';
import { decodeFields, encodeFields, type Field } from './hpack.ts';
import { until } from './test-gateway.ts';

/** Frame types (RFC 9113, 6). */
export const TYPE = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;

/** Settings (RFC 9113, 6.5.2). */
export const SETTING = { HEADER_TABLE_SIZE: 1, INITIAL_WINDOW_SIZE: 4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** What came back on a stream. */
export interface StreamAnswer {
  /** Of the final head; 0 while there is none. */
  readonly status: number;
  readonly interim: readonly number[];
  readonly fields: readonly Field[];
  readonly trailers: readonly Field[];
  readonly body: Buffer;
  readonly isEnded: boolean;
  /** Code of the RST_STREAM, or null. */
  readonly reset: number | null;
}

export interface Http2ClientOptions {
  readonly host?: string;
  readonly servername?: string;
  /** Certificate of the client and its key. */
  readonly identity?: { readonly cert: string; readonly key: string };
  /** Bytes the gateway may send per stream before it is told otherwise; without it, windows are kept open. */
  readonly windowBytes?: number;
  /** `false` sends nothing that the test does not send. */
  readonly isPolite?: boolean;
}

/** The frame size that every peer takes (RFC 9113, 6.5.2). */
const FRAME_BYTES = 16_384;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** The head of a plain GET; `over` replaces, adds or (null) leaves out fields. */
export function getHead(over: Readonly<Record<string, string | null>> = {}): Field[] {
  const fields: Record<string, string | null> = {
    ':method': 'GET',
    ':scheme': 'https',
    ':authority': 'api.test',
    ':path': '/',
    ...over,
  };
  return Object.entries(fields).filter((field): field is [string, string] => field[1] !== null);
}

/** A connection on which a test decides every frame. */
export class Http2Client {
  readonly frames: Frame[] = [];
  readonly socket: TLSSocket;
  closed: 'open' | 'end' | 'reset' = 'open';
  #unread: Buffer = Buffer.alloc(0);
  readonly #keepsWindowsOpen: boolean;
  readonly #isPolite: boolean;

  constructor(socket: TLSSocket, options: Http2ClientOptions) {
    this.socket = socket;
    this.#keepsWindowsOpen = options.windowBytes === undefined;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('end', () => this.#close('end'));
    socket.on('error', () => this.#close('reset'));
    socket.on('close', () => this.#close('reset'));
    this.#isPolite = options.isPolite !== false;
    if (!this.#isPolite) return;
    socket.write(PREFACE, 'latin1');
    // Without a dynamic table the answers can be read one by one.
    const settings: [number, number][] = [[SETTING.HEADER_TABLE_SIZE, 0]];
    if (options.windowBytes !== undefined) settings.push([SETTING.INITIAL_WINDOW_SIZE, options.windowBytes]);
    this.settings(settings);
  }

  send(type: number, flags: number, stream: number, payload: string | Uint8Array = ''): void {
    const body = Buffer.from(payload as string, 'latin1');
    const head = Buffer.alloc(9);
    head.writeUIntBE(body.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    if (this.socket.writable) this.socket.write(Buffer.concat([head, body]));
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    const payload = Buffer.alloc(6 * pairs.length);
    pairs.forEach(([id, value], at) => {
      payload.writeUInt16BE(id, 6 * at);
      payload.writeUInt32BE(value, 6 * at + 2);
    });
    this.send(TYPE.SETTINGS, 0, 0, payload);
  }

  /** Sends a head in as many frames as it takes; `flags` is END_STREAM unless a body follows. */
  head(stream: number, fields: readonly Field[], flags = END_STREAM): void {
    const block = encodeFields(fields);
    const isWhole = block.length <= FRAME_BYTES;
    this.send(TYPE.HEADERS, flags | (isWhole ? END_HEADERS : 0), stream, block.subarray(0, FRAME_BYTES));
    for (let at = FRAME_BYTES; at < block.length; at += FRAME_BYTES) {
      const isLast = at + FRAME_BYTES >= block.length;
      this.send(TYPE.CONTINUATION, isLast ? END_HEADERS : 0, stream, block.subarray(at, at + FRAME_BYTES));
    }
  }

  data(stream: number, bytes: string | Uint8Array, flags = END_STREAM): void {
    this.send(TYPE.DATA, flags, stream, bytes);
  }

  reset(stream: number, code: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(code);
    this.send(TYPE.RST_STREAM, 0, stream, payload);
  }

  openWindow(stream: number, bytes: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(bytes);
    this.send(TYPE.WINDOW_UPDATE, 0, stream, payload);
  }

  /** What the stream brought so far. */
  answer(stream: number): StreamAnswer {
    const own = this.frames.filter((frame) => frame.stream === stream);
    const heads = own.filter(({ type }) => type === TYPE.HEADERS).map(({ payload }) => decodeFields(payload));
    const statuses = heads.map((head) => Number(head.find(([name]) => name === ':status')?.[1] ?? 0));
    const final = statuses.findIndex((status) => status >= 200);
    const bodies = own.filter(({ type }) => type === TYPE.DATA).map(({ payload }) => payload);
    const reset = own.find(({ type }) => type === TYPE.RST_STREAM);
    return {
      status: statuses[final] ?? 0,
      interim: statuses.filter((status) => status >= 100 && status < 200),
      fields: heads[final] ?? [],
      trailers: final < 0 ? [] : heads.slice(final + 1).flat(),
      body: Buffer.concat(bodies),
      isEnded: own.some(({ type, flags }) => type < 2 && (flags & END_STREAM) !== 0),
      reset: reset === undefined ? null : reset.payload.readUInt32BE(0),
    };
  }

  /** Waits until the stream is answered to its end or reset, or the connection is over. */
  async finished(stream: number, withinMs?: number): Promise<StreamAnswer> {
    const isOver = (): boolean => {
      const { isEnded, reset } = this.answer(stream);
      return isEnded || reset !== null || this.closed !== 'open';
    };
    await until(`stream ${stream} is over`, isOver, withinMs);
    return this.answer(stream);
  }

  /** Code of the first GOAWAY, or null. */
  get goaway(): number | null {
    return this.frames.find(({ type }) => type === TYPE.GOAWAY)?.payload.readUInt32BE(4) ?? null;
  }

  close(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #close(how: 'end' | 'reset'): void {
    if (this.closed === 'open') this.closed = how;
  }

  #take(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    while (this.#unread.length >= 9) {
      const length = this.#unread.readUIntBE(0, 3);
      if (this.#unread.length < 9 + length) return;
      const frame = {
        type: this.#unread[3] as number,
        flags: this.#unread[4] as number,
        stream: this.#unread.readUInt32BE(5) & 0x7fffffff,
        payload: Buffer.from(this.#unread.subarray(9, 9 + length)),
      };
      this.#unread = this.#unread.subarray(9 + length);
      this.frames.push(frame);
      this.#answerFrame(frame);
    }
  }

  #answerFrame({ type, flags, stream, payload }: Frame): void {
    if (!this.#isPolite) return;
    if (type === TYPE.SETTINGS && (flags & ACK) === 0) this.send(TYPE.SETTINGS, ACK, 0);
    if (type !== TYPE.DATA || !this.#keepsWindowsOpen || payload.length === 0) return;
    this.openWindow(0, payload.length);
    this.openWindow(stream, payload.length);
  }
}

/** Connects over TLS with ALPN h2; whoever the server is, it is believed. */
export function openHttp2Client(port: number, options: Http2ClientOptions = {}): Promise<Http2Client> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: options.host ?? '127.0.0.1',
      port,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
      ...(options.servername === undefined ? {} : { servername: options.servername }),
      ...options.identity,
    });
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      if (socket.alpnProtocol !== 'h2') return reject(new Error('the server does not speak HTTP/2'));
      resolve(new Http2Client(socket, options));
    });
  });
}
