import type { Bytes } from '../bytes.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { expand } from './expand.ts';
import type { TransactionState } from './transaction-state.ts';
import { variableName } from './variable-name.ts';

/** Of a value this much is kept. */
const VALUE_BYTES = 512;
/** Before what matched at most this much. */
const BEFORE_BYTES = 128;
/** Matches of one transaction beyond this are acted on, but not kept. */
export const MOST_MATCHES = 1_000;
/** As ModSecurity cuts them. */
const LOG_DATA_BYTES = 512;

/** Keeps a match of a rule for the journal. `found`: what matched; '' where the operator does not say. */
export function recordMatch(
  state: TransactionState,
  rule: CompiledRule,
  value: Bytes,
  found: Bytes,
  isLogOnly: boolean,
): void {
  if (state.matches.length >= MOST_MATCHES) return;
  const foundAt = found === '' ? -1 : value.indexOf(found);
  const isCut = value.length > VALUE_BYTES;
  const from = isCut && foundAt > BEFORE_BYTES ? foundAt - BEFORE_BYTES : 0;
  const kept = isCut ? value.slice(from, from + VALUE_BYTES) : value;
  const matchedAt = foundAt < 0 ? 0 : foundAt - from;
  state.matches.push({
    ruleId: rule.id,
    phase: rule.phase,
    at: rule.at,
    variable: variableName(state.matchedName, state.matchedKey),
    value: kept,
    matchedAt,
    matchedLength: foundAt < 0 ? 0 : Math.min(found.length, kept.length - matchedAt),
    message: expand(state, rule.message),
    logData: expand(state, rule.logData).slice(0, LOG_DATA_BYTES),
    severity: rule.severity,
    tags: rule.tags,
    isLogged: rule.isLogged,
    isLogOnly,
    scores: state.scores,
  });
  state.scores = [];
}
