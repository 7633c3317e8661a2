import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { LoginAttempt } from '../../core/logins.ts';
import type { Ports } from '../../core/ports.ts';
import type { Check } from '../../core/stage.ts';
import { NO_BODY, refuseLogin, TOO_LONG, UNREADABLE } from './login-refusals.ts';
import type { LoginRules } from './login-rules.ts';
import { readUserName, type UserNamePlace } from './user-name.ts';

/** Refuses blocked addresses, and lets logins through whose user name is not read. */
export class LoginCheck implements Check {
  readonly #rules: LoginRules;
  readonly #ports: Ports;

  constructor(rules: LoginRules, ports: Ports) {
    this.#rules = rules;
    this.#ports = ports;
  }

  /** Safety: where a user name is read, the login is let through by the body check, with the address looked at again. */
  run(ctx: RequestContext): Decision {
    const rules = this.#rules;
    const nowMs = this.#ports.clock.nowMs();
    const attempt = rules.attemptOf(ctx, '', nowMs);
    if (rules.isLogin(ctx.method) && rules.userName === null) return admit(ctx, attempt, this.#ports, nowMs);
    const block = this.#ports.logins.find(attempt, nowMs);
    if (block !== null) return refuse(ctx, attempt, refuseLogin(block, nowMs));
    if (!rules.isLogin(ctx.method)) return CONTINUE;
    if (!ctx.hasBody) return refuse(ctx, attempt, NO_BODY);
    return ctx.contentLength > rules.maxBodyBytes ? refuse(ctx, attempt, TOO_LONG) : CONTINUE;
  }
}

/** Reads the user name of a login and lets it through, unless it has too many failures. */
export class UserNameCheck implements Check {
  readonly #rules: LoginRules;
  readonly #place: UserNamePlace;
  readonly #ports: Ports;

  constructor(rules: LoginRules, place: UserNamePlace, ports: Ports) {
    this.#rules = rules;
    this.#place = place;
    this.#ports = ports;
  }

  /** One that says it is too long was refused by its head, and in observe mode it may pass. */
  wantsBody(ctx: RequestContext): boolean {
    return this.#rules.isLogin(ctx.method) && ctx.contentLength <= this.#rules.maxBodyBytes;
  }

  run(ctx: RequestContext): Decision {
    const rules = this.#rules;
    const { clock, logins } = this.#ports;
    if (!this.wantsBody(ctx)) return CONTINUE;
    const nowMs = clock.nowMs();
    const isTooLong = ctx.body !== null && ctx.body.length > rules.maxBodyBytes;
    const userName = isTooLong ? null : readUserName(ctx, this.#place);
    const tag = userName === null ? '' : logins.tagOf(rules.realm, userName);
    const attempt = rules.attemptOf(ctx, tag, nowMs);
    if (userName === null) return refuse(ctx, attempt, isTooLong ? TOO_LONG : UNREADABLE);
    return admit(ctx, attempt, this.#ports, nowMs);
  }
}

function admit(ctx: RequestContext, attempt: LoginAttempt, ports: Ports, nowMs: number): Decision {
  const block = ports.logins.begin(attempt, nowMs);
  ctx.login = attempt;
  return block === null ? CONTINUE : refuseLogin(block, nowMs);
}

/** Safety: in observe mode the request goes on, and how it ends is counted. */
function refuse(ctx: RequestContext, attempt: LoginAttempt, decision: Decision): Decision {
  ctx.login = attempt;
  return decision;
}
