import type { RequestContext } from '../../core/context.ts';
import type { LimitScale } from '../../core/limits.ts';
import { clientTextOf } from '../../lib/ip/address.ts';

/** Below this a share says nothing but the least that there is. */
const LEAST = 0.01;

/** The share of its limits that a client has now; what is no share counts as the whole. */
export function shareOf(
  scales: readonly LimitScale[],
  { principal, client }: RequestContext,
  mayBeKnown: boolean,
): number {
  if (scales.length === 0) return 1;
  const address = clientTextOf(client);
  const name = principal === null ? '' : principal.counterKey;
  let share = 1;
  for (let i = 0; i < scales.length; i++) {
    const one = (scales[i] as LimitScale).shareOf(name, address, mayBeKnown);
    if (one < 1) share *= one;
  }
  return share < 1 ? Math.max(LEAST, share) : 1;
}

/** What the journal is told of limits that are smaller than configured. */
export function causesOf(
  scales: readonly LimitScale[],
  { principal, client }: RequestContext,
  share: number,
  mayBeKnown: boolean,
): string {
  const address = clientTextOf(client);
  const name = principal === null ? '' : principal.counterKey;
  const causes = scales
    .filter((scale) => scale.shareOf(name, address, mayBeKnown) < 1)
    .map((scale) => scale.why?.(name, address) || scale.cause);
  return `; limits are at ${Math.round(share * 100)} %: ${causes.join(', ') || 'no longer'}`;
}
