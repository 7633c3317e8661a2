import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Decision } from '../core/decision.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import type { BodySink, ConnectionFacts, Exchange, UpgradedSocket } from './exchange.ts';
import { Pace, type Paced } from './pace.ts';

/** Bytes of an unread request body that are read and dropped after the answer before the connection is cut. */
const LINGER_BYTES = 1 << 20;

/** Longest first piece of an answer that is held back for the rest of it, see `#held`. */
const HELD_BYTES = 16 * 1024;

/** What an HTTP/1 connection keeps between its requests. */
export interface Http1Connection {
  readonly facts: ConnectionFacts;
  readonly socket: Socket;
  /** The exchange whose request or answer is under way; the latest when requests are pipelined. */
  current: Http1Exchange | null;
  /** Set when the connection must take no further request. */
  isClosing: boolean;
  /** How many exchanges of this connection are open. */
  open: number;
  /** All open exchanges of the thread, for the sweeper. */
  readonly exchanges: Set<Paced>;
}

/** An exchange over `node:http`. */
export class Http1Exchange implements Exchange, Paced {
  readonly connection: ConnectionFacts;
  readonly httpVersion: string;
  readonly method: string;
  readonly rawTarget: string;
  readonly rawAuthority = null;
  readonly rawHeaders: readonly string[];
  readonly endsWithHead = null;
  readonly expectsContinue: boolean;
  readonly upgrade: string;
  bytesIn = 0;
  bytesOut = 0;
  onDrain: (() => void) | null = null;
  onClose: ((completed: boolean) => void) | null = null;
  readonly pace = new Pace();
  isLingering = false;
  /** Runs when the exchange is over: the refusal of what followed it on the connection. */
  afterwards: (() => void) | null = null;
  isBlocked = false;

  readonly #connection: Http1Connection;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #upgradeHead: Buffer;
  #sink: BodySink | null = null;
  /** What is wrong with a body that nobody has begun to read yet. */
  #bodyFailure: Decision | null = null;
  /** Whether the head of the answer waits for the rest of this turn of the event loop. */
  #isHeadHeld = false;
  /** First piece of the answer, waiting with it: a short answer leaves as one string in one write. */
  #held: Buffer | null = null;
  #isClosed = false;

