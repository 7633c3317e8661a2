import type { Duplex, Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { FieldLines } from '../lib/http/field-lines.ts';
import { parseContentLength } from '../lib/http/fields.ts';
import { InvalidAnswer, NoConnection } from './upstream-failure.ts';
import type { UpstreamTarget } from './upstream-pool.ts';
import type { WaitingCall } from './waiting-calls.ts';

/** What one attempt asks of an upstream. */
export interface UpstreamRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Flat names and values, without framing fields but Content-Length. */
  readonly headers: string[];
  readonly body: Uint8Array | Readable | null;
  readonly firstByteMs: number;
  readonly idleMs: number;
  /** Protocol to switch to, or ''. */
  readonly upgrade: string;
}

/** Receives an upstream's answer piece by piece. */
export interface UpstreamSink {
  onHead(status: number, headers: FieldLines): void;
  onData(chunk: Buffer): void;
  onEnd(trailers: FieldLines): void;
  onUpgrade(headers: FieldLines, socket: Duplex): void;
  /** The attempt failed; nothing else follows. */
  onFailure(error: unknown): void;
}

/** Interim answers (RFC 9110, 15.2) before the final one: more would keep a request waiting for ever. */
const MAX_INTERIM = 32;

/** One attempt on one target; cancelled by `abort`. */
export class UpstreamCall implements Dispatcher.DispatchHandler, WaitingCall {
  readonly target: UpstreamTarget;
  readonly #sink: UpstreamSink;
  #controller: Dispatcher.DispatchController | null = null;
  #isOver = false;
  #interim = 0;

  constructor(target: UpstreamTarget, sink: UpstreamSink) {
    this.target = target;
    this.#sink = sink;
  }

  /** Reports to the sink; where no connection is free and too many calls wait for one, before it returns. */
  start(request: UpstreamRequest): void {
    const isTaken = this.target.waiting.take(this, this.target.active);
    this.target.active++;
    if (!isTaken) return this.failWaiting();
    this.target.pool.dispatch(
      {
        path: request.target,
        method: request.method as Dispatcher.HttpMethod,
        headers: request.headers,
        body: request.body,
        headersTimeout: request.firstByteMs,
        bodyTimeout: request.idleMs,
        upgrade: request.upgrade === '' ? null : request.upgrade,
        // One for all requests: the client library has a connection for each, and would take the client's Host field.
        servername: this.target.host,
        // Without it the library closes the connection after HEAD, and after a body of an unusual method.
        reset: false,
      } as Dispatcher.DispatchOptions,
      this,
    );
  }

  /** Gives the attempt up; nothing is reported any more. */
  abort(reason: Error): void {
    this.#finish();
    this.#controller?.abort(reason);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  failWaiting(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#sink.onFailure(new NoConnection('no connection became free'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.target.waiting.delete(this);
    if (this.#isOver) controller.abort(new Error('the request was given up'));
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    _status: number,
    _headers: unknown,
    socket: Duplex,
  ): void {
    if (this.#isOver) return void socket.destroy();
    this.#finish();
    this.#sink.onUpgrade(linesOf(controller.rawHeaders), socket);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (this.#isOver) return;
    // Interim answers of the upstream end here: the gateway itself sent 100 (Continue) where it was asked to.
    if (status < 200) {
      if (status === 101) this.#refuse('a switch of protocols that was not asked for');
      else if (++this.#interim > MAX_INTERIM) this.#refuse('too many interim answers');
      return;
    }
    const headers = linesOf(controller.rawHeaders);
    const fault = faultOf(status, headers);
    if (fault !== '') return this.#refuse(fault);
    // RFC 9110, 8.6: an answer without content has no length.
    if (status === 204) headers.remove('content-length');
    this.#sink.onHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isOver) this.#sink.onData(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) return;
    this.#finish();
    this.#sink.onEnd(linesOf(controller.rawTrailers));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    this.#finish();
    this.#sink.onFailure(error);
  }

  /** Ends an answer that must not be passed on, and its connection. */
  #refuse(fault: string): void {
    const error = new InvalidAnswer(fault);
    this.abort(error);
    this.#sink.onFailure(error);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.target.active--;
    this.target.waiting.delete(this);
  }
}

/** What is wrong with the head of an answer that the client library lets pass; '' when nothing is. */
function faultOf(status: number, headers: FieldLines): string {
  if (status > 599) return `status ${status}`;
  const length = headers.joined('content-length');
  // Also two that agree: whoever reads only one of them may read another one than the gateway.
  if (length !== null && parseContentLength(length) === null) return 'Content-Length is not one number';
  const coding = headers.joined('transfer-encoding');
  if (coding === null) return '';
  // RFC 9112, 6.3: where both are, one server's end of the answer is another's next answer.
  if (length !== null) return 'Content-Length and Transfer-Encoding';
  // RFC 9112, 6.1: a coding that was not asked for, and that the client would not understand.
  return coding.toLowerCase() === 'chunked' ? '' : 'a transfer coding other than chunked';
}

/** Reads the raw header lines of the client library: a flat list of buffers. */
function linesOf(raw: Dispatcher.DispatchController['rawHeaders']): FieldLines {
  if (!Array.isArray(raw)) return FieldLines.fromFlat([]);
  return FieldLines.fromFlat(raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1'))));
}
