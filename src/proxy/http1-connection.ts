import { type Decision, deny } from '../core/decision.ts';
import { parseConnectionOptions } from '../lib/http/fields.ts';
import { BodyReader } from '../lib/http1/body-reader.ts';
import { requestFraming } from '../lib/http1/framing.ts';
import { HeadReader } from '../lib/http1/head-reader.ts';
import { REQUEST_LINE, type RequestLine } from '../lib/http1/request-line.ts';
import { type Timed, Timer } from '../lib/time/timer-wheel.ts';
import type { ConnectionFacts } from './exchange.ts';
import { answerHead, connectionField } from './http1-answer.ts';
import { Http1Exchange } from './http1-exchange.ts';
import { headRefusal } from './http1-faults.ts';
import type { Http1Shared } from './http1-server.ts';
import type { Wire, WireSink } from './wire.ts';

/** Bytes that wait for their turn on a connection before it is read no further. */
const MOST_WAITING = 64 * 1024;
/** Longest time that a connection is still read after its last answer. */
const LINGER_MS = 2_000;

const HEADER_TIMEOUT = deny('protocol.timeout', {
  detail: 'the header took longer than limits.headerTimeoutMs',
});
const NOTHING = Buffer.alloc(0);

/**
 * One HTTP/1 connection of a client: reads one request after the other, each when the answer before it has left.
 *
 * Safety: requests that come before their turn wait unparsed and within a bound, so that a client can have one request
 * under way per connection, and no answer ever takes the place of another.
 */
export class Http1Connection implements WireSink, Timed {
  readonly facts: ConnectionFacts;
  readonly wire: Wire;
  /** Set when the connection must take no further request. */
  isClosing = false;
  readonly #shared: Http1Shared;
  readonly #head: HeadReader<RequestLine>;
  readonly #body: BodyReader;
  readonly #timer: Timer;
  #exchange: Http1Exchange | null = null;
  /** Received bytes whose turn has not come. */
  #waiting: Buffer | null = null;
  #isAdvancing = false;
  /** Whether the client sends no more. */
  #isEnded = false;
  /** Whether all that still comes is dropped unparsed. */
  #isDropping = false;
  #hasServed = false;

  constructor(wire: Wire, facts: ConnectionFacts, shared: Http1Shared) {
    this.facts = facts;
    this.wire = wire;
    this.#shared = shared;
    this.#head = new HeadReader(REQUEST_LINE, shared.headLimits);
    this.#body = new BodyReader(shared.headLimits);
    this.#timer = new Timer(shared.wheel, this);
    this.#timer.set(shared.limits.headerTimeoutMs);
    wire.sink = this;
  }

  get isIdle(): boolean {
    return this.#exchange === null;
  }

