import { Decision, deny } from '../../core/decision.ts';
import type { CounterState } from '../../core/limits.ts';
import { instantText } from './instant-text.ts';
import type { LimitPolicy } from './limit-policy.ts';

const FIRST_FIELD = 'X-RateLimit-Limit';

/** The problem document of the reason up to its message, which differs from refusal to refusal. */
const PROBLEM = deny('ratelimit.exceeded').problem;
const PROBLEM_START = PROBLEM.slice(0, PROBLEM.indexOf(',"message":'));

/**
 * Puts what the counters say on the answer.
 *
 * Shape: `added` is `ctx.addedHeaders`; a later report replaces an earlier one, so that each field is there once.
 */
export function reportLimit(added: string[], state: CounterState, policy: LimitPolicy, nowMs: number): void {
  const resetS = Math.ceil(state.resetMs / 1000);
  const remaining = String(state.remaining);
  const at = placeOf(added);
  added[at] = FIRST_FIELD;
  added[at + 1] = String(state.limit);
  added[at + 2] = 'X-RateLimit-Remaining';
  added[at + 3] = remaining;
  added[at + 4] = 'X-RateLimit-Reset';
  added[at + 5] = String(resetS);
  added[at + 6] = 'RateLimit-Policy';
  added[at + 7] = policy.field;
  added[at + 8] = 'RateLimit';
  // draft-ietf-httpapi-ratelimit-headers-11, 4.1: quota `r` that is left, seconds `t` in which there will be no more.
  added[at + 9] = `"${state.window}";r=${remaining};t=${secondsUntil(state.resetMs, nowMs)}`;
}

/** Where an earlier report starts, or else the end. Looks at names only: values may hold anything. */
function placeOf(added: readonly string[]): number {
  for (let i = 0; i < added.length; i += 2) if (added[i] === FIRST_FIELD) return i;
  return added.length;
}

/**
 * Builds the refusal of a request that found no room; what `reportLimit` says belongs to it.
 *
 * Cost: one Decision and its texts; no object is serialised.
 */
export function refuseLimit(
  state: CounterState,
  policy: LimitPolicy,
  upgradeJson: string,
  nowMs: number,
  note: string,
): Decision {
  const retryS = Math.max(1, secondsUntil(state.resetMs, nowMs));
  const reset = instantText(Math.ceil(state.resetMs / 1000));
  const problem =
    `${PROBLEM_START},"message":"You have exceeded your rate limit. Please retry after ${retryS} seconds."` +
    `,"retry_after":${retryS},"current_limit":${state.limit},"remaining":0,"reset_at":"${reset.rfc3339}"` +
    `,"tier":${policy.tierJson},"upgrade_url":${upgradeJson},"request_id":"`;
  const headers = ['Retry-After', String(retryS), 'Retry-After-Date', reset.imf];
  const detail = `${policy.label}: ${state.limit} in any ${state.window}${note}`;
  return new Decision('deny', 'ratelimit.exceeded', 429, headers, problem, detail);
}

/** Whole seconds after which a moment has come, 0 when it has. */
function secondsUntil(momentMs: number, nowMs: number): number {
  return momentMs > nowMs ? Math.ceil((momentMs - nowMs) / 1000) : 0;
}
