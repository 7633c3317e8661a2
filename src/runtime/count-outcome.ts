import type { RequestContext } from '../core/context.ts';
import type { ThreadMetrics } from '../lib/metrics/thread-metrics.ts';
import type { Outcome } from '../proxy/record.ts';

/** Counts a request that is over, and what was decided about it; `ctx` is null where it could not be read. */
export function countFinished(metrics: ThreadMetrics, ctx: RequestContext | null, outcome: Outcome): void {
  metrics.countRequest(
    ctx?.route?.apiId ?? '',
    ctx?.method ?? '',
    outcome.status,
    outcome.durationMs,
    outcome.attempts === 0 ? -1 : outcome.upstreamMs,
  );
  if (outcome.effect !== 'continue') {
    metrics.countDecision(outcome.stage, outcome.reason, outcome.effect, 'enforce');
  }
  if (ctx === null) return;
  for (const { at, decision } of ctx.observations ?? []) {
    metrics.countDecision(ctx.ran[at]?.stage ?? '', decision.reason, decision.effect, 'observe');
  }
}

/** Counts a connection that was closed before it carried a request. */
export function countRejected(
  metrics: ThreadMetrics,
  why: 'per-address' | 'total' | 'preamble' | 'tls',
  tlsVersion: string,
): void {
  if (why === 'tls') return metrics.countHandshake(tlsVersion, 'failed');
  const reason = why === 'preamble' ? 'protocol.malformed' : 'gateway.connections';
  metrics.countDecision('listener', reason, 'deny', 'enforce');
}
