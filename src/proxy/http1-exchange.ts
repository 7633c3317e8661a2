import type { Decision } from '../core/decision.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import type { BodyReader } from '../lib/http1/body-reader.ts';
import { CHUNKED, type Framing, UNTIL_CLOSE } from '../lib/http1/framing.ts';
import type { RequestLine } from '../lib/http1/request-line.ts';
import { chunkLine, fieldSection, HEAD_END, lastChunk } from '../lib/http1/serialize.ts';
import type { BodySink, ConnectionFacts, Exchange, ExchangeOwner, UpgradedWire } from './exchange.ts';
import { answerFraming, answerHead, connectionField, statusLine } from './http1-answer.ts';
import type { Http1Connection } from './http1-connection.ts';
import { bodyRefusal } from './http1-faults.ts';
import { Pace, type Paced } from './pace.ts';
import { TEXT_BYTES, textOf } from './wire.ts';

/** Bytes of an unread request body that are read and dropped after the answer before the connection is cut. */
const LINGER_BYTES = 1 << 20;

const CONTINUE = `${statusLine(100)}${HEAD_END}`;

/** One request of an HTTP/1 connection and its answer. */
export class Http1Exchange implements Exchange, Paced {
  readonly connection: ConnectionFacts;
  readonly httpVersion: '1.0' | '1.1';
  readonly method: string;
  readonly rawTarget: string;
  readonly rawAuthority = null;
  readonly fields: FieldLines;
  readonly fault = null;
  readonly hasBody: boolean;
  readonly contentLength: number;
  readonly expectsContinue: boolean;
  readonly upgrade: string;
  bytesIn = 0;
  bytesOut = 0;
  owner: ExchangeOwner | null = null;
  slot = -1;
  readonly pace = new Pace();
  /** Whether the answer is complete and flushed, and the rest of the request is being dropped. */
  isLingering = false;

  readonly #on: Http1Connection;
  readonly #body: BodyReader;
  #sink: BodySink | null = null;
  #isPaused = false;
  #isContinued = false;
  #isEnded = false;
  #isSwitched = false;
  #isOver = false;
  /** How the answer is framed, and what of a length is still to come. */
  #framing: Framing = 0;
  #left = 0;
  #isHeadSent = false;
  /** What is held back in the hope of more, so that a short answer leaves in one write. */
  #held = '';

  constructor(
    on: Http1Connection,
    line: RequestLine,
    fields: FieldLines,
    framing: Framing,
    body: BodyReader,
  ) {
    this.connection = on.facts;
    this.httpVersion = line.version;
    this.method = line.method;
    this.rawTarget = line.target;
    this.fields = fields;
    this.hasBody = framing !== 0;
    this.contentLength = framing > 0 || (framing === 0 && fields.has('content-length')) ? framing : -1;
    this.expectsContinue = line.version === '1.1' && this.hasBody && expectsContinue(fields);
    this.upgrade = line.version === '1.1' && !this.hasBody ? upgradeOf(fields, line.method) : '';
    this.#on = on;
    this.#body = body;
  }

  /** Whether anything of the answer was sent; as long as it is held back, another one may take its place. */
  get isAnswered(): boolean {
    return this.#isHeadSent;
  }

  /** Whether the client does not take what was sent. A tunnel has no answer that it could leave unread. */
  get isBlocked(): boolean {
    return !this.#isSwitched && this.#on.wire.isBlocked;
  }

  /** Whether a body is being waited for. */
  get isReading(): boolean {
    return this.#sink !== null && !this.#body.isComplete && !this.#isPaused;
  }

