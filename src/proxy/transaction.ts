import { performance } from 'node:perf_hooks';
import type { RequestContext } from '../core/context.ts';
import { answer, CONTINUE, Decision, deny } from '../core/decision.ts';
import type { Route } from '../core/route.ts';
import { storedHead } from './answer-cache.ts';
import type { StoredAnswer } from './answer-store.ts';
import { BodyHold } from './body-hold.ts';
import type { Exchange, ExchangeOwner } from './exchange.ts';
import { findRoute } from './find-route.ts';
import { Forwarding } from './forwarding.ts';
import type { ForwardingOwner } from './forwarding-owner.ts';
import type { ActivePlan, Gate } from './gate.ts';
import { finishHeaders } from './heads.ts';
import {
  checkAnswer,
  checkAnswerBody,
  finishRequest,
  runChecks,
  wantsBody,
  wantsWholeBody,
} from './pipeline.ts';
import { type ReadRequest, readRequest } from './read.ts';
import { formatRecord, formatUnreadable, type Outcome } from './record.ts';
import { type OwnAnswer, ownAnswer, unreadAnswer } from './refusal.ts';

const JOURNAL_FULL = deny('gateway.journal');
const CACHED = answer('attack.cached', []);
const TOO_LARGE = deny('validation.body-size');
const BUG = deny('gateway.bug');
/** How a request ended about which nothing was decided. */
const PASSED = CONTINUE;
const ABORTED = deny('request.aborted');

