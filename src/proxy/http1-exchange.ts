import { type IncomingMessage, ServerResponse } from 'node:http';
import { type Decision, deny } from '../core/decision.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import type { BodySink, ConnectionFacts, Exchange, UpgradedSocket } from './exchange.ts';
import { flushLater } from './flush-later.ts';
import { type Http1Connection, MAX_PIPELINED } from './http1-connection.ts';
import { Pace, type Paced } from './pace.ts';
import { bytesOf } from './read-fields.ts';

/** Bytes of an unread request body that are read and dropped after the answer before the connection is cut. */
const LINGER_BYTES = 1 << 20;

/** Longest first piece of an answer that is held back for the rest of it, see `#held`. */
const HELD_BYTES = 16 * 1024;

const LONG_TRAILERS = deny('protocol.chunk', { detail: 'the trailers are longer than limits.headerBytes' });

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
  slot = -1;
  readonly pace = new Pace();
  isLingering = false;
  /** Runs when the exchange is over: the refusal of what followed it on the connection. */
  afterwards: (() => void) | null = null;

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
  #isContinued = false;
  /** Whether only the end of the connection tells the client where the answer ends. */
  #endsWithConnection = false;
  #isSwitched = false;
  /** Bytes of the connection before it switched protocols. */
  #readBefore = 0;
  #writtenBefore = 0;
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
    this.#response.on('close', () => this.close());
    this.#response.on('drain', () => this.onDrain?.());
    connection.latest = this;
    connection.hasServed = true;
    connection.exchanges.add(this);
    connection.open.push(this);
  }

  /** Whether the client does not take what was sent; false while an earlier answer has the connection. */
  get isBlocked(): boolean {
    const { socket } = this.#response;
    return socket !== null && socket.writableLength > 0;
  }

  get isAnswered(): boolean {
    return this.#response.headersSent;
  }

  get rawTrailers(): readonly string[] {
    return this.#request.rawTrailers;
  }

  /** Whether the request was received to its end. */
  get isReceived(): boolean {
    return this.upgrade !== '' || this.#request.complete;
  }

  /** Whether a body is being waited for. */
  get isReading(): boolean {
    return this.#sink !== null && !this.#request.complete && !this.#request.isPaused();
  }

  readBody(sink: BodySink): void {
    if (this.#bodyFailure !== null) return sink.onAborted(this.#bodyFailure);
    this.#sink = sink;
    if (this.expectsContinue && !this.#response.headersSent) {
      this.#isContinued = true;
      this.#response.writeContinue();
    }
    this.#request.on('data', (chunk: Buffer) => {
      this.bytesIn += chunk.length;
      this.#sink?.onData(chunk);
    });
    this.#request.on('end', () => {
      if (bytesOf(this.#request.rawTrailers) > this.#connection.trailerLimitBytes)
        return this.failBody(LONG_TRAILERS);
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

  /** Tells whoever reads the body, or comes to read it, that it will not be complete. */
  failBody(failure: Decision | null): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#bodyFailure ??= failure;
    if (this.#isClosed) this.#connection.socket.destroySoon();
    else sink?.onAborted(failure);
  }

  writeHead(status: number, headers: string[]): void {
    // RFC 9110, 10.1.1: a client that never got its 100 may leave the body out, so the next bytes could be either.
    if (this.expectsContinue && !this.#isContinued && !this.isReceived) this.closeAfterwards();
    const { isClosing, latest } = this.#connection;
    if (isClosing && latest === this && this.afterwards === null) headers.push('Connection', 'close');
    this.#endsWithConnection = this.httpVersion === '1.0' && !hasLength(headers);
    this.#response.writeHead(status, headers as unknown as string[]);
    this.#isHeadHeld = true;
    flushLater(this);
  }

  write(chunk: Buffer): boolean {
    this.bytesOut += chunk.length;
    if (this.#isHeadHeld && this.#held === null && chunk.length <= HELD_BYTES) {
      this.#held = chunk;
      return true;
    }
    this.flush();
    return this.#response.write(chunk);
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
    if (!this.isReceived) this.#linger();
  }

  switchProtocols(headers: string[]): UpgradedSocket {
    const { socket } = this.#connection;
    this.#response.detachSocket(this.#request.socket);
    this.#isSwitched = true;
    this.#readBefore = socket.bytesRead - this.#upgradeHead.length;
    let head = 'HTTP/1.1 101 Switching Protocols\r\n';
    for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
    socket.write(`${head}\r\n`, 'latin1');
    this.#writtenBefore = socket.bytesWritten;
    return { socket, head: this.#upgradeHead };
  }

  closeAfterwards(): void {
    this.#connection.isClosing = true;
  }

  abort(): void {
    const { socket } = this.#connection;
    this.#connection.isClosing = true;
    // Where the end of the connection is the end of the answer, an orderly end would make it look complete.
    if (this.#endsWithConnection && this.isAnswered && !this.connection.secure) socket.resetAndDestroy();
    else socket.destroy();
  }

  /** Takes note that the client sends no more. */
  cutOff(): void {
    if (this.isReceived) return;
    if (this.isLingering) this.#connection.isClosing = true;
    else this.#connection.socket.destroy();
  }

  /** Sends what was held back because the end of the answer might have come with it. */
  flush(): void {
    if (!this.#isHeadHeld) return;
    const held = this.#held;
    this.#isHeadHeld = false;
    this.#held = null;
    if (held === null) this.#response.flushHeaders();
    else this.#response.write(held);
  }

  /** An upgrade request comes without a response object: this makes one that ends with the connection. */
  #respondOnBareSocket(): ServerResponse {
    const { socket } = this.#connection;
    const response = new ServerResponse(this.#request);
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    socket.on('drain', () => response.emit('drain'));
    response.on('finish', () => {
      response.detachSocket(socket);
      socket.destroySoon();
      this.close();
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
      if (dropped > LINGER_BYTES) this.#connection.socket.destroySoon();
    });
    this.#request.on('error', () => {});
    this.#request.once('close', () => this.forget());
    this.#request.resume();
  }

  /** The answer is complete, or never will be. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { open, socket } = this.#connection;
    open.splice(open.indexOf(this), 1);
    const completed = this.#isSwitched || this.#response.writableFinished;
    if (this.#isSwitched) {
      this.bytesIn = socket.bytesRead - this.#readBefore;
      this.bytesOut = socket.bytesWritten - this.#writtenBefore;
    }
    if (!completed) this.#sink?.onAborted(null);
    this.#sink = null;
    this.onClose?.(completed);
    if (this.isReceived || socket.destroyed) this.forget();
    if (this.afterwards !== null) this.afterwards();
    else if (this.#connection.isClosing) {
      if (open.length === 0) socket.destroySoon();
    } else if (open.length === MAX_PIPELINED - 1) socket.resume();
  }

  /** Neither the answer nor the request needs the connection any more. */
  forget(): void {
    this.#connection.exchanges.delete(this);
    if (this.#connection.latest === this) this.#connection.latest = null;
  }
}

function hasLength(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === 'content-length') return true;
  }
  return false;
}
