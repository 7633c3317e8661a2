import { Decision, deny } from '../../core/decision.ts';
import type { LoginBlock, LoginCause } from '../../core/logins.ts';
import type { ReasonCode } from '../../core/reasons.ts';

const REASONS_OF: Readonly<Record<LoginCause, readonly [ReasonCode, string]>> = {
  failures: ['login.blocked', 'too many failed logins of the address'],
  'user-names': ['login.stuffing', 'failed logins of the address with too many user names'],
  account: ['login.account', 'a failed login of the address with a user name that many addresses try'],
  concurrent: ['login.concurrent', 'as many logins of the address are under way as may fail'],
  full: ['login.unavailable', 'no room to count another address: `counters.logins` of them are blocked'],
};

/**
 * What the client is told: up to the moment, the same whatever the cause.
 *
 * Safety: whoever tries user names does not learn which kind of attempt was noticed.
 */
const PROBLEM_START = startOf('login.blocked');
const UNAVAILABLE_START = startOf('login.unavailable');

function startOf(code: ReasonCode): string {
  const { problem } = deny(code);
  return problem.slice(0, problem.lastIndexOf(',"request_id":"'));
}

export const UNREADABLE = deny('login.unreadable', {
  detail: 'no user name that can be read in one way only',
});
export const NO_BODY = deny('login.unreadable', { detail: 'a login without a body' });
export const TOO_LONG = deny('validation.body-size', { detail: 'longer than `login.maxBodyBytes`' });

/** What every failed login is answered with. `realm` is text that needs no escape in a quoted string. */
export function genericFailure(realm: string): Decision {
  // RFC 9110, 15.5.2: a 401 has a challenge.
  return deny('login.failed', { headers: ['WWW-Authenticate', `Login realm="${realm}"`] });
}

/**
 * Refuses a login that is not let through.
 *
 * Source: RFC 6585, section 4: 429 for too many requests in a given amount of time, with Retry-After.
 */
export function refuseLogin({ cause, untilMs }: LoginBlock, nowMs: number): Decision {
  const [reason, detail] = REASONS_OF[cause];
  const retryS = Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
  const start = cause === 'full' ? UNAVAILABLE_START : PROBLEM_START;
  const problem = `${start},"retry_after":${retryS},"request_id":"`;
  const status = cause === 'full' ? 503 : 429;
  return new Decision('deny', reason, status, ['Retry-After', String(retryS)], problem, detail);
}