  /** Whether bytes of the body have somebody who takes, or drops, them. */
  get takesBody(): boolean {
    if (this.#body.isComplete) return false;
    return this.isLingering || (this.#sink !== null && !this.#isPaused);
  }

  readBody(sink: BodySink): void {
    this.#sink = sink;
    if (this.expectsContinue && !this.isAnswered && this.bytesIn === 0) {
      this.#isContinued = true;
      this.#on.wire.writeText(CONTINUE);
    }
    if (this.#body.isComplete) this.#endBody();
    else this.#on.proceed();
  }

  pauseBody(): void {
    this.#isPaused = true;
  }

  resumeBody(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#on.proceed();
  }

  /** Takes what belongs to the body; returns where it, or a piece of it, ends. */
  takeBody(bytes: Buffer, from: number): number {
    const body = this.#body;
    const end = body.next(bytes, from);
    if (body.dataEnd > body.dataStart) this.#takeData(bytes.subarray(body.dataStart, body.dataEnd));
    if (body.fault !== '') this.#on.failRequest(bodyRefusal(body.fault));
    else if (body.isComplete) this.#endBody();
    return end;
  }

  #takeData(bytes: Buffer): void {
    this.bytesIn += bytes.length;
    if (this.#sink !== null) this.#sink.onData(bytes);
    else if (this.isLingering && this.bytesIn > LINGER_BYTES) this.#on.closeGently();
  }

  #endBody(): void {
    const ended = this.#sink;
    this.#sink = null;
    ended?.onEnd();
    if (this.isLingering) this.#on.exchangeOver();
  }

  /** Tells whoever reads the body that it will not be complete. */
  failBody(failure: Decision | null): void {
    const sink = this.#sink;
    this.#sink = null;
    sink?.onAborted(failure);
  }

  writeHead(status: number, lines: FieldLines): void {
    const on = this.#on;
    // RFC 9110, 10.1.1: a client that never got its 100 may leave the body out, so the next bytes could be either.
    if (this.expectsContinue && !this.#isContinued && !this.#body.isComplete) on.isClosing = true;
    this.#framing = answerFraming(status, lines, this.method, this.httpVersion);
    if (this.#framing === UNTIL_CLOSE) on.isClosing = true;
    this.#left = Math.max(this.#framing, 0);
    this.#held = answerHead(status, lines, this.#framing, connectionField(on.isClosing, this.httpVersion));
    this.bytesOut = 0;
  }

  write(bytes: Uint8Array): boolean {
    const isChunked = this.#framing === CHUNKED;
    if (this.#framing === 0 || bytes.length === 0) return true;
    if (this.#framing > 0 && bytes.length > this.#left) return this.#refuseExcess();
    this.#left -= bytes.length;
    this.bytesOut += bytes.length;
    const before = isChunked ? this.#held + chunkLine(bytes.length) : this.#held;
    const after = isChunked ? '\r\n' : '';
    if (before.length + bytes.length > TEXT_BYTES) {
      this.#held = '';
      this.#isHeadSent = true;
      return this.#on.wire.writeBetween(before, bytes, after);
    }
    this.#held = before + textOf(bytes) + after;
    return this.#on.wire.hasRoom;
  }

  /** Safety: bytes beyond the length that was announced would be the client's next answer. */
  #refuseExcess(): boolean {
    this.abort();
    return true;
  }

  flush(): void {
    if (this.#held === '') return;
    const held = this.#held;
    this.#held = '';
    this.#isHeadSent = true;
    this.#on.wire.writeText(held);
  }

  end(body?: string, trailers?: FieldLines): void {
    if (body !== undefined && body !== '') this.write(Buffer.from(body));
    if (this.#left > 0 && this.#framing > 0) return this.abort();
    const held = this.#framing === CHUNKED ? this.#held + lastChunk(trailers) : this.#held;
    this.#held = '';
    this.#isEnded = true;
    this.#isHeadSent = true;
    this.#sink = null;
    this.#on.wire.finish(held);
  }

  /** Everything that was written has left. */
  flushed(): void {
    if (!this.#isEnded || this.isLingering) return;
    if (this.#body.isComplete || this.#on.isClosing) return this.#on.exchangeOver();
    this.isLingering = true;
    this.close(true);
    this.#on.proceed();
  }

  switchProtocols(lines: FieldLines): UpgradedWire {
    this.#isSwitched = true;
    this.#isHeadSent = true;
    const { wire } = this.#on;
    const read = wire.socket.bytesRead;
    const head = this.#on.handOver();
    wire.writeText(
      `${statusLine(101)}${fieldSection(lines)}\r\nConnection: upgrade\r\nUpgrade: ${this.upgrade}${HEAD_END}`,
    );
    wire.flush();
    const written = wire.socket.bytesWritten;
    return {
      wire,
      head,
      onClosed: () => {
        this.bytesIn = wire.socket.bytesRead - read + head.length;
        this.bytesOut = wire.socket.bytesWritten - written;
        this.#on.onClose(null);
      },
    };
  }

  closeAfterwards(): void {
    this.#on.isClosing = true;
  }

  abort(): void {
    const { wire, isClosing } = this.#on;
    const endsWithConnection = this.#framing === UNTIL_CLOSE && isClosing;
    this.#on.isClosing = true;
    this.#held = '';
    // Where the end of the connection is the end of the answer, an orderly end would make it look complete.
    if (endsWithConnection && this.isAnswered && !this.connection.secure) wire.reset();
    else wire.destroy();
  }

  /** The answer is complete, or never will be; tells once. */
  close(completed: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const isCompleted = completed || this.#isSwitched;
    if (!isCompleted) this.failBody(null);
    this.owner?.onClose(isCompleted);
  }
}

function expectsContinue(fields: FieldLines): boolean {
  return fields.joined('expect')?.toLowerCase() === '100-continue';
}

/** A protocol of RFC 9110, 7.8: one name, with or without a version. */
const PROTOCOL = /^[!#$%&'*+.^_`|~0-9a-z-]+(?:\/[!#$%&'*+.^_`|~0-9a-z-]+)?$/;

/** RFC 9110, 7.8: an Upgrade field without its connection option means nothing. RFC 6455, 4.1: WebSocket by GET only. */
function upgradeOf(fields: FieldLines, method: string): string {
  const upgrade = fields.joined('upgrade')?.toLowerCase();
  if (upgrade === undefined || !PROTOCOL.test(upgrade)) return '';
  if (upgrade === 'websocket' && method !== 'GET') return '';
  const options = fields.joined('connection') ?? '';
  return /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(options) ? upgrade : '';
}
