import type { Bytes } from '../bytes.ts';

/** Where something stands in a rule file. */
export interface Position {
  readonly file: string;
  /** From 1; of a directive of several lines the first. */
  readonly line: number;
}

/** What follows the colon behind the name of a collection. */
export type Selector =
  /** Compared without regard to ASCII case, save for `XML`, where it is an XPath. */
  { readonly kind: 'literal'; readonly text: Bytes } | { readonly kind: 'pattern'; readonly source: Bytes };

/** One variable of a rule: `ARGS`, `&TX:score`, `!REQUEST_COOKIES:/^__utm/`. */
export interface VariableRef {
  /** Upper-case, as in the table of variables. */
  readonly name: string;
  readonly selector: Selector | null;
  /** `&`: how many there are, in place of what they are. */
  readonly isCount: boolean;
  /** `!`: taken out of what the other variables of the rule gave. */
  readonly isExclusion: boolean;
}

/** A text with macros: plain bytes and, between them, `%{NAME}` or `%{NAME.key}`. */
export type MacroText = readonly (Bytes | MacroRef)[];
export interface MacroRef {
  /** Upper-case. */
  readonly name: string;
  /** Lower-case; '' for a variable that is no collection. */
  readonly key: Bytes;
}

export interface OperatorRef {
  /** As in the table of operators: `rx`, `pmFromFile`, … */
  readonly name: string;
  readonly isNegated: boolean;
  readonly argument: MacroText;
}

/** `setvar:tx.name=value`: what happens to a variable of a collection. */
export interface SetVar {
  /** Upper-case: `TX`, `IP`, `GLOBAL`, `SESSION`, `USER`, `RESOURCE`, `ENV`. */
  readonly collection: string;
  readonly key: MacroText;
  readonly change: 'set' | 'add' | 'subtract' | 'unset';
  readonly value: MacroText;
}

/** `ctl:name=value`, with `ruleRemoveTargetBy…` taken apart. */
export interface Ctl {
  /** As in the table of controls: `ruleRemoveById`, `requestBodyProcessor`, … */
  readonly name: string;
  /** The value, up to the semicolon where the control has a target. */
  readonly value: Bytes;
  /** What a `ruleRemoveTargetBy…` removes. */
  readonly target: VariableRef | null;
}

/** What a rule does to the transaction when it matches. `block` stands for what `SecDefaultAction` of its phase says. */
export interface Disruption {
  readonly kind: 'pass' | 'block' | 'deny' | 'drop' | 'allow' | 'redirect' | 'proxy';
  /** `phase`, `request` or '' of `allow`; where `redirect` and `proxy` go. */
  readonly argument: MacroText;
  /** 0 where none is said. */
  readonly status: number;
}

export type RulePhase = 1 | 2 | 3 | 4 | 5;

/** One rule, or one link of a chain, with all defaults laid in and all `SecRuleUpdate…` done. */
export interface Rule {
  /** 0 for the links of a chain behind the first. */
  readonly id: number;
  readonly phase: RulePhase;
  readonly at: Position;
  readonly variables: readonly VariableRef[];
  /** null for SecAction, which always matches. */
  readonly operator: OperatorRef | null;
  /** As in the table of transformations, in order, those of the defaults first and nothing before a `none`. */
  readonly transformations: readonly string[];
  /** Matches what each transformation gives, not only what the last one does. */
  readonly multiMatch: boolean;
  readonly capture: boolean;
  readonly disruption: Disruption;
  readonly isLogged: boolean;
  readonly isAudited: boolean;
  readonly message: MacroText;
  readonly logData: MacroText;
  /** 0 (EMERGENCY) to 7 (DEBUG); -1 where none is said. */
  readonly severity: number;
  readonly tags: readonly Bytes[];
  readonly revision: Bytes;
  readonly version: Bytes;
  readonly setVars: readonly SetVar[];
  /** `initcol`, `setsid`, `setuid`, `setrsc`: collection in upper case, and its key. */
  readonly collections: readonly { readonly collection: string; readonly key: MacroText }[];
  readonly expireVars: readonly {
    readonly collection: string;
    readonly key: MacroText;
    readonly seconds: MacroText;
  }[];
  readonly deprecateVars: readonly {
    readonly collection: string;
    readonly key: MacroText;
    readonly amount: number;
    readonly seconds: number;
  }[];
  readonly ctls: readonly Ctl[];
  /** Rules of this phase to pass over after a match; 0 for none. */
  readonly skip: number;
  /** Marker or rule id behind which to go on after a match; '' for none. */
  readonly skipAfter: Bytes;
  readonly sanitizes: readonly { readonly kind: string; readonly name: Bytes }[];
  /** Prefixes of `xmlns`, and what they stand for. */
  readonly namespaces: ReadonlyMap<string, string>;
  /** The next link of the chain, which must match as well; null at its end. */
  readonly chained: Rule | null;
}

/** `SecMarker`: where a `skipAfter` leads. It stands in every phase. */
export interface Marker {
  readonly marker: Bytes;
  readonly at: Position;
}

/** What the directives beside the rules say; each as it is without them. */
export interface EngineSettings {
  /** `SecRuleEngine`. */
  readonly engine: 'on' | 'off' | 'detection-only';
  readonly requestBodyAccess: boolean;
  readonly responseBodyAccess: boolean;
  readonly requestBodyLimitBytes: number;
  readonly requestBodyNoFilesLimitBytes: number;
  readonly requestBodyJsonDepth: number;
  readonly requestBodyLimitAction: 'reject' | 'partial';
  readonly responseBodyLimitBytes: number;
  readonly responseBodyLimitAction: 'reject' | 'partial';
  /** Lower-case. */
  readonly responseBodyTypes: readonly string[];
  readonly argumentsLimit: number;
  readonly argumentSeparator: Bytes;
  readonly cookieFormat: 0 | 1;
  readonly collectionTimeoutS: number;
  readonly pcreMatchLimit: number;
  /** Code points, and the byte that stands for each, of `SecUnicodeMapFile`; empty where there is none. */
  readonly unicodeMap: ReadonlyMap<number, number>;
  readonly webAppId: Bytes;
  readonly serverSignature: Bytes;
  readonly componentSignatures: readonly Bytes[];
}

/** Rule files as they were read and understood: what an engine is compiled from. */
export interface RuleProgram {
  /** In the order in which they run; the phases of one another are mixed. */
  readonly items: readonly (Rule | Marker)[];
  readonly settings: EngineSettings;
  /** Contents of the files that operators name (`pmFromFile`, `ipMatchFromFile`), by what `fileKey` makes of rule and argument. */
  readonly dataFiles: ReadonlyMap<string, Bytes>;
}

/** A mistake in a rule file. */
export interface RuleFileProblem {
  readonly at: Position;
  /** The word at fault, as it stands in the file. */
  readonly token: string;
  /** A sentence that says what is wrong and, where it can be said, what to do. */
  readonly message: string;
}

/** How rule files are read: the caller decides where they come from. */
export interface RuleFileReader {
  /** Paths of the files that a path or glob stands for, sorted by name; seen from the folder of the file that names it. */
  find(pattern: string, fromFile: string): readonly string[];
  /** null where there is none or it cannot be read. */
  read(path: string): Bytes | null;
}

/** What a directive took out of rules that stand before it, or changed in them. */
export interface RuleExclusion {
  readonly at: Position;
  readonly kind: 'rules' | 'targets' | 'actions';
  /** How it names rules: `942100`, a range, or a pattern of tags or messages. */
  readonly word: Bytes;
  /** As they were before. */
  readonly rules: readonly Rule[];
}
