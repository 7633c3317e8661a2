import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Decision } from '../core/decision.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import type { BodySink, ConnectionFacts, Exchange, ExchangeOwner, UpgradedWire } from './exchange.ts';
import { readHttp2Fields } from './http2-fields.ts';
import { splitHttp2Head } from './http2-head.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import { Pace, type Paced } from './pace.ts';
import type { ClientLimits } from './settings.ts';

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
  readonly fields: FieldLines;
  readonly fault: Decision | null;
  readonly hasBody: boolean;
  readonly contentLength: number;
  readonly expectsContinue: boolean;
  readonly upgrade = '';
  readonly isLingering = false;
  slot = -1;
  readonly pace = new Pace();
  bytesIn = 0;
  bytesOut = 0;
  isBlocked = false;
  owner: ExchangeOwner | null = null;

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
    limits: ClientLimits,
  ) {
    const head = splitHttp2Head(raw, facts.secure ? 'https' : 'http');
    this.connection = facts;
    this.method = head.method;
    this.rawTarget = head.target;
    this.rawAuthority = head.authority;
    const { lines, fault, contentLength } = readHttp2Fields(head.fields, limits);
    this.fields = lines;
    this.fault = fault;
    this.hasBody = !endsWithHead;
    this.contentLength = contentLength;
    this.expectsContinue = lines.get('expect')?.toLowerCase() === '100-continue';
    this.#stream = stream;
    this.#open = open;
    this.#isEnded = endsWithHead;
    this.#isBodiless = head.method === 'HEAD';
    open.add(this);
    stream.on('drain', () => this.#drained());
    stream.on('error', () => {});
    stream.on('aborted', () => this.#aborted());
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

  writeHead(status: number, { names, values }: FieldLines): void {
    if (this.#isGone) return;
    const fields = [':status', String(status)];
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      if (name === NOT_IN_HTTP2 || (name === 'content-length' && (status === 204 || status === 205)))
        continue;
      fields.push(name, values[i] as string);
    }
    this.#isBodiless ||= BODILESS.has(status);
    this.#stream.respond(fields, { waitForTrailers: !this.#isBodiless });
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isGone || this.#isBodiless) return true;
    this.bytesOut += chunk.length;
    // The bytes are the caller's, and the stream may keep them for a while.
    const hasRoom = this.#stream.write(Buffer.from(chunk));
    this.isBlocked = !hasRoom;
    return hasRoom;
  }

  flush(): void {}

  end(body?: string, trailers?: FieldLines): void {
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
    this.bytesOut += body === undefined ? 0 : Buffer.byteLength(body);
    stream.end(body);
  }

  switchProtocols(): UpgradedWire {
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
    this.owner?.onDrain();
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
    this.owner?.onClose(completed);
  }
}

function trailerFields(trailers: FieldLines | undefined): Record<string, string> {
  const fields: Record<string, string> = {};
  trailers?.names.forEach((name, i) => {
    fields[name] = trailers.values[i] as string;
  });
  return fields;
}
