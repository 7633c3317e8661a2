import { BodyReader } from '../lib/http1/body-reader.ts';
import { HTTP1_FAULTS } from '../lib/http1/faults.ts';
import { responseFraming, UNTIL_CLOSE } from '../lib/http1/framing.ts';
import { HeadReader } from '../lib/http1/head-reader.ts';
import { STATUS_LINE, type StatusLine } from '../lib/http1/status-line.ts';
import { type Timed, Timer, type TimerWheel } from '../lib/time/timer-wheel.ts';
import { RequestWriter } from './request-writer.ts';
import type { UpstreamCall } from './upstream-call.ts';
import { CONNECT_TIMEOUT, FIRST_BYTE_TIMEOUT, IDLE_TIMEOUT, UpstreamFault } from './upstream-failure.ts';
import { canBeKept, hasSwitched, keepAliveHint } from './upstream-reuse.ts';
import type { UpstreamTarget } from './upstream-target.ts';
import type { Wire, WireSink } from './wire.ts';

/** Bounds on the head of an answer, and on its trailers. */
const HEAD_LIMITS = { startLineBytes: 8 * 1024, fieldBytes: 64 * 1024, fieldCount: 1000 };
/** Interim answers (RFC 9110, 15.2) before the final one: more would keep a request waiting for ever. */
const MAX_INTERIM = 32;

/**
 * One connection to a target, for one request after the other.
 *
 * Safety: never a second request before the answer to the first is complete, and none at all on a connection on which
 * anything came that no request had asked for. An answer that could be read in two ways ends connection and request.
 */
export class UpstreamConnection implements WireSink, Timed {
  readonly #target: UpstreamTarget;
  readonly #wire: Wire;
  readonly #head = new HeadReader<StatusLine>(STATUS_LINE, HEAD_LIMITS);
  readonly #body = new BodyReader(HEAD_LIMITS);
  readonly #timer: Timer;
  readonly #writer: RequestWriter;
  #call: UpstreamCall | null = null;
  #isConnected = false;
  /** Whether the head of the final answer was read. */
  #isInBody = false;
  #interim = 0;
  /** Received bytes that were not told yet, because the call is paused. */
  #waiting: Buffer | null = null;
  #isAdvancing = false;
  #isEnded = false;
  #isKept = false;
  #isClosed = false;

  constructor(target: UpstreamTarget, wire: Wire, wheel: TimerWheel) {
    this.#target = target;
    this.#wire = wire;
    this.#timer = new Timer(wheel, this);
    this.#writer = new RequestWriter(wire, () => this.#requestMoved());
    wire.sink = this;
  }

  /** Waits for the connection, then sends the request. */
  open(call: UpstreamCall, connectMs: number): void {
    this.#call = call;
    call.assign(this);
    this.#timer.set(connectMs);
    const event = this.#target.isSecure ? 'secureConnect' : 'connect';
    this.#wire.socket.once(event, () => this.#connected());
  }

