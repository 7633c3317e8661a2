import { type Bytes, lowerAscii } from '../bytes.ts';
import type { Target } from './target-list.ts';
import type { TransactionState } from './transaction-state.ts';
import { variableName } from './variable-name.ts';

/** Hands on a value of a variable. `name` and `key` are what the value is called. */
export type Take = (name: string, key: Bytes | null, value: Bytes) => void;

/** A variable that the engine keeps itself, because rules change it while they run. */
export type OwnVariable = (state: TransactionState, target: Target, take: Take) => void;

const scalar =
  (read: (state: TransactionState) => Bytes | null): OwnVariable =>
  (state, { name }, take) => {
    const value = read(state);
    if (value !== null) take(name, null, value);
  };

const txVariable: OwnVariable = ({ tx }, { slot, selection, ref, slotsMeant }, take) => {
  if (slot >= 0) {
    const value = tx.text(slot);
    if (value !== undefined) take('TX', tx.nameOf(slot), value);
    return;
  }
  if (ref.selector?.kind === 'literal') return;
  const isMeant = (each: number): boolean => {
    if (!tx.isWrittenOut(each)) return selection.takes(tx.nameOf(each));
    slotsMeant[each] ??= selection.takes(tx.nameOf(each));
    return slotsMeant[each];
  };
  for (const each of tx.slots(isMeant)) take('TX', tx.nameOf(each), tx.text(each) as Bytes);
};

const storedVariable: OwnVariable = ({ stored }, { name, selection }, take) => {
  for (const member of stored.members(name)?.values() ?? []) {
    if (selection.takes(member.name)) take(name, member.name, member.value);
  }
};

/** The variables that links of this rule have matched; they keep their own names. */
const matched =
  (of: (name: Bytes, value: Bytes) => Bytes): OwnVariable =>
  (state, { selection }, take) => {
    for (let at = 0; at < state.matchedCount; at++) {
      const name = state.matchedNames[at] as string;
      const key = state.matchedKeys[at] as Bytes | null;
      const full = variableName(name, key);
      if (selection.takes(full)) take(name, key, of(full, state.matchedEntries[at] as Bytes));
    }
  };

/** What the rule says of itself: `RULE:id`. */
const ruleVariable: OwnVariable = (state, { ref }, take) => {
  const name = ref.selector?.kind === 'literal' ? lowerAscii(ref.selector.text) : '';
  const fact = state.currentRule()?.facts.get(name);
  if (fact !== undefined) take('RULE', null, fact);
};

const envVariable: OwnVariable = ({ environment }, { selection }, take) => {
  for (const [name, value] of environment ?? []) if (selection.takes(name)) take('ENV', name, value);
};

const geoVariable: OwnVariable = ({ country }, { selection }, take) => {
  if (country !== '' && selection.takes('COUNTRY_CODE')) take('GEO', 'COUNTRY_CODE', country);
};

const OWN: Readonly<Record<string, OwnVariable>> = {
  TX: txVariable,
  IP: storedVariable,
  GLOBAL: storedVariable,
  SESSION: storedVariable,
  USER: storedVariable,
  RESOURCE: storedVariable,
  ENV: envVariable,
  GEO: geoVariable,
  RULE: ruleVariable,
  MATCHED_VAR: scalar((state) => state.matchedValue),
  MATCHED_VAR_NAME: scalar((state) => variableName(state.matchedName, state.matchedKey)),
  MATCHED_VARS: matched((_, value) => value),
  MATCHED_VARS_NAMES: matched((name) => name),
  HIGHEST_SEVERITY: scalar((state) => String(state.highestSeverity)),
  SESSIONID: scalar((state) => state.sessionId),
  USERID: scalar((state) => state.userId),
  DURATION: scalar((state) => String(state.elapsedUs())),
};

/** null for a variable of the request. */
export const findOwnVariable = (name: string): OwnVariable | null => OWN[name] ?? null;