  constructor(
    connection: Http1Connection,
    request: IncomingMessage,
    response: ServerResponse | null,
    options: { expectsContinue: boolean; upgrade: string; upgradeHead: Buffer },
  ) {
    this.connection = connection.facts;
    this.httpVersion = request.httpVersion;
    this.method = request.method ?? '';
    this.rawTarget = request.url ?? '';
    this.rawHeaders = request.rawHeaders;
    this.expectsContinue = options.expectsContinue;
    this.upgrade = options.upgrade;
    this.#connection = connection;
    this.#request = request;
    this.#upgradeHead = options.upgradeHead;
    this.#response = response ?? this.#respondOnBareSocket();
    this.#response.on('close', () => this.#close());
    this.#response.on('drain', () => {
      this.isBlocked = false;
      this.onDrain?.();
    });
    connection.current = this;
    connection.exchanges.add(this);
    connection.open++;
  }

  get isAnswered(): boolean {
    return this.#response.headersSent;
  }

  get rawTrailers(): readonly string[] {
    return this.#request.rawTrailers;
  }

  /** Whether the request was received to its end. */
  get isReceived(): boolean {
    return this.#request.complete;
  }

  /** Whether a body is being waited for. */
  get isReading(): boolean {
    return this.#sink !== null && !this.#request.complete && !this.#request.isPaused();
  }

  readBody(sink: BodySink): void {
    if (this.#bodyFailure !== null) return sink.onAborted(this.#bodyFailure);
    this.#sink = sink;
    if (this.expectsContinue && !this.#response.headersSent) this.#response.writeContinue();
    this.#request.on('data', (chunk: Buffer) => {
      this.bytesIn += chunk.length;
      this.#sink?.onData(chunk);
    });
    this.#request.on('end', () => {
      const ended = this.#sink;
      this.#sink = null;
      ended?.onEnd();
    });
    this.#request.on('error', () => this.failBody(null));
  }

  pauseBody(): void {
    this.#request.pause();
  }

  resumeBody(): void {
    this.#request.resume();
  }

  /** Tells whoever reads the body that it will not be complete. */
  failBody(failure: Decision | null): void {
    const sink = this.#sink;
    this.#sink = null;
    if (sink === null) this.#bodyFailure ??= failure;
    else sink.onAborted(failure);
  }

  writeHead(status: number, headers: string[]): void {
    if (this.#connection.isClosing) headers.push('Connection', 'close');
    this.#response.writeHead(status, headers as unknown as string[]);
    this.#isHeadHeld = true;
    process.nextTick(() => this.#flush());
  }

  write(chunk: Buffer): boolean {
    this.bytesOut += chunk.length;
    if (this.#isHeadHeld && this.#held === null && chunk.length <= HELD_BYTES) {
      this.#held = chunk;
      return true;
    }
    this.#flush();
    const hasRoom = this.#response.write(chunk);
    if (!hasRoom) this.isBlocked = true;
    return hasRoom;
  }

  end(chunk?: Uint8Array | string, trailers?: FieldLines): void {
    if (trailers !== undefined && trailers.names.length > 0 && this.#response.chunkedEncoding) {
      this.#response.addTrailers(
        trailers.names.map((name, i): [string, string] => [name, trailers.values[i] as string]),
      );
    }
    const held = this.#held;
    this.#held = null;
    this.#isHeadHeld = false;
    if (chunk !== undefined) {
      this.bytesOut += chunk.length;
      this.#response.end(chunk);
    } else if (held !== null) {
      this.#response.end(held.toString('latin1'), 'latin1');
    } else {
      this.#response.end();
    }
    if (!this.#request.complete) this.#linger();
  }

  switchProtocols(headers: string[]): UpgradedSocket {
    const { socket } = this.#connection;
    this.#response.detachSocket(this.#request.socket);
    let head = 'HTTP/1.1 101 Switching Protocols\r\n';
    for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
    socket.write(`${head}\r\n`, 'latin1');
    socket.once('close', () => this.#close());
    return { socket, head: this.#upgradeHead };
  }

  closeAfterwards(): void {
    this.#connection.isClosing = true;
  }

  abort(): void {
    this.#connection.isClosing = true;
    this.#connection.socket.destroy();
  }

  /** Sends what was held back because the end of the answer might have come with it. */
  #flush(): void {
    if (!this.#isHeadHeld) return;
    const held = this.#held;
    this.#isHeadHeld = false;
    this.#held = null;
    if (held === null) this.#response.flushHeaders();
    else if (!this.#response.write(held)) this.isBlocked = true;
  }

  /** An upgrade request comes without a response object: this makes one that ends with the connection. */
  #respondOnBareSocket(): ServerResponse {
    const response = new ServerResponse(this.#request);
    response.assignSocket(this.#request.socket);
    response.shouldKeepAlive = false;
    response.on('finish', () => {
      response.detachSocket(this.#request.socket);
      this.#request.socket.end();
      this.#close();
    });
    return response;
  }

  /** Reads and drops what is left of the request, within bounds, so that the client gets to read the answer. */
  #linger(): void {
    this.#sink = null;
    this.isLingering = true;
    let dropped = 0;
    this.#request.on('data', (chunk: Buffer) => {
      dropped += chunk.length;
      if (dropped > LINGER_BYTES) this.#connection.socket.destroy();
    });
    this.#request.on('error', () => {});
    this.#request.resume();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.exchanges.delete(this);
    this.#connection.open--;
    if (this.#connection.current === this) this.#connection.current = null;
    const completed = this.#response.writableFinished;
    if (!completed) this.failBody(null);
    this.onClose?.(completed);
    this.afterwards?.();
  }
}
