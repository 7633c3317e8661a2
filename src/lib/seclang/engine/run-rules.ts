import type { Bytes } from '../bytes.ts';
import { LONG_VALUE_BYTES } from '../operator.ts';
import type { RulePhase } from '../syntax/rule.ts';
import { Agenda } from './agenda.ts';
import type { CompiledLink, CompiledRule } from './compiled-rule.ts';
import { expand } from './expand.ts';
import { isUnmatched, performQuiet } from './number-test.ts';
import { open } from './opening.ts';
import { leavesWhole } from './overrides.ts';
import { isTargetRemoved, performActions } from './perform.ts';
import type { PhasePlan } from './phase-plan.ts';
import { recordMatch } from './record.ts';
import { touch } from './touch.ts';
import type { TransactionState } from './transaction-state.ts';

/** Hits after which the clock is looked at. */
const SLICE_HITS = 256;
/** Rules after which the clock is looked at. */
const SLICE_RULES = 64;

/** What became of a rule. */
type Outcome = 'matched' | 'unmatched' | 'stopped' | 'late';

/** Runs the rules of the phase under way, from where they stand: true when they are through, false when the deadline came first. */
export function runRules(state: TransactionState, deadlineMs: number): boolean {
  const plan = state.engine.phases[state.phase] as PhasePlan;
  const { rules } = plan;
  state.agenda ??= new Agenda(plan);
  const { agenda } = state;
  let since = 0;
  for (;;) {
    const isAtStart = state.link === 0 && !state.isTouched;
    if (isAtStart && !agenda.advance(state, deadlineMs)) return false;
    if (state.rule >= rules.length) return true;
    const rule = rules[state.rule] as CompiledRule;
    if (isAtStart && (open(state) || glance(state, rule, rules.length))) continue;
    if (++since > SLICE_RULES) {
      if (performance.now() >= deadlineMs) return false;
      since = 0;
    }
    const outcome = runRule(state, rule, deadlineMs);
    if (outcome === 'late') return false;
    finishRule(state, rule, outcome, rules.length);
  }
}

/** Whether a rule was over at a glance: it is plain without more ado that it does not match, or what its match does was done. */
function glance(state: TransactionState, rule: CompiledRule, end: number): boolean {
  if (isUnmatched(state, rule.first)) {
    state.rule++;
    return true;
  }
  if (!rule.isQuietNumber || !isUnchanged(state, rule)) return false;
  performQuiet(state, rule);
  finishRule(state, rule, 'matched', end);
  return true;
}

/** Whether a rule is as it was written, and rules run. */
function isUnchanged(state: TransactionState, { id }: CompiledRule): boolean {
  const { overrides, removedLinks, removedTargets, mode } = state;
  if (removedLinks !== null || removedTargets !== null || mode === 'off') return false;
  return leavesWhole(overrides, id);
}

/** Where to go on: behind the rule, behind a marker, or at the end of the phase. */
function finishRule(state: TransactionState, rule: CompiledRule, outcome: Outcome, end: number): void {
  state.clearMatched();
  state.link = 0;
  const { skipTo } = state;
  state.skipTo = -1;
  if (outcome === 'stopped' || state.mode === 'off') state.rule = end;
  else if (outcome === 'matched' && skipTo >= 0) state.rule = skipTo;
  else state.rule += 1 + (outcome === 'matched' ? rule.skip : 0);
}

function runRule(state: TransactionState, rule: CompiledRule, deadlineMs: number): Outcome {
  if (state.link === 0 && !state.isTouched) {
    if (state.overrides?.isRemoved(rule.id) === true) return 'unmatched';
    state.scores = state.scores.length === 0 ? state.scores : [];
  }
  while (state.link < rule.links.length) {
    if (state.mode === 'off') return 'unmatched';
    const link = rule.links[state.link] as CompiledLink;
    const outcome = runLink(state, rule, link, deadlineMs);
    if (outcome !== 'matched') return outcome;
    if (link.skipTo >= 0) state.skipTo = link.skipTo;
    state.link++;
  }
  return 'matched';
}

