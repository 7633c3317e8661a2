import { Decision, deny } from '../../core/decision.ts';
import type { CounterState, LimitName } from '../../core/limits.ts';
import { instantText } from './instant-text.ts';
import { type LimitPolicy, limitName } from './limit-policy.ts';

/** What a limit counts in, for the journal. */
const REACH: Readonly<Record<LimitName, string>> = {
  minute: 'in any minute',
  hour: 'in any hour',
  day: 'in any day',
  burst: 'in one burst',
  concurrent: 'at once',
};

const FIRST_FIELD = 'X-RateLimit-Limit';

type LimitReason = 'ratelimit.exceeded' | 'ratelimit.business';

/** The problem documents of the reasons up to their messages, which differ from refusal to refusal. */
const PROBLEM_STARTS: Readonly<Record<LimitReason, string>> = {
  'ratelimit.exceeded': problemStart('ratelimit.exceeded'),
  'ratelimit.business': problemStart('ratelimit.business'),
};

function problemStart(reason: LimitReason): string {
  const { problem } = deny(reason);
  return problem.slice(0, problem.indexOf(',"message":'));
}

/** All limits of a request that was counted, and when. */
interface Counted {
  readonly policies: readonly LimitPolicy[];
  /** How many of them. */
  readonly count: number;
  readonly nowMs: number;
}

/**
 * Puts what the counters say on the answer.
 *
 * Shape: `added` is `ctx.addedHeaders`. Where an earlier stage has reported, the policies of both stay, and of the rest
 * what is tighter, so that each field is there once.
 */
export function reportLimit(
  added: string[],
  state: CounterState,
  policy: LimitPolicy,
  counted: Counted,
): void {
  const at = placeOf(added);
  const policies = policiesOf(counted, at < added.length ? (added[at + 7] as string) : '');
  if (at < added.length && state.admitted && Number(added[at + 3]) < state.remaining) {
    added[at + 7] = policies;
    return;
  }
  const resetS = Math.ceil(state.resetMs / 1000);
  // Of a refused request that costs more than one something may be left, but not for it.
  const remaining = state.admitted ? String(state.remaining) : '0';
  added[at] = FIRST_FIELD;
  added[at + 1] = String(state.limit);
  added[at + 2] = 'X-RateLimit-Remaining';
  added[at + 3] = remaining;
  added[at + 4] = 'X-RateLimit-Reset';
  added[at + 5] = String(resetS);
  added[at + 6] = 'RateLimit-Policy';
  added[at + 7] = policies;
  added[at + 8] = 'RateLimit';
  // draft-ietf-httpapi-ratelimit-headers-11, 4.1: quota `r` that is left, seconds `t` in which there will be no more.
  added[at + 9] =
    `${limitName(policy.prefix, state.window)};r=${remaining};t=${secondsUntil(state.resetMs, counted.nowMs)}`;
}

/** Every policy in force, those of earlier stages first. */
function policiesOf({ policies, count }: Counted, earlier: string): string {
  let list = earlier;
  for (let i = 0; i < count; i++) {
    const { field } = policies[i] as LimitPolicy;
    list = list === '' ? field : `${list}, ${field}`;
  }
  return list;
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
  reason: LimitReason = 'ratelimit.exceeded',
): Decision {
  const retryS = Math.max(1, secondsUntil(state.resetMs, nowMs));
  const reset = instantText(Math.ceil(state.resetMs / 1000));
  const problem =
    `${PROBLEM_STARTS[reason]},"message":"You have exceeded your rate limit. Please retry after ${retryS} seconds."` +
    `,"retry_after":${retryS},"current_limit":${state.limit},"remaining":0,"reset_at":"${reset.rfc3339}"` +
    `,"tier":${policy.tierJson},"upgrade_url":${upgradeJson},"request_id":"`;
  const headers = ['Retry-After', String(retryS), 'Retry-After-Date', reset.imf];
  const detail = `${policy.label}: ${state.limit} ${REACH[state.window]}${note}`;
  return new Decision('deny', reason, 429, headers, problem, detail);
}

/** Whole seconds after which a moment has come, 0 when it has. */
function secondsUntil(momentMs: number, nowMs: number): number {
  return momentMs > nowMs ? Math.ceil((momentMs - nowMs) / 1000) : 0;
}
