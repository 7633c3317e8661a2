import { categoryOf } from '../../core/rule-categories.ts';
import type { WafMatch } from '../../core/waf.ts';
import type { RuleMatch } from '../../lib/seclang/transaction.ts';
import { isCredentialName, maskSecrets } from '../../lib/text/mask-secrets.ts';
import { isScore } from './scores.ts';

/** Names that carry credentials on a route, and whether values are shown at all. */
export interface Masking {
  readonly showsValues: boolean;
  /** Lower-case. */
  readonly credentialHeaders: readonly string[];
  /** '' for none. */
  readonly parameter: string;
  readonly cookie: string;
}

const MAX_MATCHES = 40;
const MAX_VALUE = 100;
const MAX_TEXT = 200;
const MAX_VARIABLE = 128;

/** Variables whose values are a whole line or body, so that a name says nothing about them. */
const CREDENTIAL_HEADERS = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
]);

/** The matches that a log would show, fit to be written down, and how many more there are. */
export function shownMatches(
  matches: readonly RuleMatch[],
  masking: Masking,
): { readonly matches: readonly WafMatch[]; readonly more: number } {
  const logged = matches.filter(({ isLogged }) => isLogged);
  return {
    matches: logged.slice(0, MAX_MATCHES).map((match) => shownMatch(match, masking)),
    more: Math.max(0, logged.length - MAX_MATCHES),
  };
}

function shownMatch(match: RuleMatch, masking: Masking): WafMatch {
  const { value, at, length } = shownValue(match, masking);
  return {
    ruleId: match.ruleId,
    phase: match.phase,
    file: match.at.file,
    line: match.at.line,
    variable: match.variable.slice(0, MAX_VARIABLE),
    value,
    matchedAt: at,
    matchedLength: length,
    message: shownMessage(match, value),
    severity: match.severity,
    category: categoryOf(match.tags),
    isLogOnly: match.isLogOnly,
    scores: match.scores.filter(({ name }) => isScore(name)),
  };
}

/** Whether a variable is called like something that holds a credential, or is known to on this route. */
function isSecret(variable: string, { credentialHeaders, parameter, cookie }: Masking): boolean {
  const colon = variable.indexOf(':');
  if (colon < 0) return false;
  const collection = variable.slice(0, colon);
  const name = variable.slice(colon + 1);
  const lower = name.toLowerCase();
  // Names are no values, unless somebody sends a token as one: that is masked below.
  if (collection.endsWith('_NAMES')) return false;
  if (collection.endsWith('HEADERS'))
    return CREDENTIAL_HEADERS.has(lower) || credentialHeaders.includes(lower) || isCredentialName(name);
  if (collection === 'REQUEST_COOKIES' && name === cookie) return true;
  if (collection.startsWith('ARGS') && name === parameter) return true;
  return isCredentialName(name);
}

interface ShownValue {
  readonly value: string;
  readonly at: number;
  readonly length: number;
}

const NOT_SHOWN: ShownValue = { value: '', at: 0, length: 0 };

function shownValue(match: RuleMatch, masking: Masking): ShownValue {
  if (!masking.showsValues || isSecret(match.variable, masking)) return NOT_SHOWN;
  const { value, matchedAt, matchedLength } = match;
  const masked = maskSecrets(match.variable.startsWith('REQUEST_COOKIES:') ? onlyMatched(match) : value);
  const from = Math.max(0, Math.min(matchedAt - 20, masked.length - MAX_VALUE));
  const shown = masked.slice(from, from + MAX_VALUE);
  const at = matchedAt - from;
  return { value: shown, at, length: Math.max(0, Math.min(matchedLength, shown.length - at)) };
}

/** Any cookie may be a session: of its value only what matched is shown. */
function onlyMatched({ value, matchedAt, matchedLength }: RuleMatch): string {
  const end = matchedAt + matchedLength;
  return '*'.repeat(matchedAt) + value.slice(matchedAt, end) + '*'.repeat(Math.max(0, value.length - end));
}

/** A message into which a macro brought the value is as secret as the value. */
function shownMessage({ message, value }: RuleMatch, shown: string): string {
  const hides = value.length >= 4 && shown !== value && message.includes(value.slice(0, 64));
  return hides ? '' : maskSecrets(message).slice(0, MAX_TEXT);
}
