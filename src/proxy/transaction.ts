import { performance } from 'node:perf_hooks';
import type { RequestContext } from '../core/context.ts';
import { CONTINUE, Decision, deny } from '../core/decision.ts';
import type { Route } from '../core/route.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import { Attempts } from './attempts.ts';
import { BodyRelay, holdBody } from './body-relay.ts';
import type { Exchange, ExchangeOwner, UpgradedWire } from './exchange.ts';
import { findRoute } from './find-route.ts';
import type { ActivePlan, Gate } from './gate.ts';
import { cleanTrailers, dropHopByHop, finishHeaders, upstreamHead } from './heads.ts';
import { checkAnswer, runChecks, wantsBody } from './pipeline.ts';
import { type ReadRequest, readRequest } from './read.ts';
import { formatRecord, formatUnreadable, type Outcome } from './record.ts';
import { type OwnAnswer, ownAnswer, unreadAnswer } from './refusal.ts';
import { joinWires } from './tunnel.ts';
import { UpstreamCall, type UpstreamSink } from './upstream-call.ts';
import { classifyFailure, isIdempotent } from './upstream-failure.ts';
import type { UpstreamTarget } from './upstream-target.ts';

const JOURNAL_FULL = deny('gateway.journal');
const TOO_LARGE = deny('validation.body-size');
const BUG = deny('gateway.bug');
const NO_TARGET = deny('upstream.unhealthy');

/** One request from its head to its journal record. */
export class Transaction implements UpstreamSink, ExchangeOwner {
  readonly #gate: Gate;
  readonly #plan: ActivePlan;
  readonly #exchange: Exchange;
  readonly #startMs = performance.now();
  #read: ReadRequest | null = null;
  /** Why the request was not passed on, or failed later; null while all is well. */
  #decision: Decision | null = null;
  #decidedBy = 'proxy';
  #status = 0;
  #call: UpstreamCall | null = null;
  #relay: BodyRelay | null = null;
  readonly #attempts = new Attempts();
  /** Id of a request that has no context. */
  #unreadId = '';
  #isOver = false;

  constructor(gate: Gate, exchange: Exchange) {
    this.#gate = gate;
    this.#plan = gate.plan;
    this.#plan.retain();
    this.#exchange = exchange;
    exchange.owner = this;
  }

  /** Takes the request through the gateway. Never throws: what a step throws refuses the request. */
  start(): void {
    this.#guard(() => this.#begin());
  }

  /** Safety: whatever a step throws, the request ends, with a refusal where the answer has not begun. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#gate.reportBug(this.#read?.ctx.id ?? '', 'proxy', error);
      this.#stopCall();
      if (this.#read === null || this.#exchange.isAnswered) this.#exchange.abort();
      else this.#refuse(BUG);
    }
  }

  #begin(): void {
    const { clock, journal, isDraining } = this.#gate;
    if (isDraining) this.#exchange.closeAfterwards();
    const read = readRequest(this.#exchange, this.#plan.read, this.#gate.makeId, clock.nowMs());
    if (read instanceof Decision) return this.#refuseUnread(read);
    this.#read = read;
    const { ctx } = read;
    ctx.route = this.#plan.fallback;
    if (!journal.canAccept) return this.#refuse(JOURNAL_FULL);
    const route = findRoute(this.#plan, this.#exchange, ctx);
    if (route instanceof Decision) return this.#refuse(route);
    ctx.route = route;
    this.#settle(runChecks(route.headChecks, ctx, this.#gate.reportBug), () => this.#afterHead(route));
  }

  get #context(): RequestContext {
    return (this.#read as ReadRequest).ctx;
  }

  /** Goes on when the decision is to continue, at once or when it is there. */
  #settle(decision: Decision | Promise<Decision>, next: () => void): void {
    if (!(decision instanceof Promise)) return decision === CONTINUE ? next() : this.#refuse(decision);
    decision.then((settled) => {
      if (!this.#isOver) this.#guard(() => (settled === CONTINUE ? next() : this.#refuse(settled)));
    });
  }

