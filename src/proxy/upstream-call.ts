import type { FieldLines } from '../lib/http/field-lines.ts';
import type { BodyRelay } from './body-relay.ts';
import type { UpgradedWire } from './exchange.ts';
import type { UpstreamConnection } from './upstream-connection.ts';
import { NoConnection } from './upstream-failure.ts';
import type { UpstreamTarget } from './upstream-target.ts';

/** What one attempt asks of an upstream. */
export interface UpstreamRequest {
  readonly method: string;
  /** Request line and field lines, with one framing. */
  readonly head: string;
  readonly body: Uint8Array | BodyRelay | null;
  /** Whether the body is sent in chunks. */
  readonly isChunked: boolean;
  readonly firstByteMs: number;
  readonly idleMs: number;
  /** Protocol to switch to, lower-case, or ''. */
  readonly upgrade: string;
}

/** Receives an upstream's answer piece by piece. */
export interface UpstreamSink {
  onHead(status: number, lines: FieldLines): void;
  /** Safety: the bytes are valid during the call only. */
  onData(bytes: Buffer): void;
  /** All that came so far was told; the rest may take a while. */
  onPause(): void;
  onEnd(trailers: FieldLines | null): void;
  onUpgrade(lines: FieldLines, upstream: UpgradedWire): void;
  /** The attempt failed; nothing else follows. */
  onFailure(error: unknown): void;
}

/** One attempt on one target. */
export class UpstreamCall {
  readonly target: UpstreamTarget;
  readonly request: UpstreamRequest;
  readonly sink: UpstreamSink;
  /** Whether a byte of the request may have reached the upstream. */
  isSent = false;
  /** Whether a byte of an answer came back. */
  isAnswered = false;
  /** While paused, nothing is told. */
  isPaused = false;
  #connection: UpstreamConnection | null = null;
  #isOver = false;

  constructor(target: UpstreamTarget, request: UpstreamRequest, sink: UpstreamSink) {
    this.target = target;
    this.request = request;
    this.sink = sink;
  }

  /** Reports to the sink; where no connection is free and too many calls wait for one, before it returns. */
  start(): void {
    this.target.active++;
    this.target.serve(this);
  }

  /** The call has a connection from now on. */
  assign(connection: UpstreamConnection): void {
    this.#connection = connection;
  }

  /** Gives the attempt up; nothing is reported any more. */
  abort(): void {
    if (this.#isOver) return;
    this.finish();
    if (this.#connection === null) this.target.forget(this);
    else this.#connection.giveUp(this);
  }

  pause(): void {
    this.isPaused = true;
    this.#connection?.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.#connection?.resume();
  }

  /** No connection became free. */
  failWaiting(): void {
    this.fail(new NoConnection());
  }

  /** The attempt failed: tells the sink. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.finish();
    this.sink.onFailure(error);
  }

  /** The attempt is over, well or not. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.target.active--;
    const { body } = this.request;
    if (body !== null && 'stop' in body) body.stop();
  }
}
