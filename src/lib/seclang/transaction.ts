import type { Bytes } from './bytes.ts';
import type { Position, RulePhase, VariableRef } from './syntax/rule.ts';

/** A request as the engine sees it. */
export interface RequestInput {
  readonly uniqueId: string;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly method: Bytes;
  /** The target as received. */
  readonly target: Bytes;
  /** `HTTP/1.1`. */
  readonly protocol: Bytes;
  /** Names as written and values, in the order received. */
  readonly headerNames: readonly Bytes[];
  readonly headerValues: readonly Bytes[];
}

export interface ResponseInput {
  readonly status: number;
  readonly protocol: Bytes;
  readonly headerNames: readonly Bytes[];
  readonly headerValues: readonly Bytes[];
}

/** What the operator of the gateway has decided about rules, for one transaction. */
export interface Overrides {
  /** Variables of `TX` before the first rule runs, such as `paranoia_level`; names in lower case. */
  readonly tx: ReadonlyMap<string, Bytes>;
  /** Whether the matches of a rule are only noted: it neither ends the transaction nor adds to or takes from a variable. */
  isLogOnly(ruleId: number): boolean;
  /** Whether a rule does not run; the same whenever it is asked. */
  isRemoved(ruleId: number): boolean;
  /** Variables taken out of a rule; null for none; the same whenever it is asked. */
  removedTargets(ruleId: number): readonly VariableRef[] | null;
}

/** One match of one rule. */
export interface RuleMatch {
  /** Of a chain, its first link's. */
  readonly ruleId: number;
  readonly phase: RulePhase;
  readonly at: Position;
  /** Such as `ARGS:id`: that of the last link of a chain. */
  readonly variable: string;
  /** What was looked at, transformed, at most 512 bytes around what matched. */
  readonly value: Bytes;
  /** Where in `value` what matched stands, and how long it is; 0 and 0 where the operator does not say. */
  readonly matchedAt: number;
  readonly matchedLength: number;
  readonly message: Bytes;
  readonly logData: Bytes;
  readonly severity: number;
  readonly tags: readonly Bytes[];
  /** Whether rules of a log would show it (`log`, not `nolog`). */
  readonly isLogged: boolean;
  readonly isLogOnly: boolean;
  /** What it added to anomaly scores: name of the variable of `TX`, and its value afterwards. */
  readonly scores: readonly { readonly name: string; readonly value: number }[];
}

/** A rule has ended the transaction. */
export interface Interruption {
  readonly kind: 'deny' | 'drop' | 'redirect' | 'proxy';
  readonly ruleId: number;
  readonly phase: RulePhase;
  readonly status: number;
  /** Where `redirect` and `proxy` go. */
  readonly location: Bytes;
}

/**
 * One request under the rules: phases 1 to 5 are run one after another, each once.
 *
 * Cost: `run` comes back at its deadline at the latest, and is called again for the rest.
 */
export interface Transaction {
  /** Runs a phase: true when it is over, false when the deadline (of `performance.now()`) came first. */
  run(phase: RulePhase, deadlineMs: number): boolean;
  /** Before phase 2. `isPartial`: there was more than the limit. */
  setRequestBody(body: Uint8Array, isPartial: boolean): void;
  /** Before phase 3. */
  setResponse(response: ResponseInput): void;
  /** Before phase 4. */
  setResponseBody(body: Uint8Array, isPartial: boolean): void;
  /** What a `ctl` or the settings say now about bodies. */
  readonly wantsRequestBody: boolean;
  readonly wantsResponseBody: boolean;
  /** null while no rule has ended it. In detection only, what would have. */
  readonly interruption: Interruption | null;
  /** Whether interruptions are to be carried out: `SecRuleEngine On`, and no `ctl` has changed that. */
  readonly isEnforced: boolean;
  readonly matches: readonly RuleMatch[];
  /** A bound on work that was reached before all rules were through, as a sentence; '' for none. What then is a matter of policy. */
  readonly incomplete: string;
  /** A variable of `TX` by its name in lower case; '' where there is none. */
  txValue(name: string): Bytes;
}

/** Rules compiled once, run for many requests. */
export interface RuleEngine {
  begin(request: RequestInput, overrides: Overrides | null): Transaction;
}
