import { type Decision, deny } from '../../core/decision.ts';
import type { Interruption } from '../../lib/seclang/transaction.ts';

/** Rules of `rules/base.conf` that judge bodies which cannot be read: ids from here, so many. */
export const BODY_RULES_FROM = 22_000_100;
const BODY_RULES_TO = 22_000_199;

const BLOCKED = deny('waf.blocked');
const MALFORMED = deny('waf.malformed');
const DROPPED = deny('waf.dropped', { isDrop: true });
const WITHHELD = deny('waf.answer');
const OTHER_STATUS = new Map<number, Decision>();

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** What a rule that ended the transaction makes of the request or answer. */
export function verdictOf({ kind, ruleId, phase, status, location }: Interruption): Decision {
  if (kind === 'drop') return DROPPED;
  if (phase >= 3) return WITHHELD;
  if (kind === 'redirect' && isFieldText(location)) {
    return deny('waf.blocked', {
      status: isRedirect(status) ? status : 302,
      headers: ['Location', location],
    });
  }
  if (ruleId >= BODY_RULES_FROM && ruleId <= BODY_RULES_TO) return MALFORMED;
  return status === BLOCKED.status || status < 400 || status > 599 ? BLOCKED : blockedWith(status);
}

/** Decisions with a status that a rule asks for are made once. */
function blockedWith(status: number): Decision {
  const known = OTHER_STATUS.get(status) ?? deny('waf.blocked', { status });
  OTHER_STATUS.set(status, known);
  return known;
}

/** Where a macro of a rule brought in what cannot stand in a field, the request is blocked as without it. */
function isFieldText(text: string): boolean {
  return text !== '' && /^[\x21-\x7e]+$/.test(text);
}

const OVER_BUDGET = 'the rules took longer than `waf.budgetMs`';
const OVER_BOUND = 'a rule reached its bound on the work for one value';

/** What of a request could not be looked at whole, and why. */
export const UNINSPECTED = {
  body: deny('waf.uninspected', { detail: 'the body is longer than `waf.bodyLimitBytes`' }),
  data: deny('waf.uninspected', { detail: 'the body is longer than `waf.dataLimitBytes`' }),
  memory: deny('waf.uninspected', { status: 503, detail: 'no memory is left for bodies that are looked at' }),
  coding: deny('waf.uninspected', {
    status: 415,
    detail: 'the Content-Encoding of the body cannot be undone',
  }),
  inflated: deny('waf.uninspected', { detail: 'the body is longer than its bound once it is inflated' }),
  budget: deny('waf.uninspected', { status: 400, detail: 'the rules took longer than `waf.budgetMs`' }),
  bound: deny('waf.uninspected', {
    status: 400,
    detail: 'a rule reached its bound on the work for one value',
  }),
} as const;

export type Uninspected = keyof typeof UNINSPECTED;

/** Why rules did not get through an answer. */
export const UNINSPECTED_ANSWER = {
  budget: deny('waf.answer', { detail: OVER_BUDGET }),
  bound: deny('waf.answer', { detail: OVER_BOUND }),
} as const;

export type GivenUp = keyof typeof UNINSPECTED_ANSWER;
