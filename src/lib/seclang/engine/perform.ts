import type { Bytes } from '../bytes.ts';
import type { Overrides } from '../transaction.ts';
import type { CompiledLink, CompiledMember, CompiledRule, CompiledSetVar } from './compiled-rule.ts';
import type { CompiledControl } from './controls.ts';
import { expand } from './expand.ts';
import { toDigits, toInteger } from './integer.ts';
import type { TransactionState } from './transaction-state.ts';
import { escapeName } from './variable-name.ts';

/** Does what a link says beside ending the transaction, once for each value that matches. */
export function performActions(state: TransactionState, rule: CompiledRule, link: CompiledLink): void {
  for (const opening of link.openings) open(state, opening);
  for (const { collection, key, amount, seconds } of link.deprecations) {
    state.stored.deprecate(collection, memberName(state, key), amount, seconds);
  }
  for (const setVar of link.setVars) applySetVar(state, rule, setVar);
  for (const { collection, key, seconds } of link.expiries) {
    state.stored.expire(collection, memberName(state, key), toInteger(expand(state, seconds)));
  }
  for (const control of link.controls) applyControl(state, control);
}

const memberName = (state: TransactionState, key: CompiledMember['key']): Bytes =>
  key.constant ?? escapeName(expand(state, key));

/** Collections that belong to one application lie beside those of others. */
const OF_APPLICATION = new Set(['SESSION', 'USER', 'RESOURCE']);

function open(state: TransactionState, { collection, key }: CompiledMember): void {
  const name = expand(state, key);
  if (collection === 'SESSION') state.sessionId = name;
  if (collection === 'USER') state.userId = name;
  const { webAppId } = state.engine.settings;
  state.stored.open(
    collection,
    OF_APPLICATION.has(collection) ? `${webAppId}_${collection}` : collection,
    name,
  );
}

/** Safety: a rule that only notes its matches adds to no counter, so that it cannot take part in blocking. */
function applySetVar(state: TransactionState, rule: CompiledRule, setVar: CompiledSetVar): void {
  const { change, collection } = setVar;
  const isCounting = change === 'add' || change === 'subtract';
  if (isCounting && state.overrides !== null && state.isLogOnly(rule)) return;
  if (collection === 'TX') {
    setTx(state, setVar, isCounting);
    return;
  }
  const name = memberName(state, setVar.key);
  if (collection === 'ENV') setEnvironment(state, setVar, name);
  else if (change === 'unset') state.stored.unset(collection, name);
  else if (isCounting) state.stored.add(collection, name, amountOf(state, setVar));
  else state.stored.set(collection, name, expand(state, setVar.value));
}

function setEnvironment(state: TransactionState, { change, value }: CompiledSetVar, name: Bytes): void {
  state.environment ??= new Map();
  if (change === 'unset') state.environment.delete(name);
  else state.environment.set(name, expand(state, value));
}

function setTx(state: TransactionState, setVar: CompiledSetVar, isCounting: boolean): void {
  const { tx } = state;
  const slot = setVar.slot >= 0 ? setVar.slot : tx.slotOf(memberName(state, setVar.key));
  if (setVar.change === 'unset') tx.unset(slot);
  else if (!isCounting) tx.set(slot, expand(state, setVar.value));
  else {
    const value = Math.max(0, tx.number(slot) + amountOf(state, setVar));
    tx.set(slot, value);
    state.scores.push({ name: tx.nameOf(slot), value });
  }
}

/** What a counter changes by: the digits behind the sign. */
function amountOf(state: TransactionState, setVar: CompiledSetVar): number {
  const { value, change } = setVar;
  let amount = setVar.amount;
  if (Number.isNaN(amount)) {
    amount = value.slot >= 0 ? Math.max(0, state.tx.number(value.slot)) : toDigits(expand(state, value), 0);
  }
  return change === 'subtract' ? -amount : amount;
}

function applyControl(state: TransactionState, control: CompiledControl): void {
  switch (control.kind) {
    case 'engine':
      state.mode = control.mode;
      state.removals++;
      return;
    case 'requestBody':
      state.wantsRequestBody = control.isOn;
      return;
    case 'responseBody':
      state.wantsResponseBody = control.isOn;
      return;
    case 'bodyVariable':
      state.view.forcesBodyVariable = control.isOn;
      return;
    case 'processor':
      state.view.bodyProcessor = control.name;
      return;
    case 'removeRules':
      state.removals++;
      state.removedLinks ??= new Uint8Array(state.engine.links);
      for (const link of control.links.indices) state.removedLinks[link] = 1;
      return;
    case 'removeTarget':
      state.removals++;
      removeTarget(state, control);
  }
}

function removeTarget(
  state: TransactionState,
  { links, target }: CompiledControl & { readonly kind: 'removeTarget' },
): void {
  state.removedTargets ??= new Map();
  for (const link of links.indices) {
    const removed = state.removedTargets.get(link);
    if (removed === undefined) state.removedTargets.set(link, [target]);
    else removed.push(target);
  }
}

/** Whether a value is one that a `ctl` or an override has taken out of a rule. */
export function isTargetRemoved(
  state: TransactionState,
  rule: CompiledRule,
  link: CompiledLink,
  name: string,
  key: Bytes | null,
): boolean {
  const removed = state.removedTargets?.get(link.index);
  if (removed?.some((target) => target.takes(name, key)) === true) return true;
  return state.overrides !== null && isOverridden(state.overrides, rule.id, name, key, state);
}

function isOverridden(
  overrides: Overrides,
  ruleId: number,
  name: string,
  key: Bytes | null,
  state: TransactionState,
): boolean {
  const refs = overrides.removedTargets(ruleId);
  return refs?.some((ref) => state.engine.removedTarget(ref).takes(name, key)) ?? false;
}
