import { hash } from 'node:crypto';
import type { RequestContext } from '../../core/context.ts';
import type { Hit } from '../../core/limits.ts';
import type { Notices } from '../../core/notices.ts';
import { formatIp } from '../../lib/ip/address.ts';
import type { Dimension } from './dimensions.ts';
import type { LimitPolicy } from './limit-policy.ts';

const HOUR_MS = 3_600_000;

/**
 * Tells the operator of a client that exceeded its burst too often in an hour; once an hour for each.
 *
 * Safety: of the client its name is told, never the value of a header field.
 */
export function tellBurstAbuse(
  notices: Notices,
  { principal, client, route }: RequestContext,
  hit: Hit,
  dimension: Dimension,
  { label, limits }: LimitPolicy,
  nowMs: number,
): void {
  const address = formatIp(client);
  notices.raise({
    kind: 'ratelimit.burst-abuse',
    dedupeKey: `${hash('sha256', `${hit.scope}\n${hit.client}`, 'base64url')} ${Math.floor(nowMs / HOUR_MS)}`,
    payload: {
      client: principal === null ? address : principal.counterKey,
      address,
      ...(principal === null ? {} : { user: principal.subject }),
      countedBy: principal === null ? dimension.strangerName : dimension.name,
      limit: label,
      perMinute: limits.perMinute,
      timesInAnHour: (limits.burst?.reviewAbove ?? 0) + 1,
      route: route?.id ?? '',
    },
  });
}
