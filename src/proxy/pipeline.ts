import { performance } from 'node:perf_hooks';
import type { RequestContext } from '../core/context.ts';
import { CONTINUE, Decision, deny } from '../core/decision.ts';
import type { Route, RouteCheck } from '../core/route.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';

/** Called with what a check, or a step of the proxy itself, threw; the request is refused as `gateway.bug`. */
export type BugReporter = (requestId: string, stage: string, error: unknown) => void;

const BUG = deny('gateway.bug');

/** Whether one of some checks of bodies has to see that of a request or an answer. */
export function wantsBody(checks: readonly RouteCheck[], ctx: RequestContext): boolean {
  for (const { check } of checks) if (check.wantsBody?.(ctx) ?? true) return true;
  return false;
}

/** Whether one of some body checks is of no use with the beginning of a body. */
export function wantsWholeBody(checks: readonly RouteCheck[], ctx: RequestContext): boolean {
  for (const { check } of checks)
    if (check.takesPart !== true && (check.wantsBody?.(ctx) ?? true)) return true;
  return false;
}

function record(ctx: RequestContext, check: RouteCheck, costMs: number): void {
  ctx.ran.push(check);
  // Tenths of a microsecond: what is left of it is noise.
  ctx.costsNs.push(((costMs * 1e4) | 0) * 100);
  if (ctx.observed !== null) {
    ctx.observations ??= [];
    ctx.observations.push({ at: ctx.ran.length - 1, decision: ctx.observed });
    ctx.observed = null;
  }
}

/**
 * Runs checks in order until one does not continue.
 *
 * Safety: whatever is not a Decision (undefined, true, a throw, a rejection) refuses as `gateway.bug`.
 * Cost: no promise and no closure unless a check returns a promise.
 */
export function runChecks(
  checks: readonly RouteCheck[],
  ctx: RequestContext,
  reportBug: BugReporter,
  from = 0,
): Decision | Promise<Decision> {
  let startMs = performance.now();
  for (let i = from; i < checks.length; i++) {
    const check = checks[i] as RouteCheck;
    let decision: Decision | Promise<Decision>;
    try {
      decision = check.check.run(ctx);
    } catch (error) {
      reportBug(ctx.id, check.stage, error);
      decision = BUG;
    }
    if (decision instanceof Promise) return resume(checks, ctx, reportBug, i, decision, startMs);
    const nowMs = performance.now();
    record(ctx, check, nowMs - startMs);
    startMs = nowMs;
    if (decision === CONTINUE) continue;
    if (ctx.decidedAt < 0) ctx.decidedAt = ctx.ran.length - 1;
    if (decision instanceof Decision) return decision;
    reportBug(ctx.id, check.stage, new TypeError('the check returned no Decision'));
    return BUG;
  }
  return CONTINUE;
}

/** Puts an answer under way on the context and runs the response checks of its route, which may edit its header. */
export function checkAnswer(
  ctx: RequestContext,
  status: number,
  headers: FieldLines,
  fromUpstream: boolean,
  reportBug: BugReporter,
): Decision | Promise<Decision> {
  ctx.fromUpstream = fromUpstream;
  ctx.responseStatus = status;
  ctx.responseHeaders = headers;
  return runChecks((ctx.route as Route).responseChecks, ctx, reportBug);
}

/** Runs the checks of the body of an answer, which the context has, before anything of the answer is sent. */
export function checkAnswerBody(ctx: RequestContext, reportBug: BugReporter): Decision | Promise<Decision> {
  return runChecks((ctx.route as Route).responseBodyChecks, ctx, reportBug);
}

/** Lets the stages of a route give back what they took for a request that is over. */
export function finishRequest(ctx: RequestContext, reportBug: BugReporter): void {
  const finishers = ctx.route?.finishers ?? [];
  for (const finisher of finishers) {
    try {
      finisher.finish(ctx);
    } catch (error) {
      reportBug(ctx.id, 'proxy', error);
    }
  }
}

async function resume(
  checks: readonly RouteCheck[],
  ctx: RequestContext,
  reportBug: BugReporter,
  at: number,
  pending: Promise<Decision>,
  startMs: number,
): Promise<Decision> {
  const check = checks[at] as RouteCheck;
  let decision: Decision;
  try {
    decision = await pending;
  } catch (error) {
    reportBug(ctx.id, check.stage, error);
    decision = BUG;
  }
  record(ctx, check, performance.now() - startMs);
  if (decision === CONTINUE) return runChecks(checks, ctx, reportBug, at + 1);
  if (ctx.decidedAt < 0) ctx.decidedAt = ctx.ran.length - 1;
  if (decision instanceof Decision) return decision;
  reportBug(ctx.id, check.stage, new TypeError('the check returned no Decision'));
  return BUG;
}
