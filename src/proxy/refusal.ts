import type { RequestContext } from '../core/context.ts';
import type { Decision } from '../core/decision.ts';
import type { Route } from '../core/route.ts';
import { FieldLines } from '../lib/http/field-lines.ts';
import { finalHeaders } from './heads.ts';
import { type BugReporter, runChecks } from './pipeline.ts';

/** An answer of the gateway's own, ready to send. */
export interface OwnAnswer {
  readonly status: number;
  /** Flat names and values. */
  readonly headers: string[];
  readonly body: string;
}

/** Completes the problem document of a decision (RFC 9457); '' when the decision has none. */
function bodyOf(decision: Decision, requestId: string): string {
  return decision.problem === '' ? '' : `${decision.problem}${requestId}"}`;
}

/**
 * Makes the answer of a decision, hardened by the response checks of the route.
 *
 * Safety: what those checks decide about an answer of our own is not carried out, so a refusal stays the refusal.
 */
export function ownAnswer(ctx: RequestContext, decision: Decision, reportBug: BugReporter): OwnAnswer {
  const { status } = decision;
  const body = bodyOf(decision, ctx.id);
  const headers = FieldLines.fromFlat(decision.headers);
  if (body !== '') headers.add('Content-Type', 'application/problem+json');
  // RFC 9110, 8.6: a 204 has no Content-Length.
  if (status !== 204) headers.add('Content-Length', String(Buffer.byteLength(body)));
  ctx.fromUpstream = false;
  ctx.responseStatus = status;
  ctx.responseHeaders = headers;
  runChecks((ctx.route as Route).responseChecks, ctx, reportBug);
  return { status, headers: finalHeaders(ctx, headers), body };
}

/** Makes the answer to a request that could not be read, so that no route is known. */
export function unreadAnswer(decision: Decision, requestId: string): OwnAnswer {
  const body = bodyOf(decision, requestId);
  const headers = [
    ['Content-Type', 'application/problem+json'],
    ['Content-Length', String(Buffer.byteLength(body))],
    ['Cache-Control', 'no-store'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Request-Id', requestId],
  ].flat();
  return { status: decision.status, headers, body };
}
