import type { Bytes } from '../bytes.ts';
import type { Disruption, Position, RulePhase, SetVar, VariableRef } from '../syntax/rule.ts';
import type { CompiledText } from './compiled-text.ts';
import type { CompiledControl } from './controls.ts';
import type { OperatorFamily } from './operator-family.ts';
import type { TargetList } from './target-list.ts';
import type { Pipeline, Unit } from './units.ts';

export interface CompiledSetVar {
  readonly collection: string;
  readonly change: SetVar['change'];
  /** Of `TX` with a name that is known: its slot, otherwise -1. */
  readonly slot: number;
  readonly key: CompiledText;
  readonly value: CompiledText;
  /** The amount where it is known; otherwise NaN. */
  readonly amount: number;
}

export interface CompiledMember {
  readonly collection: string;
  readonly key: CompiledText;
}

export interface CompiledExpiry extends CompiledMember {
  readonly seconds: CompiledText;
}

export interface CompiledDeprecation extends CompiledMember {
  readonly amount: number;
  readonly seconds: number;
}

/** How a comparison of numbers is made without text. */
export type Comparison = 'eq' | 'ge' | 'gt' | 'le' | 'lt';

/** Numbers of `TX` and counts, beside a number or a variable of `TX` (`slot` of 0 or more). */
export interface NumberTest {
  readonly kind: 'number';
  readonly comparison: Comparison;
  readonly limit: number;
  readonly slot: number;
}

/** What a link looks for. */
export type LinkTest =
  /** Matches always: `SecAction`. */
  | { readonly kind: 'always' }
  | NumberTest
  /** An operator whose argument is known; of `multiMatch` one unit for each step of the pipeline. */
  | { readonly kind: 'units'; readonly units: readonly Unit[] }
  /** An operator whose argument is known when it runs. */
  | {
      readonly kind: 'family';
      readonly family: OperatorFamily;
      readonly argument: CompiledText;
    };

/** One link of a rule, ready to run. */
export interface CompiledLink {
  /** Among all links of an engine. */
  readonly index: number;
  readonly test: LinkTest;
  /** Of a link that compares numbers how it does, also where its test captures what it compared; otherwise null. */
  readonly numbers: NumberTest | null;
  readonly targets: TargetList;
  /** Of `multiMatch` each beginning of the pipeline, otherwise it alone. */
  readonly pipelines: readonly Pipeline[];
  readonly isNegated: boolean;
  readonly isMulti: boolean;
  readonly captures: boolean;
  /** Whether groups that a match lacks are unset. */
  readonly clearsCaptures: boolean;
  readonly isLast: boolean;
  readonly setVars: readonly CompiledSetVar[];
  readonly openings: readonly CompiledMember[];
  readonly expiries: readonly CompiledExpiry[];
  readonly deprecations: readonly CompiledDeprecation[];
  readonly controls: readonly CompiledControl[];
  /** Whether a match has any of the above to do. */
  readonly hasActions: boolean;
  /** `geoLookup`: a match fills `GEO`. */
  readonly locates: boolean;
  /** Where `skipAfter` of this link leads in the rules of its phase; -1 for nowhere. */
  skipTo: number;
}

/** Without what in a value a link cannot match it. */
export type Awaited =
  /** What one of the units needs. */
  | { readonly kind: 'needs'; readonly units: readonly Unit[] }
  /** A match of one of the units, or where it is negated none of one of them. */
  | { readonly kind: 'verdict'; readonly units: readonly Unit[]; readonly isNegated: boolean }
  /** Nothing: any value will do. */
  | { readonly kind: 'value' };

/** A rule with all its links, ready to run. */
export interface CompiledRule {
  readonly id: number;
  readonly phase: RulePhase;
  readonly at: Position;
  readonly links: readonly CompiledLink[];
  readonly first: CompiledLink;
  /** Whether it is one comparison of one number that nobody is told of, whatever it does to variables. */
  readonly isQuietNumber: boolean;
  /** Whether all it does is to compare numbers, and to lead past other rules. */
  readonly isGate: boolean;
  /** What of a value its first link waits for; null where it is not values of the request alone that it looks at. */
  readonly awaits: Awaited | null;
  readonly disruption: Disruption['kind'];
  readonly location: CompiledText;
  readonly allows: '' | 'phase' | 'request' | 'all';
  readonly status: number;
  readonly isLogged: boolean;
  readonly isAudited: boolean;
  readonly message: CompiledText;
  readonly logData: CompiledText;
  readonly severity: number;
  readonly tags: readonly Bytes[];
  readonly skip: number;
  /** What `RULE` says of it. */
  readonly facts: ReadonlyMap<string, Bytes>;
}

/** A variable that a `ctl` or an override takes out of a rule. */
export interface RemovedTarget {
  readonly ref: VariableRef;
  takes(name: string, key: Bytes | null): boolean;
}
