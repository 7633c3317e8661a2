import type { RequestContext } from '../core/context.ts';
import type { WafFindings } from '../core/waf.ts';
import type { ThreadMetrics } from '../lib/metrics/thread-metrics.ts';
import type { Outcome } from '../proxy/record.ts';

const NOTHING: readonly string[] = [];

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
  const isBlocked = outcome.reason.startsWith('waf.');
  for (const category of categoriesOf(ctx.waf)) metrics.countRule(category, isBlocked);
  for (const { at, decision } of ctx.observations ?? []) {
    metrics.countDecision(ctx.ran[at]?.stage ?? '', decision.reason, decision.effect, 'observe');
  }
}

/** The categories of what matched, each once. */
function categoriesOf(waf: WafFindings | null): Iterable<string> {
  if (waf === null || waf.matches.length === 0) return NOTHING;
  return new Set(waf.matches.map(({ category }) => category));
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
