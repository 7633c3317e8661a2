import type { RequestContext } from '../../core/context.ts';
import { type Decision, deny } from '../../core/decision.ts';
import type { CounterState, OnUnavailable } from '../../core/limits.ts';

const FIELD = 'X-RateLimit-Degraded';
/** What is told where two limits of one request were decided so: what refused it, else what gave away more. */
const RANK: Readonly<Record<OnUnavailable, number>> = { local: 0, allow: 1, deny: 2 };
/** Long enough for a replica to take over, and the same for all: it tells nothing about the store. */
const RETRY_S = 5;

/** Says on the answer and in the record that a limit was decided without its store, and by which policy. */
export function reportDegraded(ctx: RequestContext, policy: OnUnavailable, problem: string): void {
  const { addedHeaders } = ctx;
  const at = placeOf(addedHeaders);
  const told = addedHeaders[at + 1] as OnUnavailable | undefined;
  if (told !== undefined && RANK[told] >= RANK[policy]) return;
  addedHeaders[at] = FIELD;
  addedHeaders[at + 1] = policy;
  ctx.degraded = `${policy}: ${problem}`;
}

/** The refusal of a request that cannot be counted. */
export function refuseUncounted({ problem }: CounterState): Decision {
  return deny('ratelimit.unavailable', {
    detail: problem,
    headers: ['Retry-After', String(RETRY_S)],
    members: { retry_after: RETRY_S },
  });
}

/** Where the field stands, or else the end. Looks at names only: values may hold anything. */
function placeOf(added: readonly string[]): number {
  for (let i = 0; i < added.length; i += 2) if (added[i] === FIELD) return i;
  return added.length;
}