  #connected(): void {
    this.#isConnected = true;
    const call = this.#call;
    if (call !== null) this.send(call);
  }

  /** Sends a request on a connection that is free. */
  send(call: UpstreamCall): void {
    this.#call = call;
    this.#isInBody = false;
    this.#interim = 0;
    this.#head.reset();
    call.assign(this);
    call.isSent = true;
    this.#timer.set(call.request.firstByteMs);
    this.#writer.write(call.request);
  }

  /** The upstream cannot answer sooner than it is asked. */
  #requestMoved(): void {
    if (this.#call !== null && !this.#isInBody) this.#timer.set(this.#call.request.firstByteMs);
  }

  onBytes(bytes: Buffer): void {
    if (this.#isClosed) return;
    // Nobody asked: an answer to nothing would be taken for that of the next request.
    if (this.#call === null) return this.close();
    this.#call.isAnswered = true;
    if (this.#waiting === null) this.#advance(bytes);
    else this.#waiting = Buffer.concat([this.#waiting, bytes]);
  }

  /** Reads what came, as far as the call takes it. */
  #advance(bytes: Buffer): void {
    const call = this.#call as UpstreamCall;
    this.#isAdvancing = true;
    let at = 0;
    while (at < bytes.length && this.#call === call && !call.isPaused) {
      at = this.#isInBody ? this.#readBody(call, bytes, at) : this.#readHead(call, bytes, at);
    }
    this.#isAdvancing = false;
    if (this.#call !== call) return;
    if (at < bytes.length) this.#waiting = Buffer.from(bytes.subarray(at));
    else if (this.#isEnded) return this.#takeEnd(call);
    if (this.#isInBody) call.sink.onPause();
  }

  #readHead(call: UpstreamCall, bytes: Buffer, at: number): number {
    const head = this.#head;
    const end = head.read(bytes, at);
    if (head.fault !== '') this.#refuse(HTTP1_FAULTS[head.fault]);
    else if (head.isComplete) this.#takeHead(call, bytes, end);
    return end;
  }

  #takeHead(call: UpstreamCall, bytes: Buffer, end: number): void {
    const { status, version } = this.#head.start as StatusLine;
    const { lines } = this.#head;
    if (status < 200) return this.#takeInterim(call, status, bytes, end);
    const framing = responseFraming(lines, version, status, call.request.method);
    if (typeof framing === 'string') return this.#refuse(HTTP1_FAULTS[framing]);
    this.#body.begin(framing);
    this.#isInBody = true;
    this.#isKept = framing !== UNTIL_CLOSE && canBeKept(lines, version, status);
    if (this.#isKept) this.#target.noteKeepAlive(keepAliveHint(lines));
    this.#timer.set(call.request.idleMs);
    call.sink.onHead(status, lines);
    if (this.#body.isComplete && this.#call === call && !call.isPaused)
      this.#complete(call, end === bytes.length);
  }

  /** Interim answers of the upstream end here: the gateway itself sent 100 (Continue) where it was asked to. */
  #takeInterim(call: UpstreamCall, status: number, bytes: Buffer, end: number): void {
    const { lines } = this.#head;
    if (lines.has('transfer-encoding') || (lines.joined('content-length') ?? '0') !== '0')
      return this.#refuse('an interim answer with a length');
    if (status === 101) {
      if (!hasSwitched(lines, call.request.upgrade))
        return this.#refuse('a switch of protocols that was not asked for');
      return this.#handOver(call, Buffer.from(bytes.subarray(end)));
    }
    if (status === 100) return this.#refuse('a 100 that was not asked for');
    if (++this.#interim > MAX_INTERIM) return this.#refuse('too many interim answers');
    this.#head.reset();
  }

  #readBody(call: UpstreamCall, bytes: Buffer, at: number): number {
    const body = this.#body;
    const end = body.next(bytes, at);
    if (!this.#isClosed) this.#timer.set(call.request.idleMs);
    if (body.dataEnd > body.dataStart) call.sink.onData(bytes.subarray(body.dataStart, body.dataEnd));
    if (this.#call !== call) return end;
    if (body.fault !== '') this.#refuse(HTTP1_FAULTS[body.fault]);
    else if (body.isComplete) this.#complete(call, end === bytes.length);
    return end;
  }

  /** The answer is there; `isExact` says that nothing came behind it. */
  #complete(call: UpstreamCall, isExact: boolean): void {
    const { trailers } = this.#body;
    this.#call = null;
    this.#timer.stop();
    // The call may have paused it with the last piece.
    this.#wire.resume();
    call.finish();
    if (this.#isKept && isExact && this.#writer.isDone && !this.#isEnded)
      this.#target.release(this, this.#timer);
    else this.close();
    call.sink.onEnd(trailers);
  }

  #handOver(call: UpstreamCall, head: Buffer): void {
    this.#call = null;
    this.#timer.remove();
    call.finish();
    const wire = this.#wire;
    call.sink.onUpgrade(this.#head.lines, { wire, head, onClosed: () => this.onClose(null) });
  }

  /** Ends an answer that must not be passed on, and its connection. */
  #refuse(fault: string): void {
    this.#fail(new UpstreamFault('upstream.invalid', fault));
  }

  #fail(error: unknown): void {
    const call = this.#call;
    this.#call = null;
    this.close();
    call?.fail(error);
  }

  pause(): void {
    this.#timer.stop();
    this.#wire.pause();
  }

  /** Goes on telling what came meanwhile, then reads on. */
  resume(): void {
    const call = this.#call;
    if (call === null) return;
    if (!this.#isClosed) this.#timer.set(call.request.idleMs);
    if (this.#isAdvancing) return this.#wire.resume();
    const waiting = this.#waiting;
    this.#waiting = null;
    if (this.#isInBody && this.#body.isComplete) return this.#complete(call, waiting === null);
    if (waiting !== null) this.#advance(waiting);
    else if (this.#isEnded) this.#takeEnd(call);
    if (!call.isPaused) this.#wire.resume();
  }

  /** The caller wants no answer any more; half an answer is of no use to the next one. */
  giveUp(call: UpstreamCall): void {
    if (this.#call !== call) return;
    this.#call = null;
    this.close();
  }

  onDrain(): void {
    const body = this.#call?.request.body ?? null;
    this.#requestMoved();
    if (body !== null && 'resume' in body) body.resume();
  }

  onFlushed(): void {}

  onEnd(): void {
    this.#isEnded = true;
    if (this.#call === null) this.close();
    else if (this.#waiting === null && !this.#isAdvancing && !this.#call.isPaused) this.#takeEnd(this.#call);
  }

  /** The upstream ended the connection, and all that came before was told. */
  #takeEnd(call: UpstreamCall): void {
    if (this.#isInBody && this.#body.endsHere()) return this.#complete(call, true);
    this.#fail(
      new UpstreamFault('upstream.reset', 'the upstream ended the connection before its answer was complete'),
    );
  }

  onTime(): void {
    const call = this.#call;
    if (call === null) return this.close();
    // Where the request waits for its client, the upstream is not late; pace.ts sees to the client.
    const isWaitingForClient =
      this.#isConnected && !this.#isInBody && !this.#writer.isDone && !this.#wire.isBlocked;
    if (isWaitingForClient) return this.#timer.set(call.request.firstByteMs);
    this.#fail(!this.#isConnected ? CONNECT_TIMEOUT : this.#isInBody ? IDLE_TIMEOUT : FIRST_BYTE_TIMEOUT);
  }

  onClose(error: Error | null): void {
    this.close();
    const call = this.#call;
    // All of the answer is here; the rest of it is told when the call goes on.
    if (error === null && this.#isEnded && call?.isPaused === true) return;
    this.#call = null;
    call?.fail(error ?? new UpstreamFault('upstream.reset', 'the connection to the upstream was closed'));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer.remove();
    this.#wire.destroy();
    this.#target.closed(this);
  }
}
