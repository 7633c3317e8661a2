import { CONTINUE, type Decision, deny } from '../core/decision.ts';
import type { Route } from '../core/route.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import type { CacheTicket, Recording } from './answer-cache.ts';
import { type AnswerHold, holdAnswer } from './answer-hold.ts';
import { AnswerWait } from './answer-wait.ts';
import { Attempts } from './attempts.ts';
import type { BodyHold } from './body-hold.ts';
import { BodyRelay } from './body-relay.ts';
import type { Exchange, UpgradedWire } from './exchange.ts';
import type { ForwardingOwner } from './forwarding-owner.ts';
import type { ActivePlan, Gate } from './gate.ts';
import { cleanTrailers, dropHopByHop, finishHeaders, upstreamHead } from './heads.ts';
import { checkAnswer } from './pipeline.ts';
import type { ReadRequest } from './read.ts';
import { joinWires, upgradeFor } from './tunnel.ts';
import { UpstreamCall, type UpstreamSink } from './upstream-call.ts';
import { classifyFailure, mayAskAgain } from './upstream-failure.ts';
import type { UpstreamTarget } from './upstream-target.ts';

const TOO_LARGE = deny('validation.body-size');
const NO_TARGET = deny('upstream.unhealthy');

const NOTHING_MORE = (): void => {};

/** A request on its way to an upstream, with all attempts, and the answer on its way back. */
export class Forwarding implements UpstreamSink {
  /** Of the answer that is being passed on; 0 before there is one. */
  status = 0;
  readonly attempts = new Attempts();
  readonly #gate: Gate;
  readonly #plan: ActivePlan;
  readonly #exchange: Exchange;
  readonly #read: ReadRequest;
  readonly #owner: ForwardingOwner;
  #call: UpstreamCall | null = null;
  #relay: BodyRelay | null = null;
  readonly #hold: BodyHold | null;
  /** The answer, while its body is held to be looked at. */
  #answer: AnswerHold | null = null;
  readonly #ticket: CacheTicket | null;
  #recording: Recording | null = null;
  #isStopped = false;
  readonly #wait: AnswerWait;

  /** Shape: `hold` has the beginning of the body; with a ticket, the answer is kept for others where it may be. */
  constructor(
    gate: Gate,
    plan: ActivePlan,
    exchange: Exchange,
    read: ReadRequest,
    hold: BodyHold | null,
    ticket: CacheTicket | null,
    owner: ForwardingOwner,
  ) {
    this.#gate = gate;
    this.#plan = plan;
    this.#exchange = exchange;
    this.#read = read;
    this.#hold = hold;
    this.#ticket = ticket;
    this.#owner = owner;
    this.#wait = new AnswerWait(read.ctx);
  }

  /** Asks a target of the upstream. */
  start(): void {
    const route = this.#read.ctx.route as Route;
    const pool = this.#plan.findUpstream(route.upstream);
    const target = pool.pick(this.#gate.clock.nowMs(), null);
    if (target === null) this.#owner.refuse(NO_TARGET);
    else this.#ask(route, target);
  }

  /** The client takes more of the answer again. */
  resume(): void {
    this.#call?.resume();
  }

  /** Nothing of the upstream is of use any more. */
  stop(): void {
    this.#isStopped = true;
    this.#endHold();
    this.#recording?.drop();
    const call = this.#call;
    this.#wait.end(0);
    if (call !== null) this.#noteUnanswered(call);
    this.#endCall();
    call?.abort();
  }

  /** The upstream may have done what an attempt asked for, and nobody knows. */
  #noteUnanswered({ isSent }: UpstreamCall): void {
    const { ctx } = this.#read;
    if (isSent && ctx.upstreamStatus === 0) ctx.isUnanswered = true;
  }

