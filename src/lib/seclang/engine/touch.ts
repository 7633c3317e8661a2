import type { Bytes } from '../bytes.ts';
import { LONG_VALUE_BYTES, type LongMatch, type Operator } from '../operator.ts';
import type { CompiledLink } from './compiled-rule.ts';
import { expand } from './expand.ts';
import { type Inspected, NOT_INSPECTED, uninspected } from './inspected.ts';
import { findNumberHits } from './number-test.ts';
import type { OwnVariable } from './own-variables.ts';
import { addMembers, inspectAll, isLong, ResolvedList } from './resolved-list.ts';
import type { Target, TargetList } from './target-list.ts';
import { Targets } from './targets.ts';
import type { TransactionState } from './transaction-state.ts';
import type { Pipeline, Unit } from './units.ts';

/** Bytes of a long value that are looked at between two looks at the clock. */
const STEP_BYTES = 8_192;
/** Work after which the clock is looked at, in bytes of values that were tested. */
const SLICE_BYTES = 16_384;
/** What a test costs beside its bytes. */
const TEST_BYTES = 64;

/** Gathers the values that a link looks at; false when the deadline came first. */
function gather(state: TransactionState, list: TargetList, deadlineMs: number): boolean {
  const { collections, engine, phase } = state;
  if (list.isStatic) {
    const known = state.longLists?.get(list);
    if (known?.holdsFor(phase, collections)) {
      state.targets = known.targets;
      return true;
    }
  }
  if (!inspectAll(list, collections, engine.inspector, deadlineMs)) return false;
  const isKept = list.isStatic && isLong(list, collections);
  const targets = isKept ? new Targets() : state.ownTargets;
  targets.clear();
  state.targets = targets;
  for (const target of list.targets) {
    if (target.ref.isExclusion) targets.remove(target.name, target.selection);
    else if (target.own === null) addMembers(target, collections, targets);
    else addOwn(state, target, target.own, targets);
  }
  if (isKept) {
    state.longLists ??= new Map();
    state.longLists.set(list, new ResolvedList(list, collections, phase, targets));
  }
  return true;
}

function addOwn(state: TransactionState, target: Target, own: OwnVariable, into: Targets): void {
  let count = 0;
  own(state, target, (name, key, value) => {
    count++;
    if (!target.ref.isCount) into.push(name, key, uninspected(value));
  });
  if (target.ref.isCount) into.push(target.name, null, uninspected(String(count)));
}

/**
 * Finds out which values of a link match, without any other effect: true when that is done, false when the deadline came
 * first; it goes on from there the next time.
 */
export function touch(state: TransactionState, link: CompiledLink, deadlineMs: number): boolean {
  const { test } = link;
  if (test.kind === 'number') {
    findNumberHits(state, link, test);
    return true;
  }
  if (test.kind === 'always') {
    touchAlways(state);
    return true;
  }
  if (state.at === 0 && state.stage === 0 && state.long === null) {
    state.hits.clear();
    if (!gather(state, link.targets, deadlineMs)) return false;
  }
  if (test.kind === 'units') return touchUnits(state, link, test.units, deadlineMs);
  if (test.kind === 'family') touchFamily(state, link);
  return true;
}

/** A rule that matches always looks at the address of the client, as ModSecurity has it. */
function touchAlways(state: TransactionState): void {
  const { ownTargets, hits, input } = state;
  hits.clear();
  ownTargets.clear();
  ownTargets.push('REMOTE_ADDR', null, NOT_INSPECTED);
  state.targets = ownTargets;
  hits.push(0, input.clientAddress, null, null, true);
}

