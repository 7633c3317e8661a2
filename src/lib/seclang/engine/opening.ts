import type { Overrides, RequestInput } from '../transaction.ts';
import { RequestView } from '../variables/request-view.ts';
import type { CompiledLink, CompiledRule, CompiledSetVar } from './compiled-rule.ts';
import type { EnginePlan } from './engine-plan.ts';
import { isUnmatched } from './number-test.ts';
import { leavesWhole } from './overrides.ts';
import { performActions } from './perform.ts';
import { Standing } from './standing.ts';
import { TransactionState } from './transaction-state.ts';
import { TxVariables } from './tx-variables.ts';

/** What the rules of phase 1 that give settings their defaults leave in `TX` whatever the request. */
export interface Opening {
  /** What is in `TX` before any rule has run. */
  readonly before: TxVariables;
  /** The first of those rules; -1 where there are none. */
  readonly from: number;
  /** What is in `TX` behind them, and the rule with which requests differ again. */
  readonly after: TxVariables;
  readonly to: number;
}

const NO_REQUEST: RequestInput = {
  uniqueId: '',
  startedAtMs: 0,
  clientAddress: '',
  clientPort: 0,
  serverAddress: '',
  serverPort: 0,
  method: '',
  target: '',
  protocol: '',
  headerNames: [],
  headerValues: [],
};

/**
 * Openings of an engine: what settings come out as is the same for all requests for which the same is overridden.
 *
 * Safety: only rules that look at `TX` alone and set nothing else, and of which nobody is told, are part of an opening; it is
 * of use only where nothing was set before them.
 */
export class Openings {
  readonly #plan: EnginePlan;
  readonly #plain: Opening;
  #ofNone: Opening | null = null;
  /** By what is overridden; null for what has been met once, as that of a single request is. */
  readonly #known = new WeakMap<Overrides, Opening | null>();

  constructor(plan: EnginePlan) {
    this.#plan = plan;
    this.#plain = withoutOpening(new TxVariables(plan.txNames, plan.compared));
  }

  of(overrides: Overrides | null): Opening {
    if (overrides === null) {
      this.#ofNone ??= this.#find(null);
      return this.#ofNone;
    }
    const known = this.#known.get(overrides);
    if (known != null) return known;
    const opening = known === undefined ? null : this.#find(overrides);
    this.#known.set(overrides, opening);
    return opening ?? this.#before(overrides);
  }

  #before(overrides: Overrides | null): Opening {
    if (overrides === null || overrides.tx.size === 0) return this.#plain;
    const tx = this.#plain.before.copy();
    for (const [name, value] of overrides.tx) tx.set(tx.slotOf(name), value);
    return withoutOpening(tx.copy());
  }

  #find(overrides: Overrides | null): Opening {
    const { phases, settings, canOpen } = this.#plan;
    const opening = this.#before(overrides);
    const rules = phases[1]?.rules ?? [];
    const from = rules.findIndex(isSetting);
    if (!canOpen || from < 0) return opening;
    const view = new RequestView(NO_REQUEST, settings);
    const state = new TransactionState(this.#plan, NO_REQUEST, view, overrides, opening);
    let at = from;
    for (let rule = rules[at]; rule !== undefined; rule = rules[at]) {
      if (!leavesWhole(overrides, rule.id)) break;
      if (isOfSettings(rule.first) && isUnmatched(state, rule.first)) {
        at++;
        continue;
      }
      if (!isSetting(rule)) break;
      performActions(state, rule, rule.first);
      at = rule.first.skipTo >= 0 ? rule.first.skipTo : at + 1;
    }
    state.tx.standing = new Standing();
    return at === from ? opening : { before: opening.before, from, after: state.tx, to: at };
  }
}

const withoutOpening = (before: TxVariables): Opening => ({ before, from: -1, after: before, to: -1 });

/** Goes past the rules of the opening, where the transaction stands before them: whether it does. */
export function open(state: TransactionState): boolean {
  const { opening, phase, rule, removedLinks, removedTargets, tx } = state;
  if (phase !== 1 || rule !== opening.from || tx.isChanged) return false;
  if (removedLinks !== null || removedTargets !== null) return false;
  state.tx = opening.after.copy();
  state.tx.revision = tx.revision + 1;
  state.tx.isChanged = true;
  state.rule = opening.to;
  return true;
}

/** Whether a link compares nothing but variables of `TX` that it names. */
const isOfSettings = ({ numbers, targets }: CompiledLink): boolean =>
  numbers !== null && targets.targets.every(({ slot }) => slot >= 0);

/** Whether a rule that matches does no more than to set variables of `TX` to what others of `TX` are, or to lead on. */
function isSetting(rule: CompiledRule): boolean {
  const { first, links, skip, isLogged, isAudited, severity, disruption } = rule;
  const isQuiet = !isLogged && !isAudited && severity <= 0 && disruption === 'pass';
  if (!isQuiet || links.length > 1 || skip > 0 || first.captures) return false;
  const others = [first.openings, first.expiries, first.deprecations, first.controls];
  return (
    (first.test.kind === 'always' || isOfSettings(first)) &&
    others.every(({ length }) => length === 0) &&
    first.setVars.every(isPlain)
  );
}

const isPlain = ({ collection, change, slot, value }: CompiledSetVar): boolean =>
  collection === 'TX' &&
  slot >= 0 &&
  (change === 'set' || change === 'unset') &&
  value.parts.every((part) => typeof part === 'string' || part.slot >= 0);