  #ask(route: Route, target: UpstreamTarget): void {
    const { ctx } = this.#read;
    this.attempts.begin(target.origin);
    const upgrade = upgradeFor(route, this.#exchange);
    const request = {
      method: ctx.method,
      head: upstreamHead(route, this.#read, target.host, upgrade),
      body: ctx.body ?? this.#relayBody(route),
      isChunked: ctx.body === null && ctx.contentLength < 0,
      firstByteMs: route.timeouts.firstByteMs,
      idleMs: route.timeouts.idleMs,
      upgrade,
    };
    this.#call = new UpstreamCall(target, request, this);
    if (this.#relay === null) this.#wait.begin();
    this.#call.start();
  }

  /** The body of the request on its way through; null when there is none. */
  #relayBody(route: Route): BodyRelay | null {
    if (!this.#read.ctx.hasBody) return null;
    this.#relay = new BodyRelay(this.#exchange, this.#hold, route.streamLimitBytes, TOO_LARGE, (failure) =>
      this.#owner.breakOff(failure),
    );
    this.#relay.onWhole = () => this.#wait.begin();
    return this.#relay;
  }

  onHead(status: number, lines: FieldLines): void {
    try {
      this.#takeHead(status, lines);
    } catch (error) {
      this.#owner.failed(error);
    }
  }

  #takeHead(status: number, lines: FieldLines): void {
    this.#wait.end(status);
    this.#call?.target.succeeded();
    this.#read.ctx.upstreamStatus = status;
    dropHopByHop(lines);
    this.#keep(status, lines);
    const decision = checkAnswer(this.#read.ctx, status, lines, true, this.#gate.reportBug);
    if (decision === CONTINUE) return this.#takeChecked(status, lines);
    if (!(decision instanceof Promise)) return this.#refuseAnswer(decision, lines);
    this.#call?.pause();
    decision.then((settled) => this.#takeSettled(settled, status, lines));
  }

  /** Keeps what others may get, as the upstream sent it: each answer is checked for itself. */
  #keep(status: number, lines: FieldLines): void {
    const { cache, clock } = this.#gate;
    const { ctx } = this.#read;
    const nowMs = clock.nowMs();
    cache.noteAnswer(ctx, status, nowMs);
    if (this.#ticket !== null) this.#recording = cache.record(ctx, this.#ticket, status, lines, nowMs);
  }

  #takeSettled(decision: Decision, status: number, lines: FieldLines): void {
    if (this.#isStopped) return;
    try {
      if (decision !== CONTINUE) return this.#refuseAnswer(decision, lines);
      this.#takeChecked(status, lines);
      this.#call?.resume();
    } catch (error) {
      this.#owner.failed(error);
    }
  }

  /** Passes the head on, or holds it until its body was looked at. */
  #takeChecked(status: number, lines: FieldLines): void {
    this.#answer = holdAnswer(this.#read.ctx, status, lines, this.#gate.heldAnswers);
    if (this.#answer === null) this.#passHead(status, lines);
  }

  /** Looks at what is held of the body of an answer, and passes the answer on. */
  #judge(answer: AnswerHold, isPartial: boolean, next: () => void): void {
    const decision = answer.check(this.#read.ctx, isPartial, this.#gate.reportBug);
    if (!(decision instanceof Promise)) return this.#passJudged(decision, answer, next);
    this.#call?.pause();
    decision.then((settled) => {
      try {
        if (!this.#isStopped && this.#answer === answer) this.#passJudged(settled, answer, next);
      } catch (error) {
        this.#owner.failed(error);
      }
    });
  }

  #passJudged(decision: Decision, answer: AnswerHold, next: () => void): void {
    this.#endHold();
    if (decision !== CONTINUE) return this.#refuseAnswer(decision, answer.lines);
    this.#passHead(answer.status, answer.lines);
    if (answer.isEmpty || this.#exchange.write(answer.bytes())) this.#call?.resume();
    else this.#call?.pause();
    next();
  }

  #endHold(): void {
    this.#answer?.release();
    this.#answer = null;
  }

  #passHead(status: number, lines: FieldLines): void {
    this.status = status;
    this.#exchange.writeHead(status, finishHeaders(this.#read.ctx, lines));
  }

  /** Answers in the upstream's place; when to come back is all that is kept of its answer. */
  #refuseAnswer(decision: Decision, lines: FieldLines): void {
    const retryAfter = lines.get('retry-after');
    this.stop();
    if (retryAfter !== null) this.#read.ctx.addedHeaders.push('Retry-After', retryAfter);
    this.#owner.refuse(decision);
  }

  onData(bytes: Buffer): void {
    this.#recording?.add(bytes);
    if (this.#answer !== null) return this.#holdMore(this.#answer, bytes);
    if (!this.#exchange.write(bytes)) this.#call?.pause();
  }

  #holdMore(answer: AnswerHold, bytes: Buffer): void {
    if (!answer.add(bytes)) this.#judge(answer, true, NOTHING_MORE);
  }

  onPause(): void {
    if (this.#answer === null) this.#exchange.flush();
  }

  onEnd(trailers: FieldLines | null): void {
    this.#endCall();
    if (trailers === null) this.#recording?.complete();
    else this.#recording?.drop();
    if (this.#answer === null) this.#complete(trailers);
    else this.#judge(this.#answer, false, () => this.#complete(trailers));
  }

  #complete(trailers: FieldLines | null): void {
    const isPassed = trailers !== null && this.#read.takesTrailers;
    this.#exchange.end(undefined, isPassed ? cleanTrailers(trailers) : undefined);
  }

  onUpgrade(lines: FieldLines, upstream: UpgradedWire): void {
    this.#wait.end(101);
    this.#endCall();
    if (this.#isStopped) return upstream.wire.destroy();
    const { ctx } = this.#read;
    try {
      ctx.upstreamStatus = 101;
      dropHopByHop(lines);
      checkAnswer(ctx, 101, lines, true, this.#gate.reportBug);
      const finished = finishHeaders(ctx, lines);
      this.status = 101;
      joinWires(this.#exchange.switchProtocols(finished), upstream);
    } catch (thrown) {
      upstream.wire.destroy();
      this.#owner.failed(thrown);
    }
  }

  onFailure(error: unknown): void {
    try {
      this.#takeFailure(error);
    } catch (thrown) {
      this.#owner.failed(thrown);
    }
  }

  #takeFailure(error: unknown): void {
    const call = this.#call as UpstreamCall;
    const route = this.#read.ctx.route as Route;
    this.#wait.end(0);
    this.#endHold();
    this.#noteUnanswered(call);
    this.#endCall();
    if (this.#isStopped) return;
    const failure = classifyFailure(error);
    const pool = this.#plan.findUpstream(route.upstream);
    const nowMs = this.#gate.clock.nowMs();
    if (failure.isTargets) call.target.failed(nowMs, pool.settings.passive);
    if (this.#exchange.isAnswered) return this.#owner.breakOff(failure.decision);
    const mayRetry =
      this.#relay?.isStarted !== true && this.attempts.count <= route.retries && mayAskAgain(call, failure);
    const next = mayRetry ? pool.pick(nowMs, call.target) : null;
    if (next === null) this.#owner.refuse(failure.decision);
    else this.#ask(route, next);
  }

  #endCall(): void {
    if (this.#call === null) return;
    this.attempts.end();
    this.#call = null;
  }
}