function touchUnits(
  state: TransactionState,
  link: CompiledLink,
  units: readonly Unit[],
  deadlineMs: number,
): boolean {
  const { targets } = state;
  let work = 0;
  for (; state.at < targets.length; state.at++) {
    const entry = targets.entries[state.at] as Inspected;
    for (; state.stage < units.length; state.stage++) {
      if (link.isMulti && !isMultiStage(entry, link.pipelines, state.stage)) continue;
      const unit = units[state.stage] as Unit;
      if (state.long === null && work >= SLICE_BYTES) {
        if (performance.now() >= deadlineMs) return false;
        work = 0;
      }
      if (state.engine.skips && state.long === null && !entry.mayMatch(unit)) {
        work += entry.value.length + TEST_BYTES / 4;
        if (link.isNegated)
          state.hits.push(state.at, entry.output(unit.pipeline), unit.operator, null, false);
        continue;
      }
      const verdict = verdictOf(state, link, entry, unit, deadlineMs);
      if (verdict === null) return false;
      work += entry.value.length + TEST_BYTES;
      if (verdict !== link.isNegated || (verdict && link.captures)) {
        state.hits.push(state.at, entry.output(unit.pipeline), unit.operator, state.long, verdict);
      }
      state.long = null;
    }
    state.stage = 0;
  }
  return true;
}

/** Whether a rule with `multiMatch` looks at what a step of its pipeline gave: the value itself, and each changed form. */
function isMultiStage(entry: Inspected, pipelines: readonly Pipeline[], stage: number): boolean {
  if (stage === 0) return pipelines.length > 1;
  const pipeline = pipelines[stage] as Pipeline;
  return pipeline.saysChanged || entry.output(pipeline) !== entry.output(pipelines[stage - 1] as Pipeline);
}

/** Whether a unit matches a value; null when the deadline came first. */
function verdictOf(
  state: TransactionState,
  link: CompiledLink,
  entry: Inspected,
  unit: Unit,
  deadlineMs: number,
): boolean | null {
  try {
    if (state.long === null) {
      const known = entry.verdict(unit);
      if (known !== undefined) return known;
      const output = entry.output(unit.pipeline);
      if (unit.operator.begin === undefined || output.length <= LONG_VALUE_BYTES) {
        const verdict = unit.operator.test(output, null);
        entry.keep(unit, verdict);
        return verdict;
      }
      state.long = unit.operator.begin(output);
    }
    return stepOn(state.long, deadlineMs);
  } catch (error) {
    state.giveUp(error);
    // Neither a match nor none: no rule acts on it.
    return link.isNegated;
  }
}

function stepOn(long: LongMatch, deadlineMs: number): boolean | null {
  for (;;) {
    const verdict = long.step(STEP_BYTES);
    if (verdict !== null) return verdict;
    if (performance.now() >= deadlineMs) return null;
  }
}

/**
 * A link whose operator has macros in its argument. Its values are few and short, so that it is run at once.
 *
 * Cost: the operator is compiled for each new argument.
 */
function touchFamily(state: TransactionState, link: CompiledLink): void {
  const { test } = link;
  if (test.kind !== 'family') return;
  const operator: Operator | null = test.family.withArgument(expand(state, test.argument));
  if (operator === null) return;
  const { entries, length } = state.targets;
  for (let at = 0; at < length; at++) {
    const entry = entries[at] as Inspected;
    for (let stage = 0; stage < link.pipelines.length; stage++) {
      if (link.isMulti && !isMultiStage(entry, link.pipelines, stage)) continue;
      const output = entry.output(link.pipelines[stage] as Pipeline);
      if (testWhole(state, link, operator, output) !== link.isNegated) {
        state.hits.push(at, output, operator, null, !link.isNegated);
      }
    }
  }
}

function testWhole(state: TransactionState, link: CompiledLink, operator: Operator, value: Bytes): boolean {
  try {
    if (operator.begin === undefined || value.length <= LONG_VALUE_BYTES) return operator.test(value, null);
    return stepOn(operator.begin(value), Number.POSITIVE_INFINITY) === true;
  } catch (error) {
    state.giveUp(error);
    return link.isNegated;
  }
}