function runLink(
  state: TransactionState,
  rule: CompiledRule,
  link: CompiledLink,
  deadlineMs: number,
): Outcome {
  if (!state.isTouched) {
    if (state.removedLinks?.[link.index] === 1) return 'unmatched';
    if (!touch(state, link, deadlineMs)) return 'late';
    state.isTouched = true;
    state.at = 0;
    state.linkMatched = false;
  }
  const outcome = performHits(state, rule, link, deadlineMs);
  if (outcome === 'late') return 'late';
  state.isTouched = false;
  state.at = 0;
  if (outcome === 'stopped') return 'stopped';
  return state.linkMatched ? 'matched' : 'unmatched';
}

/** Does what the link says for each value that matches, in order. */
function performHits(
  state: TransactionState,
  rule: CompiledRule,
  link: CompiledLink,
  deadlineMs: number,
): Outcome {
  const { hits } = state;
  while (state.at < hits.length) {
    const isStopped = performHit(state, rule, link);
    state.at++;
    if (isStopped) return 'stopped';
    if (state.at % SLICE_HITS === 0 && performance.now() >= deadlineMs) return 'late';
  }
  return 'matched';
}

/** Whether the hit ends the phase. */
function performHit(state: TransactionState, rule: CompiledRule, link: CompiledLink): boolean {
  const place = state.hits.places[state.at] as number;
  const name = state.targets.names[place] as string;
  const key = state.targets.keys[place] as Bytes | null;
  if (isTargetRemoved(state, rule, link, name, key)) return false;
  const found = capture(state, rule, link);
  if (state.hits.areMatches[state.at] === link.isNegated) return false;
  const value = state.hits.outputs[state.at] as Bytes;
  state.linkMatched = true;
  state.addMatched(name, key, value);
  if (link.isLast && rule.severity > 0 && rule.severity < state.highestSeverity) {
    state.highestSeverity = rule.severity;
  }
  if (link.locates) state.country = state.engine.host.countryOf(value);
  if (link.hasActions) performActions(state, rule, link);
  return link.isLast && disrupt(state, rule, value, found);
}

/** Leaves the groups of a match in `TX`; returns what matched, where that is known and somebody will read it. */
function capture(state: TransactionState, rule: CompiledRule, link: CompiledLink): Bytes {
  const isRecorded = link.isLast && (rule.isLogged || rule.isAudited);
  if (state.hits.areMatches[state.at] !== true || !(link.captures || isRecorded)) return '';
  const groups = groupsOf(state);
  if (link.captures && groups.length > 0) state.tx.setCaptures(groups, link.clearsCaptures);
  return groups[0] ?? '';
}

function groupsOf(state: TransactionState): readonly Bytes[] {
  const { hits, at } = state;
  const operator = hits.operators[at] ?? null;
  const value = hits.outputs[at] as Bytes;
  try {
    const long =
      hits.longs[at] ?? (value.length > LONG_VALUE_BYTES ? operator?.begin?.(value) : null) ?? null;
    if (long !== null) {
      for (let isOver = hits.longs[at] != null; !isOver; ) isOver = long.step(value.length) !== null;
      return long.captures();
    }
    const groups: Bytes[] = [];
    operator?.test(value, groups);
    return groups;
  } catch (error) {
    state.giveUp(error);
    return [];
  }
}

/** What a rule does to the transaction when its last link matches; whether that ends the phase. */
function disrupt(state: TransactionState, rule: CompiledRule, value: Bytes, found: Bytes): boolean {
  const isLogOnly = state.isLogOnly(rule);
  if (rule.isLogged || rule.isAudited) recordMatch(state, rule, value, found, isLogOnly);
  const { disruption } = rule;
  if (disruption === 'pass' || state.phase === 5 || isLogOnly) return false;
  const isCarriedOut = state.mode === 'on';
  if (disruption === 'allow') {
    if (isCarriedOut && rule.allows !== 'phase' && rule.allows !== '') state.allowed = rule.allows;
    return isCarriedOut;
  }
  if (state.interruption === null) {
    state.interruption = {
      kind: disruption === 'block' ? 'deny' : disruption,
      ruleId: rule.id,
      phase: state.phase as RulePhase,
      status: rule.status,
      location: expand(state, rule.location),
    };
  }
  state.isIntercepted ||= isCarriedOut;
  return isCarriedOut;
}
