import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Decision } from '../core/decision.ts';
import { type FieldLines, lowerName } from '../lib/http/field-lines.ts';
import type { BodySink, ConnectionFacts, Exchange, UpgradedSocket } from './exchange.ts';
import { splitHttp2Head } from './http2-head.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import { Pace, type Paced } from './pace.ts';

const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

/** RFC 9113, 8.2.2: a field about a connection makes a message malformed; the others are gone by now, see heads.ts. */
const NOT_IN_HTTP2 = 'http2-settings';
/** Statuses whose answer ends with its head. */
const BODILESS = new Set([204, 205, 304]);

/** An exchange on one stream of an HTTP/2 connection. */
export class Http2Exchange implements Exchange, Paced {
  readonly connection: ConnectionFacts;
  readonly httpVersion = '2';
  readonly method: string;
  readonly rawTarget: string;
  readonly rawAuthority: string | null;
  readonly rawHeaders: readonly string[];
  readonly endsWithHead: boolean;
  readonly expectsContinue: boolean;
  readonly upgrade = '';
  readonly isLingering = false;
  slot = -1;
  readonly pace = new Pace();
  bytesIn = 0;
  bytesOut = 0;
  isBlocked = false;
  onDrain: (() => void) | null = null;
  onClose: ((completed: boolean) => void) | null = null;
  rawTrailers: readonly string[] = [];

  readonly #stream: ServerHttp2Stream;
  readonly #open: OpenExchanges;
  #sink: BodySink | null = null;
  #isEnded: boolean;
  /** Whether the answer ends with its head. */
  #isBodiless: boolean;
  #isFinished = false;

  constructor(
    facts: ConnectionFacts,
    stream: ServerHttp2Stream,
    raw: readonly string[],
    endsWithHead: boolean,
    open: OpenExchanges,
  ) {
    const head = splitHttp2Head(raw, facts.secure ? 'https' : 'http');
    this.connection = facts;
    this.method = head.method;
    this.rawTarget = head.target;
    this.rawAuthority = head.authority;
    this.rawHeaders = head.fields;
    this.endsWithHead = endsWithHead;
    this.expectsContinue = expectsContinue(head.fields);
    this.#stream = stream;
    this.#open = open;
    this.#isEnded = endsWithHead;
    this.#isBodiless = head.method === 'HEAD';
    open.add(this);
    stream.on('drain', () => this.#drained());
    stream.on('error', () => {});
    stream.on('aborted', () => this.#aborted());
    stream.on('trailers', (_trailers, _flags, fields: string[]) => {
      this.rawTrailers = fields ?? [];
    });
    stream.on('close', () => this.#close());
  }

  get isAnswered(): boolean {
    return this.#stream.headersSent;
  }

  get isReading(): boolean {
    return this.#sink !== null && !this.#isEnded && !this.#stream.isPaused();
  }

  readBody(sink: BodySink): void {
    this.#sink = sink;
    const stream = this.#stream;
    if (this.expectsContinue && !stream.headersSent && !stream.closed)
      stream.additionalHeaders({ ':status': 100 });
    stream.on('data', (chunk: Buffer) => {
      this.bytesIn += chunk.length;
      this.#sink?.onData(chunk);
    });
    stream.on('end', () => {
      this.#isEnded = true;
      if (stream.aborted) return this.failBody(null);
      const ended = this.#sink;
      this.#sink = null;
      ended?.onEnd();
    });
  }

  pauseBody(): void {
    this.#stream.pause();
  }

  resumeBody(): void {
    this.#stream.resume();
  }

  failBody(failure: Decision | null): void {
    const sink = this.#sink;
    this.#sink = null;
    sink?.onAborted(failure);
  }

  writeHead(status: number, headers: string[]): void {
    if (this.#isGone) return;
    const fields = [':status', String(status)];
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = lowerName(headers[i] as string);
      if (name === NOT_IN_HTTP2 || (name === 'content-length' && (status === 204 || status === 205)))
        continue;
      fields.push(name, headers[i + 1] as string);
    }
    this.#isBodiless ||= BODILESS.has(status);
    this.#stream.respond(fields, { waitForTrailers: !this.#isBodiless });
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isGone || this.#isBodiless) return true;
    this.bytesOut += chunk.length;
    const hasRoom = this.#stream.write(chunk);
    this.isBlocked = !hasRoom;
    return hasRoom;
  }

  end(chunk?: Uint8Array | string, trailers?: FieldLines): void {
    if (this.#isGone) return;
    const stream = this.#stream;
    this.#sink = null;
    this.#isFinished = true;
    // Until the last byte has left: a client that opens no window must not hold an answer for ever.
    this.isBlocked = true;
    if (this.#isBodiless) {
      stream.end();
      return this.#dropRest();
    }
    stream.once('wantTrailers', () => {
      stream.sendTrailers(trailerFields(trailers));
      this.#dropRest();
    });
    this.bytesOut += chunk === undefined ? 0 : chunk.length;
    stream.end(chunk);
  }

  switchProtocols(): UpgradedSocket {
    throw new TypeError('HTTP/2 has no Upgrade');
  }

  closeAfterwards(): void {
    this.#stream.session?.close();
  }

  abort(): void {
    this.#stream.close(NGHTTP2_INTERNAL_ERROR);
  }

  get #isGone(): boolean {
    return this.#stream.closed || this.#stream.destroyed;
  }

  /** RFC 9113, 8.1: a complete answer may precede the end of the request, the rest of which is not wanted. */
  #dropRest(): void {
    // Later, because a reset overtakes the frame that ends the answer.
    if (!this.#isEnded) setImmediate(() => this.#stream.close(NGHTTP2_NO_ERROR));
  }

  #drained(): void {
    this.isBlocked = false;
    this.onDrain?.();
  }

  /** Safety: a body that was cut off must not look complete, and a paused one would never be seen to end. */
  #aborted(): void {
    this.failBody(null);
    this.#stream.resume();
  }

  #close(): void {
    this.#open.delete(this);
    const completed = this.#isFinished && this.#stream.writableFinished;
    if (!completed) this.failBody(null);
    this.onClose?.(completed);
  }
}

function expectsContinue(fields: readonly string[]): boolean {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i] === 'expect' && (fields[i + 1] as string).toLowerCase() === '100-continue') return true;
  }
  return false;
}

function trailerFields(trailers: FieldLines | undefined): Record<string, string> {
  const fields: Record<string, string> = {};
  trailers?.names.forEach((name, i) => {
    fields[name] = trailers.values[i] as string;
  });
  return fields;
}