  #afterHead(route: Route): void {
    const ctx = this.#context;
    if (!ctx.hasBody || !wantsBody(route.bodyChecks, ctx)) return this.#forward(route);
    holdBody(this.#exchange, route.bufferBytes, TOO_LARGE, (body, failure) => {
      if (this.#isOver) return;
      if (body === null) return failure === null ? this.#exchange.abort() : this.#failBody(failure);
      ctx.body = body;
      const decision = runChecks(route.bodyChecks, ctx, this.#gate.reportBug);
      this.#settle(decision, () => this.#forward(route));
    });
  }

  /** Asks a target of the upstream. */
  #forward(route: Route): void {
    const pool = this.#plan.findUpstream(route.upstream);
    const target = pool.pick(this.#gate.clock.nowMs(), null);
    if (target === null) return this.#refuse(NO_TARGET);
    this.#ask(route, target);
  }

  #ask(route: Route, target: UpstreamTarget): void {
    const read = this.#read as ReadRequest;
    const { ctx } = read;
    this.#attempts.begin(target.origin);
    const { upgrade } = this.#exchange;
    this.#call = new UpstreamCall(
      target,
      {
        method: ctx.method,
        head: upstreamHead(route, read, target.host, upgrade),
        body: ctx.body ?? this.#relayBody(route),
        isChunked: ctx.body === null && ctx.contentLength < 0,
        firstByteMs: route.timeouts.firstByteMs,
        idleMs: route.timeouts.idleMs,
        upgrade,
      },
      this,
    );
    this.#call.start();
  }

  /** The body of the request on its way through; null when there is none. */
  #relayBody(route: Route): BodyRelay | null {
    if (!this.#context.hasBody) return null;
    this.#relay = new BodyRelay(this.#exchange, route.streamLimitBytes, TOO_LARGE, (failure) =>
      this.#failBody(failure),
    );
    return this.#relay;
  }

  onHead(status: number, headers: FieldLines): void {
    this.#guard(() => this.#takeHead(status, headers));
  }

  #takeHead(status: number, headers: FieldLines): void {
    this.#call?.target.succeeded();
    const ctx = this.#context;
    dropHopByHop(headers);
    const decision = checkAnswer(ctx, status, headers, true, this.#gate.reportBug);
    if (decision === CONTINUE) return this.#passHead(status, headers);
    if (!(decision instanceof Promise)) return this.#refuseAnswer(decision, headers);
    this.#call?.pause();
    decision.then((settled) => {
      if (this.#isOver) return;
      this.#guard(() => {
        if (settled !== CONTINUE) return this.#refuseAnswer(settled, headers);
        this.#passHead(status, headers);
        this.#call?.resume();
      });
    });
  }

  #passHead(status: number, headers: FieldLines): void {
    this.#status = status;
    this.#exchange.writeHead(status, finishHeaders(this.#context, headers));
  }

  onDrain(): void {
    this.#call?.resume();
  }

  /** Answers in the upstream's place; when to come back is all that is kept of its answer. */
  #refuseAnswer(decision: Decision, headers: FieldLines): void {
    const retryAfter = headers.get('retry-after');
    this.#stopCall();
    if (retryAfter !== null) this.#context.addedHeaders.push('Retry-After', retryAfter);
    this.#refuse(decision);
  }

  onData(bytes: Buffer): void {
    if (!this.#exchange.write(bytes)) this.#call?.pause();
  }

  onPause(): void {
    this.#exchange.flush();
  }

  onEnd(trailers: FieldLines | null): void {
    this.#endCall();
    const isPassed = trailers !== null && this.#read?.takesTrailers === true;
    this.#exchange.end(undefined, isPassed ? cleanTrailers(trailers) : undefined);
  }

  onUpgrade(headers: FieldLines, upstream: UpgradedWire): void {
    this.#endCall();
    if (this.#isOver) return upstream.wire.destroy();
    const ctx = this.#context;
    dropHopByHop(headers);
    checkAnswer(ctx, 101, headers, true, this.#gate.reportBug);
    this.#status = 101;
    joinWires(this.#exchange.switchProtocols(finishHeaders(ctx, headers)), upstream);
  }

  onFailure(error: unknown): void {
    const call = this.#call as UpstreamCall;
    const ctx = this.#context;
    const route = ctx.route as Route;
    this.#endCall();
    if (this.#isOver) return;
    const failure = classifyFailure(error);
    const pool = this.#plan.findUpstream(route.upstream);
    const nowMs = this.#gate.clock.nowMs();
    if (failure.isTargets) call.target.failed(nowMs, pool.settings.passive);
    if (this.#exchange.isAnswered) {
      this.#decide(failure.decision, 'proxy');
      return this.#exchange.abort();
    }
    const next = failure.isRetryable && this.#mayRetry(call, route) ? pool.pick(nowMs, call.target) : null;
    if (next === null) this.#refuse(failure.decision);
    else this.#ask(route, next);
  }

  /** Only what cannot have had an effect, or may have it twice, is asked for again; and nothing that was answered. */
  #mayRetry(call: UpstreamCall, route: Route): boolean {
    if (call.isAnswered || this.#relay?.isStarted === true || this.#attempts.count > route.retries)
      return false;
    return !call.isSent || isIdempotent(this.#context.method);
  }

  /** The body of the request will not be complete. */
  #failBody(failure: Decision | null): void {
    if (this.#isOver) return;
    this.#stopCall();
    if (failure === null || this.#exchange.isAnswered) {
      if (failure !== null) this.#decide(failure, 'proxy');
      return this.#exchange.abort();
    }
    this.#exchange.closeAfterwards();
    this.#refuse(failure);
  }

  #stopCall(): void {
    const call = this.#call;
    this.#endCall();
    call?.abort();
  }

  #endCall(): void {
    if (this.#call === null) return;
    this.#attempts.end();
    this.#call = null;
  }

  #decide(decision: Decision, by: string): void {
    this.#decision = decision;
    this.#decidedBy = by;
  }

  /** Sends a refusal or an answer of the gateway's own. */
  #refuse(decision: Decision): void {
    const ctx = this.#context;
    const decider = ctx.decidedAt < 0 ? undefined : ctx.ran[ctx.decidedAt];
    this.#decide(decision, decider?.stage ?? 'proxy');
    if (this.#exchange.expectsContinue && ctx.hasBody) this.#exchange.closeAfterwards();
    this.#answer(ownAnswer(ctx, decision, this.#gate.reportBug));
  }

  #answer({ status, headers, body }: OwnAnswer): void {
    this.#status = status;
    this.#exchange.writeHead(status, headers);
    this.#exchange.end(this.#exchange.method === 'HEAD' ? undefined : body);
  }

  /** Refuses what could not be read; a connection without frames cannot be trusted to be in step any more. */
  #refuseUnread(decision: Decision): void {
    this.#unreadId = this.#gate.makeId();
    this.#decide(decision, 'protocol');
    if (this.#exchange.httpVersion !== '2') this.#exchange.closeAfterwards();
    const { connection } = this.#exchange;
    const { fallback } = this.#plan;
    this.#answer(unreadAnswer(connection, decision, this.#unreadId, fallback, this.#gate.reportBug));
  }

  onClose(completed: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopCall();
    this.#plan.release();
    const outcome = this.#outcome(completed);
    if (this.#read !== null) {
      const { ctx } = this.#read;
      return this.#gate.onFinished(ctx, outcome, formatRecord(ctx, outcome));
    }
    const { connection, method, rawTarget } = this.#exchange;
    const decision = this.#decision as Decision;
    const line = `${method} ${rawTarget}`;
    const record = formatUnreadable(this.#unreadId, this.#gate.clock.nowMs(), connection, decision, line);
    this.#gate.onFinished(null, outcome, record);
  }

  #outcome(completed: boolean): Outcome {
    const decision = this.#decision;
    const isAborted = decision === null && !completed;
    return {
      effect: decision?.effect ?? (isAborted ? 'deny' : 'continue'),
      reason: decision?.reason ?? (isAborted ? 'request.aborted' : 'request.passed'),
      detail: decision?.detail ?? '',
      stage: decision === null ? 'proxy' : this.#decidedBy,
      status: this.#status,
      durationMs: performance.now() - this.#startMs,
      bytesIn: this.#exchange.bytesIn,
      bytesOut: this.#exchange.bytesOut,
      upstream: this.#attempts.target,
      upstreamMs: this.#attempts.durationMs,
      attempts: this.#attempts.count,
    };
  }
}
