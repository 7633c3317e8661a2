import type { FieldLines } from '../../src/lib/http/field-lines.ts';
import { BodyReader } from '../../src/lib/http1/body-reader.ts';
import type { Http1Fault } from '../../src/lib/http1/faults.ts';
import { type Framing, requestFraming, responseFraming, UNTIL_CLOSE } from '../../src/lib/http1/framing.ts';
import { type HeadLimits, HeadReader, type StartLine } from '../../src/lib/http1/head-reader.ts';
import { REQUEST_LINE, type RequestLine } from '../../src/lib/http1/request-line.ts';
import { STATUS_LINE, type StatusLine } from '../../src/lib/http1/status-line.ts';
import type { OurOutcome, SeenMessage } from './outcome.ts';

export const LIMITS: HeadLimits = { startLineBytes: 8_192, fieldBytes: 16_384, fieldCount: 100 };

/** How messages of one kind follow each other. */
interface Kind<T> {
  readonly startLine: StartLine<T>;
  startOf(start: T): string;
  framingOf(start: T, lines: FieldLines): Framing | Http1Fault;
  /** Whether nothing that follows is looked at. */
  isLast(start: T): boolean;
}

const REQUESTS: Kind<RequestLine> = {
  startLine: REQUEST_LINE,
  startOf: ({ method, target }) => `${method} ${target}`,
  framingOf: ({ version }, lines) => requestFraming(lines, version),
  isLast: () => false,
};

/** Interim answers, then a final one. */
function answersTo(method: string): Kind<StatusLine> {
  return {
    startLine: STATUS_LINE,
    startOf: ({ status }) => String(status),
    framingOf: ({ version, status }, lines) => responseFraming(lines, version, status, method),
    isLast: ({ status }) => status === 101 || status >= 200,
  };
}

/** Composes head reader, framing and body reader as the connections of the gateway do. */
class StreamReader<T extends { readonly version: string }> {
  readonly messages: SeenMessage[] = [];
  readonly ends: number[] = [];
  fault: Http1Fault | '' = '';
  isUntilClose = false;
  #isOver = false;
  #isInBody = false;
  #consumed = 0;
  #body = '';
  readonly #kind: Kind<T>;
  readonly #head: HeadReader<T>;
  readonly #bodyReader: BodyReader;

  constructor(kind: Kind<T>, limits: HeadLimits) {
    this.#kind = kind;
    this.#head = new HeadReader(kind.startLine, limits);
    this.#bodyReader = new BodyReader(limits);
  }

  take(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && this.fault === '' && !this.#isOver) {
      const next = this.#isInBody ? this.#readBody(bytes, at) : this.#readHead(bytes, at);
      if (next <= at || next > bytes.length) throw new Error(`the reader went from ${at} to ${next}`);
      this.#consumed += next - at;
      at = next;
      if (this.#isInBody && this.#bodyReader.isComplete) this.#finish();
    }
  }

  end(): OurOutcome {
    if (this.#isInBody && this.fault === '' && this.#bodyReader.endsHere()) this.#finish();
    if (this.#isInBody) this.messages.push(this.#seen(false));
    const { messages, ends, fault, isUntilClose } = this;
    return { messages, ends, fault, isUntilClose };
  }

  #readHead(bytes: Buffer, at: number): number {
    const head = this.#head;
    const end = head.read(bytes, at);
    this.fault = head.fault;
    if (!head.isComplete) return end;
    const framing = this.#kind.framingOf(head.start as T, head.lines);
    if (typeof framing === 'string') {
      this.fault = framing;
      return end;
    }
    this.isUntilClose = framing === UNTIL_CLOSE;
    this.#bodyReader.begin(framing);
    this.#isInBody = true;
    return end;
  }

  #readBody(bytes: Buffer, at: number): number {
    const body = this.#bodyReader;
    const end = body.next(bytes, at);
    this.#body += bytes.toString('latin1', body.dataStart, body.dataEnd);
    this.fault = body.fault;
    return end;
  }

  #seen(isComplete: boolean): SeenMessage {
    const { start, lines } = this.#head;
    const { trailers } = this.#bodyReader;
    return {
      start: this.#kind.startOf(start as T),
      version: (start as T).version,
      fields: flat(lines),
      body: this.#body,
      trailers: isComplete && trailers !== null ? flat(trailers) : [],
      isComplete,
    };
  }

  #finish(): void {
    this.messages.push(this.#seen(true));
    this.ends.push(this.#consumed);
    this.#isOver = this.#kind.isLast(this.#head.start as T);
    this.#isInBody = false;
    this.#body = '';
    this.#head.reset();
  }
}

function flat(lines: FieldLines): string[] {
  return lines.rawNames.flatMap((name, i) => [name, lines.values[i] as string]);
}

function readAll<T extends { readonly version: string }>(
  kind: Kind<T>,
  pieces: readonly Buffer[],
  limits: HeadLimits,
): OurOutcome {
  const reader = new StreamReader(kind, limits);
  for (const piece of pieces) reader.take(piece);
  return reader.end();
}

/** Reads one request after the other out of pieces of a stream. */
export function readRequests(pieces: readonly Buffer[], limits = LIMITS): OurOutcome {
  return readAll(REQUESTS, pieces, limits);
}

/** Reads interim answers and the final one to a request with the method, out of a stream that then ends. */
export function readAnswers(pieces: readonly Buffer[], method: string, limits = LIMITS): OurOutcome {
  return readAll(answersTo(method), pieces, limits);
}
