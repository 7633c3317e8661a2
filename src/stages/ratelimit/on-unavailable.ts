import type { CountingRule, OnUnavailable } from '../../core/limits.ts';
import type { RouteFacts, Weakness } from '../../core/stage.ts';
import type { AddressLimitConfig, RateLimitConfig } from './ratelimit.schema.ts';

/**
 * Where the requests of a block are counted, and what happens when that fails.
 *
 * Safety: where logins are guarded, nobody gets tries that are not counted unless the configuration says so. `unsaid` is
 * what else holds where it says nothing.
 */
export function countingRule(
  { counting, onUnavailable }: AddressLimitConfig | RateLimitConfig,
  route: Pick<RouteFacts, 'guardsLogins'>,
  unsaid: OnUnavailable = 'local',
): CountingRule {
  return { counting, onUnavailable: onUnavailable ?? (route.guardsLogins ? 'deny' : unsaid) };
}

/** What a block gives away while its store cannot be used. */
export function failureWeaknesses({ onUnavailable }: AddressLimitConfig | RateLimitConfig): Weakness[] {
  if (onUnavailable !== 'allow') return [];
  const message =
    'While Redis cannot be used nothing is limited here: whoever can make it fail has no limit.';
  return [{ pointer: '/onUnavailable', message }];
}
