import type { Bytes } from '../bytes.ts';
import { BudgetReached, type LongMatch } from '../operator.ts';
import type { Interruption, Overrides, RequestInput, RuleMatch } from '../transaction.ts';
import type { RequestView } from '../variables/request-view.ts';
import type { Agenda } from './agenda.ts';
import { Collections } from './collections.ts';
import type { CompiledRule, RemovedTarget } from './compiled-rule.ts';
import type { EnginePlan } from './engine-plan.ts';
import { Hits } from './hits.ts';
import type { Opening } from './opening.ts';
import type { ResolvedList } from './resolved-list.ts';
import { StoredCollections } from './stored-collections.ts';
import type { TargetList } from './target-list.ts';
import { Targets } from './targets.ts';
import type { TxVariables } from './tx-variables.ts';

/** Above all severities. */
const NO_SEVERITY = 255;

export interface Score {
  readonly name: string;
  readonly value: number;
}

/** Everything that changes while rules run for one request. */
export class TransactionState {
  readonly engine: EnginePlan;
  readonly input: RequestInput;
  readonly overrides: Overrides | null;
  readonly view: RequestView;
  tx: TxVariables;
  readonly opening: Opening;
  readonly stored: StoredCollections;
  readonly collections: Collections;
  readonly #startedMs = performance.now();

  mode: 'on' | 'off' | 'detection-only';
  wantsRequestBody: boolean;
  wantsResponseBody: boolean;

  /** The last value that matched, and of which variable it was. */
  matchedName = '';
  matchedKey: Bytes | null = null;
  matchedValue: Bytes = '';
  /** All values that links of the rule under way have matched: the first `matchedCount` of each. */
  matchedCount = 0;
  readonly matchedNames: string[] = [];
  readonly matchedKeys: (Bytes | null)[] = [];
  readonly matchedEntries: Bytes[] = [];

  highestSeverity = NO_SEVERITY;
  sessionId: Bytes | null = null;
  userId: Bytes | null = null;
  country = '';
  environment: Map<Bytes, Bytes> | null = null;

  /** By link: whether a `ctl` took it out; null while none did. */
  removedLinks: Uint8Array | null = null;
  /** By link: variables that were taken out of it; null while none were. */
  removedTargets: Map<number, RemovedTarget[]> | null = null;

  /** How many `ctl` have taken rules, or parts of them, out. */
  removals = 0;
  allowed: '' | 'request' | 'all' = '';
  interruption: Interruption | null = null;
  /** A rule has ended the transaction, and that is to be carried out. */
  isIntercepted = false;
  /** A bound that was reached before all rules were through, as a sentence; '' for none. */
  incomplete = '';
  readonly matches: RuleMatch[] = [];
  /** What the match under way has added to counters of `TX`. */
  scores: Score[] = [];

  /** Where the phase under way stands: rule, link, and whether that link's values have been looked at. */
  phase = 0;
  isPhaseOver = true;
  agenda: Agenda | null = null;
  rule = 0;
  link = 0;
  isTouched = false;
  /** Whether a value of the link under way has matched. */
  linkMatched = false;
  /** Whether a `skipAfter` of a link waits for the end of its chain, and where it leads. */
  skipTo = -1;

  /** Values of the link under way, and those of them that match. */
  targets: Targets;
  readonly ownTargets = new Targets();
  readonly hits = new Hits();
  at = 0;
  stage = 0;
  long: LongMatch | null = null;
  /** Lists of variables with many values. */
  longLists: Map<TargetList, ResolvedList> | null = null;

  constructor(
    engine: EnginePlan,
    input: RequestInput,
    view: RequestView,
    overrides: Overrides | null,
    opening: Opening,
  ) {
    this.engine = engine;
    this.input = input;
    this.view = view;
    this.overrides = overrides;
    this.opening = opening;
    this.tx = opening.before.copy();
    const nowS = Math.floor(input.startedAtMs / 1_000);
    this.stored = new StoredCollections(engine.store, engine.settings.collectionTimeoutS, nowS);
    this.collections = new Collections(view, engine.collectionCount);
    this.mode = engine.settings.engine;
    this.wantsRequestBody = engine.settings.requestBodyAccess;
    this.wantsResponseBody = engine.settings.responseBodyAccess;
    this.targets = this.ownTargets;
  }

  /** Another number whenever something has changed that decides which rules are reached. */
  get revision(): number {
    return this.tx.revision + this.removals;
  }

  elapsedUs(): number {
    return Math.round((performance.now() - this.#startedMs) * 1_000);
  }

  /**
   * Notes that an operator gave up at its bound; rules can see that, as they do in ModSecurity. Errors: any other error is
   * thrown again.
   */
  giveUp(error: unknown): void {
    if (!(error instanceof BudgetReached)) throw error;
    this.tx.set(this.engine.limitsSlot, '1');
    const rule = this.currentRule();
    // What would only be noted needs nobody to be refused.
    if (this.incomplete !== '' || (rule !== undefined && this.isLogOnly(rule))) return;
    this.incomplete = `Rule ${rule?.id ?? 0} reached its bound on the work for one value.`;
  }

  clearMatched(): void {
    this.matchedCount = 0;
  }

  addMatched(name: string, key: Bytes | null, value: Bytes): void {
    this.matchedName = name;
    this.matchedKey = key;
    this.matchedValue = value;
    const at = this.matchedCount++;
    this.matchedNames[at] = name;
    this.matchedKeys[at] = key;
    this.matchedEntries[at] = value;
  }

  /** The rule under way; undefined between phases. */
  currentRule(): CompiledRule | undefined {
    return this.engine.phases[this.phase]?.rules[this.rule];
  }

  isLogOnly(rule: CompiledRule): boolean {
    return this.overrides?.isLogOnly(rule.id) ?? false;
  }
}