/** One request from its head to its journal record. */
export class Transaction implements ExchangeOwner, ForwardingOwner {
  readonly #gate: Gate;
  readonly #plan: ActivePlan;
  readonly #exchange: Exchange;
  readonly #startMs = performance.now();
  #read: ReadRequest | null = null;
  /** Why the request was not passed on, or failed later; null while all is well. */
  #decision: Decision | null = null;
  #decidedBy = 'proxy';
  #status = 0;
  #forwarding: Forwarding | null = null;
  #hold: BodyHold | null = null;
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
    try {
      this.#begin();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Takes a step that something was waited for with. */
  #resume(step: () => void): void {
    try {
      if (!this.#isOver) step();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Safety: whatever a step throws, the request ends, with a refusal where the answer has not begun. */
  failed(error: unknown): void {
    this.#gate.reportBug(this.#read?.ctx.id ?? '', 'proxy', error);
    this.#forwarding?.stop();
    if (this.#read === null || this.#exchange.isAnswered) this.#exchange.abort();
    else this.refuse(BUG);
  }

  #begin(): void {
    const { clock, journal, isDraining } = this.#gate;
    if (isDraining) this.#exchange.closeAfterwards();
    const read = readRequest(this.#exchange, this.#plan.read, this.#gate.makeId, clock.nowMs());
    if (read instanceof Decision) return this.#refuseUnread(read);
    this.#read = read;
    const { ctx } = read;
    ctx.route = this.#plan.fallback;
    if (!journal.canAccept) return this.refuse(JOURNAL_FULL);
    const route = findRoute(this.#plan, this.#exchange, ctx);
    if (route instanceof Decision) return this.refuse(route);
    ctx.route = route;
    const decision = runChecks(route.headChecks, ctx, this.#gate.reportBug);
    if (decision === CONTINUE) return this.#afterHead(route);
    this.#settle(decision, () => this.#afterHead(route));
  }

  #context(): RequestContext {
    return (this.#read as ReadRequest).ctx;
  }

  /** Goes on when the decision is to continue, at once or when it is there. */
  #settle(decision: Decision | Promise<Decision>, next: () => void): void {
    if (!(decision instanceof Promise)) return decision === CONTINUE ? next() : this.refuse(decision);
    decision.then((settled) => this.#resume(() => (settled === CONTINUE ? next() : this.refuse(settled))));
  }

  #afterHead(route: Route): void {
    const { deferredChecks } = route;
    if (deferredChecks.length === 0) return this.#afterDeferred(route);
    const ctx = this.#context();
    const runDeferred = (): void => {
      const decision = runChecks(deferredChecks, ctx, this.#gate.reportBug);
      this.#settle(decision, () => this.#afterDeferred(route));
    };
    const isWanted =
      ctx.hasBody && deferredChecks.some(({ phase, check }) => phase === 'body' && check.wantsBody?.(ctx));
    const { deferredBytes, streamLimitBytes } = route;
    const limitBytes = streamLimitBytes === 0 ? deferredBytes : Math.min(deferredBytes, streamLimitBytes);
    if (isWanted) this.#holdBody(limitBytes, true, runDeferred);
    else runDeferred();
  }

  #afterDeferred(route: Route): void {
    const ctx = this.#context();
    const { bodyChecks, bufferBytes, inspectBytes, streamLimitBytes } = route;
    if (!ctx.hasBody || !wantsBody(bodyChecks, ctx)) return this.#forward();
    const runBody = (): void => {
      const decision = runChecks(bodyChecks, ctx, this.#gate.reportBug);
      this.#settle(decision, () => this.#forward());
    };
    if (wantsWholeBody(bodyChecks, ctx)) return this.#holdBody(bufferBytes, true, runBody);
    const isBounded = streamLimitBytes > 0 && streamLimitBytes <= inspectBytes;
    this.#holdBody(isBounded ? streamLimitBytes : inspectBytes, isBounded, runBody);
  }

  /** Goes on when the body is in `ctx.body` or, where not all of it is needed, its beginning in `ctx.bodyStart`. */
  #holdBody(limitBytes: number, isAllNeeded: boolean, next: () => void): void {
    const ctx = this.#context();
    if (ctx.body !== null) {
      return isAllNeeded && ctx.body.length > limitBytes ? this.refuse(TOO_LARGE) : next();
    }
    const bounds = { limitBytes, tooLarge: isAllNeeded ? TOO_LARGE : null };
    this.#hold = new BodyHold(this.#exchange, bounds, this.#gate.heldRequests, (body, isWhole, failure) => {
      if (this.#isOver) return;
      if (body === null) return this.breakOff(failure);
      if (isWhole) ctx.body = body;
      else ctx.bodyStart = body;
      next();
    });
    this.#hold.start();
  }

  #forward(): void {
    const { cache, clock, plan } = this.#gate;
    const read = this.#read as ReadRequest;
    const ticket = cache.look(this.#exchange, read.ctx, this.#plan, plan, clock.nowMs());
    if (ticket !== null && ticket.stored !== null) return this.#answerFrom(ticket.stored);
    const hold = read.ctx.bodyStart === null ? null : this.#hold;
    const forwarding = new Forwarding(this.#gate, this.#plan, this.#exchange, read, hold, ticket, this);
    this.#forwarding = forwarding;
    forwarding.start();
  }

  /** Answers with what another request got, checked like an answer to this one. */
  #answerFrom(stored: StoredAnswer): void {
    const ctx = this.#context();
    const lines = storedHead(stored, this.#gate.clock.nowMs());
    const send = (): void => {
      this.#decide(CACHED, 'proxy');
      this.#status = CACHED.status;
      this.#exchange.writeHead(CACHED.status, finishHeaders(ctx, lines));
      if (ctx.method !== 'HEAD') this.#exchange.write(stored.body);
      this.#exchange.end();
    };
    this.#settle(checkAnswer(ctx, CACHED.status, lines, true, this.#gate.reportBug), () => {
      if (!wantsBody((ctx.route as Route).responseBodyChecks, ctx)) return send();
      ctx.responseBody = stored.body;
      this.#settle(checkAnswerBody(ctx, this.#gate.reportBug), send);
    });
  }

  onDrain(): void {
    this.#forwarding?.resume();
  }

  breakOff(decision: Decision | null): void {
    if (this.#isOver) return;
    this.#forwarding?.stop();
    if (decision === null) return this.#exchange.abort();
    if (this.#exchange.isAnswered) {
      this.#decide(decision, 'proxy');
      return this.#exchange.abort();
    }
    this.#exchange.closeAfterwards();
    this.refuse(decision);
  }

  #decide(decision: Decision, by: string): void {
    this.#decision = decision;
    this.#decidedBy = by;
  }

  /** Sends a refusal or an answer of the gateway's own. */
  refuse(decision: Decision): void {
    const ctx = this.#context();
    const decider = ctx.decidedAt < 0 ? undefined : ctx.ran[ctx.decidedAt];
    this.#decide(decision, decider?.stage ?? 'proxy');
    if (this.#exchange.expectsContinue && ctx.hasBody) this.#exchange.closeAfterwards();
    if (decision.isDrop) return this.#exchange.abort();
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
    this.#forwarding?.stop();
    this.#hold?.release();
    this.#plan.release();
    const outcome = this.#outcome(completed);
    if (this.#read !== null) {
      const { ctx } = this.#read;
      finishRequest(ctx, this.#gate.reportBug);
      return this.#gate.onFinished(ctx, outcome, formatRecord(ctx, outcome));
    }
    const { connection, method, rawTarget } = this.#exchange;
    const decision = this.#decision as Decision;
    const line = `${method} ${rawTarget}`;
    const record = formatUnreadable(this.#unreadId, this.#gate.clock.nowMs(), connection, decision, line);
    this.#gate.onFinished(null, outcome, record);
  }

  #outcome(completed: boolean): Outcome {
    const decision = this.#decision ?? (completed ? PASSED : ABORTED);
    const attempts = this.#forwarding?.attempts;
    return {
      effect: decision.effect,
      reason: decision.reason,
      detail: decision.detail,
      stage: this.#decidedBy,
      status: this.#status === 0 ? (this.#forwarding?.status ?? 0) : this.#status,
      durationMs: performance.now() - this.#startMs,
      bytesIn: this.#exchange.bytesIn,
      bytesOut: this.#exchange.bytesOut,
      upstream: attempts?.target ?? '',
      upstreamMs: attempts?.durationMs ?? 0,
      attempts: attempts?.count ?? 0,
    };
  }
}
