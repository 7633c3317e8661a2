import type { Bytes } from '../bytes.ts';
import type { VariableRef } from '../syntax/rule.ts';
import { VARIABLES, type Variable } from '../variables/table.ts';
import { findOwnVariable, type OwnVariable } from './own-variables.ts';
import type { Selection } from './selection.ts';

/** A collection of the request that rules look at. */
export interface CollectionPlan {
  readonly index: number;
  readonly name: string;
  /** Where its values come from; null where there are none. */
  readonly variable: Variable | null;
  /** null for every collection but `XML` with an XPath. */
  readonly xml: { readonly xpath: Bytes; readonly namespaces: ReadonlyMap<string, string> } | null;
}

/** One variable of a rule. */
export interface Target {
  readonly ref: VariableRef;
  readonly name: string;
  readonly selection: Selection;
  /** Whether it means all members of its collection: a selector of `XML` has told the collection already. */
  readonly isWhole: boolean;
  /** Of the request: which; null for what the engine itself keeps. */
  readonly collection: CollectionPlan | null;
  readonly own: OwnVariable | null;
  /** Of `TX` with a name: its slot, otherwise -1. */
  readonly slot: number;
  /** Of `TX` with a pattern: by slot, whether the name is meant; filled as names come up. */
  readonly slotsMeant: (boolean | undefined)[];
}

/** The variables of a rule. Rules that look at the same have the same list. */
export class TargetList {
  readonly index: number;
  readonly targets: readonly Target[];
  /** Whether all of it is the request's own, which no rule changes. */
  readonly isStatic: boolean;
  /** Collections that it looks at or counts. */
  readonly collections: readonly CollectionPlan[];
  /** Slots of `TX` where it names nothing else; it has no values while none of them is set. Otherwise null. */
  readonly slots: readonly number[] | null;
  /** Collections whose values are looked at, not only counted. */
  readonly inspected: readonly CollectionPlan[];

  constructor(index: number, targets: readonly Target[]) {
    this.index = index;
    this.targets = targets;
    this.isStatic = targets.every(({ own }) => own === null);
    this.collections = targets.flatMap(({ collection }) => collection ?? []);
    const isOnlyTx = targets.every(({ slot, ref }) => slot >= 0 && !ref.isCount && !ref.isExclusion);
    this.slots = isOnlyTx && targets.length > 0 ? targets.map(({ slot }) => slot) : null;
    this.inspected = targets.flatMap(({ collection, ref }) =>
      collection === null || ref.isCount || ref.isExclusion ? [] : [collection],
    );
  }
}

/** What tells one variable of a rule from another. */
export const refKey = (ref: VariableRef): string =>
  [
    ref.isExclusion ? '!' : '',
    ref.isCount ? '&' : '',
    ref.name,
    ref.selector === null ? '' : `:${ref.selector.kind}:`,
    ref.selector === null ? '' : ref.selector.kind === 'literal' ? ref.selector.text : ref.selector.source,
  ].join('');

/** What a list needs to be compiled. */
export interface TargetCompiler {
  selection(ref: VariableRef): Selection;
  slotOf(name: Bytes): number;
}

/** All target lists and collections of a set of rules. */
export class TargetLists {
  readonly lists: TargetList[] = [];
  readonly collections: CollectionPlan[] = [];
  readonly #lists = new Map<string, TargetList>();
  readonly #collections = new Map<string, CollectionPlan>();
  readonly #compiler: TargetCompiler;

  constructor(compiler: TargetCompiler) {
    this.#compiler = compiler;
  }

  list(refs: readonly VariableRef[], namespaces: ReadonlyMap<string, string>): TargetList {
    const prefixes = [...namespaces].map(([prefix, href]) => `${prefix}=${href}`).join(' ');
    const key = `${refs.map(refKey).join('|')} ${prefixes}`;
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const list = new TargetList(
      this.lists.length,
      refs.map((ref) => this.#target(ref, namespaces, prefixes)),
    );
    this.lists.push(list);
    this.#lists.set(key, list);
    return list;
  }

  #target(ref: VariableRef, namespaces: ReadonlyMap<string, string>, prefixes: string): Target {
    const own = findOwnVariable(ref.name);
    const isXml = ref.name === 'XML' && ref.selector?.kind === 'literal';
    const isWhole = ref.selector === null || isXml;
    return {
      ref,
      name: ref.name,
      selection: this.#compiler.selection(isXml ? { ...ref, selector: null } : ref),
      isWhole,
      collection: own === null ? this.#collection(ref, namespaces, prefixes) : null,
      own,
      slot:
        ref.name === 'TX' && ref.selector?.kind === 'literal' ? this.#compiler.slotOf(ref.selector.text) : -1,
      slotsMeant: [],
    };
  }

  #collection(
    { name, selector }: VariableRef,
    namespaces: ReadonlyMap<string, string>,
    prefixes: string,
  ): CollectionPlan {
    const xpath = name === 'XML' && selector?.kind === 'literal' ? selector.text : null;
    const key = xpath === null ? name : `${name}:${xpath} ${prefixes}`;
    const known = this.#collections.get(key);
    if (known !== undefined) return known;
    const plan: CollectionPlan = {
      index: this.collections.length,
      name,
      variable: VARIABLES.get(name) ?? null,
      xml: xpath === null ? null : { xpath, namespaces },
    };
    this.collections.push(plan);
    this.#collections.set(key, plan);
    return plan;
  }
}