  onBytes(bytes: Buffer): void {
    if (this.#isDropping) return;
    if (this.#waiting === null) return this.#advance(bytes, false);
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    if (this.#waiting.length >= MOST_WAITING) this.wire.pause();
  }

  /** Goes on with bytes that wait, where something that they waited for has happened. */
  proceed(): void {
    if (this.#isAdvancing) return;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) this.#advance(waiting, true);
    else if (this.#isEnded) this.#takeEnd();
    if (this.#waiting === null && !this.#isDropping) this.wire.resume();
  }

  /** Takes bytes as far as somebody can; `isOwn` says that nothing overwrites them. */
  #advance(bytes: Buffer, isOwn: boolean): void {
    this.#isAdvancing = true;
    let at = 0;
    while (at < bytes.length && this.#takesBytes()) {
      const exchange = this.#exchange;
      at = exchange === null ? this.#readHead(bytes, at) : exchange.takeBody(bytes, at);
    }
    this.#isAdvancing = false;
    if (this.#isDropping) return;
    if (at < bytes.length) this.#waiting = isOwn ? bytes.subarray(at) : Buffer.from(bytes.subarray(at));
    else if (this.#isEnded) this.#takeEnd();
    if (this.#waiting !== null && this.#waiting.length >= MOST_WAITING) this.wire.pause();
  }

  #takesBytes(): boolean {
    if (this.#isDropping) return false;
    return this.#exchange === null ? !this.isClosing : this.#exchange.takesBody;
  }

  #readHead(bytes: Buffer, at: number): number {
    const head = this.#head;
    const isFirst = !head.isBegun;
    const end = head.read(bytes, at);
    if (head.fault !== '') this.#refuse(headRefusal(head.fault));
    else if (head.isComplete) this.#takeRequest();
    else if (isFirst && head.isBegun && this.#hasServed) this.#timer.set(this.#shared.limits.headerTimeoutMs);
    return end;
  }

  #takeRequest(): void {
    const { start, lines } = this.#head;
    const line = start as RequestLine;
    const framing = requestFraming(lines, line.version);
    if (typeof framing === 'string') return this.#refuse(headRefusal(framing));
    this.#head.reset();
    this.#body.begin(framing);
    this.#timer.stop();
    this.#hasServed = true;
    const exchange = new Http1Exchange(this, line, lines, framing, this.#body);
    this.isClosing ||= isLast(exchange) || this.#shared.limits.keepAliveMs === 0;
    this.#exchange = exchange;
    this.#shared.exchanges.add(exchange);
    this.#shared.events.onExchange(exchange);
  }

  /** Refuses what cannot be read; nothing that follows can be. */
  #refuse(decision: Decision): void {
    const { start } = this.#head;
    // Behind a body that the client framed otherwise than it meant to, a line may be anything.
    const line =
      start === null || this.#hasServed ? '' : `${start.method} ${start.target} HTTP/${start.version}`;
    const { status, headers, body } = this.#shared.events.onUnreadable(this.facts, decision, line);
    this.isClosing = true;
    this.wire.writeText(answerHead(status, headers, Buffer.byteLength(body), connectionField(true, '1.1')));
    this.wire.write(Buffer.from(body));
    this.closeGently();
  }

  /** Refuses the request whose body is being read. */
  failRequest(failure: Decision): void {
    this.isClosing = true;
    const exchange = this.#exchange as Http1Exchange;
    if (exchange.isLingering) this.closeGently();
    else exchange.failBody(failure);
  }

  onDrain(): void {
    this.#exchange?.owner?.onDrain();
  }

  onFlushed(): void {
    this.#exchange?.flushed();
  }

  /** The answer has left, and nothing of its request is left to read. */
  exchangeOver(): void {
    const exchange = this.#exchange as Http1Exchange;
    this.#exchange = null;
    this.#shared.exchanges.delete(exchange);
    exchange.close(true);
    if (this.isClosing) return this.closeGently();
    this.#timer.set(this.#shared.limits.keepAliveMs);
    this.proceed();
  }

  /** The client sends no more; what it sent before still counts. */
  onEnd(): void {
    this.#isEnded = true;
    if (this.#waiting === null && !this.#isAdvancing) this.#takeEnd();
  }

  #takeEnd(): void {
    const exchange = this.#exchange;
    // Half a head is nobody's request.
    if (exchange === null) this.closeGently();
    else if (!this.#body.isComplete && !this.#isDropping) this.wire.destroy();
  }

  /**
   * Ends the connection so that the client gets to read the last answer: closing it with unread bytes would reset it
   * (RFC 9112, 9.6).
   *
   * Safety: what still comes is dropped unparsed, so nothing behind the last answer becomes a request.
   */
  closeGently(): void {
    if (this.#isDropping) return;
    this.#isDropping = true;
    this.isClosing = true;
    this.#waiting = null;
    this.#timer.set(LINGER_MS);
    this.wire.end();
    this.wire.resume();
  }

  /** Gives the connection away, with the bytes that came behind the request; it is still told of its end. */
  handOver(): Buffer {
    const waiting = this.#waiting ?? NOTHING;
    this.#waiting = null;
    this.isClosing = true;
    this.#timer.remove();
    return waiting;
  }

  onTime(): void {
    if (this.#isDropping) this.wire.destroy();
    else if (this.#hasServed && !this.#head.isBegun) this.closeGently();
    else this.#refuse(HEADER_TIMEOUT);
  }

  onClose(_error: Error | null): void {
    this.#timer.remove();
    this.#isDropping = true;
    this.#waiting = null;
    const exchange = this.#exchange;
    this.#exchange = null;
    if (exchange !== null) this.#shared.exchanges.delete(exchange);
    exchange?.close(false);
    this.#shared.connections.delete(this);
  }
}

/** Whether a request asks for the end of the connection after its answer (RFC 9112, 9.3). */
function isLast({ httpVersion, fields, upgrade }: Http1Exchange): boolean {
  // What follows a request to switch protocols may be frames of that protocol, whatever the answer.
  if (upgrade === 'websocket') return true;
  const connection = fields.joined('connection');
  if (connection === null) return httpVersion === '1.0';
  const options = parseConnectionOptions(connection);
  if (options === null || options.includes('close')) return true;
  return httpVersion === '1.0' && !options.includes('keep-alive');
}
