import { RequestContext } from '../core/context.ts';
import type { Decision } from '../core/decision.ts';
import type { Route } from '../core/route.ts';
import { FieldLines } from '../lib/http/field-lines.ts';
import type { ConnectionFacts } from './exchange.ts';
import { finishHeaders } from './heads.ts';
import { type BugReporter, checkAnswer } from './pipeline.ts';

/** An answer of the gateway's own, ready to send. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: FieldLines;
  readonly body: string;
}

/** Completes the problem document of a decision (RFC 9457); '' when the decision has none. */
function bodyOf(decision: Decision, requestId: string): string {
  return decision.problem === '' ? '' : `${decision.problem}${requestId}"}`;
}

/**
 * Makes the answer of a decision, hardened by the response checks of the route.
 *
 * Safety: what those checks decide about an answer of our own is not carried out, so a refusal stays the refusal. One that
 * waits is a defect: those after it would be too late.
 */
export function ownAnswer(ctx: RequestContext, decision: Decision, reportBug: BugReporter): OwnAnswer {
  const { status } = decision;
  const body = bodyOf(decision, ctx.id);
  const headers = FieldLines.fromFlat(decision.headers);
  if (body !== '') headers.add('Content-Type', 'application/problem+json');
  // RFC 9110, 8.6: a 204 has no Content-Length.
  if (status !== 204) headers.add('Content-Length', String(Buffer.byteLength(body)));
  const checked = checkAnswer(ctx, status, headers, false, reportBug);
  if (checked instanceof Promise)
    reportBug(ctx.id, 'proxy', new TypeError('a response check waits with an answer of our own'));
  return { status, headers: finishHeaders(ctx, headers), body };
}

/** Makes the answer to what could not be read: no route is known, so that the plan's fallback hardens it. */
export function unreadAnswer(
  connection: ConnectionFacts,
  decision: Decision,
  requestId: string,
  fallback: Route,
  reportBug: BugReporter,
): OwnAnswer {
  const { listener, secure, tlsVersion, certificate, peer } = connection;
  const nothing = {
    httpVersion: '',
    method: '',
    rawTarget: '',
    path: '',
    query: '',
    host: '',
    authority: '',
  };
  const headers = FieldLines.fromFlat([]);
  const ctx = new RequestContext({
    ...nothing,
    id: requestId,
    startedAtMs: 0,
    listener,
    secure,
    tlsVersion,
    certificate,
    peer,
    client: peer,
    rawHeaders: headers,
    headers,
    hasBody: false,
    contentLength: -1,
  });
  ctx.route = fallback;
  return ownAnswer(ctx, decision, reportBug);
}
