import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import { type CounterState, type Hit, newCounterState, windowsOnly } from '../../core/limits.ts';
import type { LoginAttempt, LoginBlock, LoginOutcome } from '../../core/logins.ts';
import type { Notice } from '../../core/notices.ts';
import type { Ports } from '../../core/ports.ts';
import type { Check, Finisher } from '../../core/stage.ts';
import { formatIp, prefixOf, widthOf } from '../../lib/ip/address.ts';

const ORIGIN = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/?#]*/;

/**
 * Redirects that can follow a login that was right.
 *
 * Safety: with the others (another spelling of the path, `https`, a request to be sent again) nobody looked at the
 * password, so they make no user name known to an address.
 */
const AFTER_LOGIN: ReadonlySet<number> = new Set([302, 303]);

/** How the answers to logins are judged and what becomes of them. */
export interface AnswerRules {
  readonly realm: string;
  readonly failureStatuses: ReadonlySet<number>;
  readonly failureRedirects: readonly string[];
  /** 0: not looked at. */
  readonly accountFailuresPerHour: number;
  /** Takes the place of every failure; null passes what the upstream says. */
  readonly genericFailure: Decision | null;
  /** 0: answers leave when they are there. */
  readonly minimumMs: number;
}

/** Counts how logins end: by the answer of the upstream, or because the client gave up. */
export class LoginAnswerCheck implements Check, Finisher {
  readonly #rules: AnswerRules;
  readonly #ports: Ports;
  readonly #hit: Hit;
  readonly #hits: readonly Hit[];
  readonly #state: CounterState = newCounterState();

  constructor(rules: AnswerRules, ports: Ports) {
    this.#rules = rules;
    this.#ports = ports;
    const limits = windowsOnly({ perMinute: 0, perHour: rules.accountFailuresPerHour, perDay: 0 });
    this.#hit = { scope: `login/${rules.realm}`, client: '', limits, cost: 1 };
    this.#hits = [this.#hit];
  }

  /** Safety: what the gateway itself answered says nothing about a password, so it counts as nothing. */
  run(ctx: RequestContext): Decision | Promise<Decision> {
    const attempt = ctx.login;
    if (attempt === null) return CONTINUE;
    ctx.login = null;
    const outcome = ctx.fromUpstream ? this.#outcomeOf(ctx) : 'open';
    this.#end(attempt, outcome);
    if (!ctx.fromUpstream) return CONTINUE;
    const { genericFailure, minimumMs } = this.#rules;
    const isReplaced = outcome === 'failed' && genericFailure !== null;
    // When to come back would tell an account that is locked from one that is not there.
    if (isReplaced) ctx.responseHeaders?.remove('retry-after');
    const decision = isReplaced ? genericFailure : CONTINUE;
    return minimumMs === 0 ? decision : this.#later(attempt, minimumMs, decision);
  }

  /**
   * The client went away before there was an answer.
   *
   * Safety: the upstream may have judged the login, so it counts as failed: giving up would be a way to try more often.
   */
  finish(ctx: RequestContext): void {
    const attempt = ctx.login;
    if (attempt === null) return;
    ctx.login = null;
    this.#end(attempt, 'failed');
  }

  #outcomeOf({ responseStatus, responseHeaders }: RequestContext): LoginOutcome {
    if (this.#rules.failureStatuses.has(responseStatus)) return 'failed';
    if (responseStatus >= 400 || responseStatus < 200) return 'open';
    if (responseStatus < 300) return 'succeeded';
    const target = responseHeaders?.get('location')?.replace(ORIGIN, '') ?? '';
    if (this.#rules.failureRedirects.some((start) => target.startsWith(start))) return 'failed';
    return AFTER_LOGIN.has(responseStatus) ? 'succeeded' : 'open';
  }

  #end(attempt: LoginAttempt, outcome: LoginOutcome): void {
    const { clock, logins, notices } = this.#ports;
    const nowMs = clock.nowMs();
    const isUnderAttack = outcome === 'failed' && this.#countAccount(attempt.userTag, nowMs);
    const block = logins.end(attempt, outcome, nowMs, isUnderAttack);
    if (block !== null) notices.raise(noticeOf(attempt, block, nowMs));
  }

  /** Counts a failure with a user name; whether there are too many now. */
  #countAccount(userTag: string, nowMs: number): boolean {
    if (userTag === '' || this.#rules.accountFailuresPerHour === 0) return false;
    this.#hit.client = userTag;
    this.#ports.counters.take(this.#hits, nowMs, this.#state);
    return !this.#state.admitted;
  }

  async #later(attempt: LoginAttempt, minimumMs: number, decision: Decision): Promise<Decision> {
    const { clock, timers } = this.#ports;
    const elapsedMs = Math.max(0, clock.nowMs() - attempt.beganAtMs);
    await timers.after(minimumMs - (elapsedMs % minimumMs));
    return decision;
  }
}

/** Tells the operator of a block; user names stay untold. */
function noticeOf(
  { realm, address, bits }: LoginAttempt,
  { cause, untilMs }: LoginBlock,
  nowMs: number,
): Notice {
  const network = bits === widthOf(address.family) ? formatIp(address) : prefixOf(address, bits);
  return {
    kind: cause === 'user-names' ? 'login.stuffing' : 'login.blocked',
    dedupeKey: `${realm} ${network} ${nowMs}`,
    payload: { address: network, realm, blockedUntil: new Date(untilMs).toISOString() },
  };
}
