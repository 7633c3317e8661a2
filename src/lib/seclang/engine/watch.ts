import type { Inspected } from './inspected.ts';
import type { Selection } from './selection.ts';
import type { CollectionPlan } from './target-list.ts';
import type { Pipeline, Unit } from './units.ts';

/** By operator: numbers of rules. */
type RulesByOperator = Map<number, number[]>;

interface WatchedPipeline {
  readonly pipeline: Pipeline;
  readonly rules: RulesByOperator;
}

/** Values that rules of one phase look at in common, and which operator behind which pipeline each of those rules waits for. */
export class Watch {
  /** Among all watches of an engine. */
  readonly index: number;
  readonly collection: CollectionPlan;
  /** Which members are looked at. */
  readonly selection: Selection;
  /** Groups of pipelines that any of its rules puts before an operator. */
  groups = 0;
  readonly #pipelines: WatchedPipeline[] = [];
  /** Whatever the pipeline. */
  readonly #rules: RulesByOperator = new Map();

  constructor(index: number, collection: CollectionPlan, selection: Selection) {
    this.index = index;
    this.collection = collection;
    this.selection = selection;
  }

  /** `group`: that of the pipeline. */
  add(rule: number, { pipeline, scanned }: Unit, group: number): void {
    this.groups |= group;
    let watched = this.#pipelines.find((each) => each.pipeline === pipeline);
    if (watched === undefined) {
      watched = { pipeline, rules: new Map() };
      this.#pipelines.push(watched);
    }
    note(watched.rules, scanned, rule);
    note(this.#rules, scanned, rule);
  }

  /**
   * Numbers of the rules that may match a value which some pipeline may change; one may be named more than once.
   *
   * Safety: complete if what a value is said to match behind each pipeline is.
   */
  candidates(entry: Inspected): readonly number[] {
    let isSame = true;
    for (let at = 0; at < this.#pipelines.length && isSame; at++) {
      const { pipeline } = this.#pipelines[at] as WatchedPipeline;
      isSame = entry.operators(pipeline) === entry.plain;
    }
    return isSame ? entry.plain.rulesOf(this) : this.#candidatesByPipeline(entry);
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

function note(rules: RulesByOperator, operator: number, rule: number): void {
  const known = rules.get(operator);
  if (known === undefined) rules.set(operator, [rule]);
  else if (!known.includes(rule)) known.push(rule);
}
