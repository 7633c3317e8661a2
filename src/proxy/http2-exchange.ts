import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Decision } from '../core/decision.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import type { BodySink, ConnectionFacts, Exchange, UpgradedSocket } from './exchange.ts';
import { Pace, type Paced } from './pace.ts';

const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

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
  readonly pace = new Pace();
  bytesIn = 0;
  bytesOut = 0;
  isBlocked = false;
  isLingering = false;
  onDrain: (() => void) | null = null;
  onClose: ((completed: boolean) => void) | null = null;
  rawTrailers: readonly string[] = [];

  readonly #stream: ServerHttp2Stream;
  readonly #open: Set<Paced>;
  #sink: BodySink | null = null;
  #isEnded: boolean;
  #isFinished = false;

  constructor(
    facts: ConnectionFacts,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    endsWithHead: boolean,
    open: Set<Paced>,
  ) {
    this.connection = facts;
    this.method = String(headers[':method'] ?? '');
    this.rawTarget = String(headers[':path'] ?? '');
    this.rawAuthority = (headers[':authority'] as string | undefined) ?? null;
    this.rawHeaders = joinCookies(rawHeaders);
    this.endsWithHead = endsWithHead;
    this.expectsContinue = headers.expect === '100-continue';
    this.#stream = stream;
    this.#open = open;
    this.#isEnded = endsWithHead;
    open.add(this);
    stream.on('drain', () => this.#drained());
    stream.on('error', () => {});
    stream.on('trailers', (_trailers, _flags, raw: string[]) => {
      this.rawTrailers = raw ?? [];
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
    if (this.expectsContinue && !this.#stream.headersSent) this.#stream.additionalHeaders({ ':status': 100 });
    this.#stream.on('data', (chunk: Buffer) => {
      this.bytesIn += chunk.length;
      this.#sink?.onData(chunk);
    });
    this.#stream.on('end', () => {
      this.#isEnded = true;
      const ended = this.#sink;
      this.#sink = null;
      if (this.#stream.aborted) ended?.onAborted(null);
      else ended?.onEnd();
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
    if (this.#stream.destroyed) return;
    const fields: Record<string, string | number | string[]> = { ':status': status };
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = (headers[i] as string).toLowerCase();
      const value = headers[i + 1] as string;
      const known = fields[name];
      if (known === undefined) fields[name] = value;
      else if (Array.isArray(known)) known.push(value);
      else fields[name] = [String(known), value];
    }
    this.#stream.respond(fields, { waitForTrailers: this.method !== 'HEAD' });
  }

  write(chunk: Buffer): boolean {
    this.bytesOut += chunk.length;
    if (this.#stream.destroyed) return true;
    const hasRoom = this.#stream.write(chunk);
    this.isBlocked = !hasRoom;
    return hasRoom;
  }

  end(chunk?: Uint8Array | string, trailers?: FieldLines): void {
    if (this.#stream.destroyed) return;
    this.#stream.once('wantTrailers', () => {
      const fields: Record<string, string> = {};
      trailers?.names.forEach((name, i) => {
        fields[name] = trailers.values[i] as string;
      });
      this.#stream.sendTrailers(fields);
    });
    this.bytesOut += chunk === undefined ? 0 : chunk.length;
    this.#isFinished = true;
    this.#stream.end(chunk);
    // RFC 9113, 8.1: a complete answer may precede the end of the request; the rest is not wanted.
    if (!this.#isEnded) this.#stream.once('finish', () => this.#stream.close(NGHTTP2_NO_ERROR));
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

  #drained(): void {
    this.isBlocked = false;
    this.onDrain?.();
  }

  #close(): void {
    this.#open.delete(this);
    const completed = this.#isFinished && this.#stream.writableFinished;
    if (!completed) this.failBody(null);
    this.onClose?.(completed);
  }
}

/** RFC 9113, 8.2.3: cookie crumbs become one field before they leave HTTP/2. */
function joinCookies(rawHeaders: readonly string[]): readonly string[] {
  const first = rawHeaders.indexOf('cookie');
  if (first < 0 || rawHeaders.indexOf('cookie', first + 2) < 0) return rawHeaders;
  const kept: string[] = [];
  const crumbs: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i] === 'cookie') crumbs.push(rawHeaders[i + 1] as string);
    else kept.push(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  }
  return [...kept, 'cookie', crumbs.join('; ')];
}
