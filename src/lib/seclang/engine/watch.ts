import { BudgetReached, LONG_VALUE_BYTES } from '../operator.ts';
import type { Awaited } from './compiled-rule.ts';
import type { Inspected } from './inspected.ts';
import type { Inspector } from './inspector.ts';
import type { Selection } from './selection.ts';
import type { CollectionPlan } from './target-list.ts';
import type { Pipeline, Unit } from './units.ts';

/** By operator: numbers of rules. */
type RulesByOperator = Map<number, number[]>;

interface WatchedPipeline {
  readonly pipeline: Pipeline;
  readonly rules: RulesByOperator;
}

/** A rule whose first link matches what its units say of a value. */
interface TestedRule {
  readonly rule: number;
  readonly units: readonly Unit[];
  readonly isNegated: boolean;
}

/** Values that rules of one phase look at in common, and what each of those rules waits for. */
export class Watch {
  /** Among all watches of an engine. */
  readonly index: number;
  readonly collection: CollectionPlan;
  /** Which members are looked at; null for all. */
  readonly selection: Selection | null;
  /** Groups of pipelines that rules put before an operator whose needs they wait for. */
  groups = 0;
  readonly #pipelines: WatchedPipeline[] = [];
  /** Whatever the pipeline. */
  readonly #rules: RulesByOperator = new Map();
  readonly #tested: TestedRule[] = [];
  /** Rules that any value may match. */
  readonly #any: number[] = [];

  constructor(index: number, collection: CollectionPlan, selection: Selection | null) {
    this.index = index;
    this.collection = collection;
    this.selection = selection;
  }

  add(rule: number, awaits: Awaited, inspector: Inspector): void {
    if (awaits.kind === 'value') this.#any.push(rule);
    else if (awaits.kind === 'verdict') this.#tested.push({ rule, ...awaits });
    else for (const unit of awaits.units) this.#addUnit(rule, unit, inspector.groupOf(unit.pipeline));
  }

  #addUnit(rule: number, { pipeline, scanned }: Unit, group: number): void {
    this.groups |= group;
    let watched = this.#pipelines.find((each) => each.pipeline === pipeline);
    if (watched === undefined) {
      watched = { pipeline, rules: new Map() };
      this.#pipelines.push(watched);
    }
    note(watched.rules, scanned, rule);
    note(this.#rules, scanned, rule);
  }

  /** Whether its rules wait for nothing but what operators need. */
  get isOfNeeds(): boolean {
    return this.#tested.length === 0 && this.#any.length === 0;
  }

  /**
   * Numbers of the rules that may match a value; one may be named more than once.
   *
   * Safety: complete if what a value is said to match behind each pipeline is.
   */
  candidates(entry: Inspected): readonly number[] {
    const waiting = this.#areAllPlain(entry) ? entry.plain.rulesOf(this) : this.#candidatesByPipeline(entry);
    if (this.isOfNeeds) return waiting;
    const found = [...waiting, ...this.#any];
    for (const tested of this.#tested) if (mayHold(tested, entry)) found.push(tested.rule);
    return found;
  }

  /** Looks at what each pipeline makes of a value, which is then known: false when the deadline came first. */
  prepare(entry: Inspected, deadlineMs: number): boolean {
    for (const { pipeline } of this.#pipelines) {
      if (entry.isKnown(pipeline)) continue;
      entry.operators(pipeline);
      if (performance.now() >= deadlineMs) return false;
    }
    return true;
  }

  /** Whether a value meets the same needs behind all pipelines. */
  #areAllPlain(entry: Inspected): boolean {
    for (const { pipeline } of this.#pipelines) if (entry.operators(pipeline) !== entry.plain) return false;
    return true;
  }

  /** The rules that wait for any of some operators behind any pipeline. */
  rulesOf(operators: readonly number[]): readonly number[] {
    const found = new Set<number>();
    for (const operator of operators) for (const rule of this.#rules.get(operator) ?? []) found.add(rule);
    return [...found];
  }

  #candidatesByPipeline(entry: Inspected): readonly number[] {
    const found: number[] = [];
    for (let at = 0; at < this.#pipelines.length; at++) {
      const { pipeline, rules } = this.#pipelines[at] as WatchedPipeline;
      const { operators } = entry.operators(pipeline);
      for (let each = 0; each < operators.length; each++) {
        const waiting = rules.get(operators[each] as number);
        if (waiting !== undefined)
          for (let rule = 0; rule < waiting.length; rule++) found.push(waiting[rule] as number);
      }
    }
    return found;
  }
}

/** Values that come once only are not tested beforehand, nor are long ones. */
function mayHold({ units, isNegated }: TestedRule, entry: Inspected): boolean {
  return !entry.isKept || units.some((unit) => mayBe(entry, unit) !== isNegated);
}

/** Whether a unit matches a value; what it gives up on may match or not, as the rule would have it. */
function mayBe(entry: Inspected, unit: Unit): boolean | null {
  if (!entry.mayMatch(unit)) return false;
  const known = entry.verdict(unit);
  if (known !== undefined) return known;
  const output = entry.output(unit.pipeline);
  if (unit.operator.begin !== undefined && output.length > LONG_VALUE_BYTES) return null;
  try {
    const verdict = unit.operator.test(output, null);
    entry.keep(unit, verdict);
    return verdict;
  } catch (error) {
    if (error instanceof BudgetReached) return null;
    throw error;
  }
}

function note(rules: RulesByOperator, operator: number, rule: number): void {
  const known = rules.get(operator);
  if (known === undefined) rules.set(operator, [rule]);
  else if (!known.includes(rule)) known.push(rule);
}
