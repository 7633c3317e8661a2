import type { Overrides, RequestInput } from '../transaction.ts';
import { RequestView } from '../variables/request-view.ts';
import type { CompiledLink, CompiledRule, CompiledSetVar } from './compiled-rule.ts';
import type { EnginePlan } from './engine-plan.ts';
import { hasNoNumberHits } from './number-test.ts';
import { performActions } from './perform.ts';
import { TransactionState } from './transaction-state.ts';
import { TxVariables } from './tx-variables.ts';

/** What the first rules of phase 1 leave in `TX` whatever the request, and the rule with which requests begin to differ. */
export interface Opening {
  /** Before any rule has run. */
  readonly before: TxVariables;
  readonly tx: TxVariables;
  readonly rule: number;
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
 * Openings of an engine: sets of rules begin by giving settings their defaults, which come out the same for all requests.
 *
 * Safety: only rules that look at `TX` alone and set nothing else, and of which nobody is told, are part of an opening.
 */
export class Openings {
  readonly #plan: EnginePlan;
  readonly #plain: Opening;
  #ofNone: Opening | null = null;
  /** By what is overridden; null for what has been met once, as that of a single request is. */
  readonly #known = new WeakMap<Overrides, Opening | null>();

  constructor(plan: EnginePlan) {
    this.#plan = plan;
    this.#plain = openingAt(new TxVariables(plan.txNames, plan.compared));
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
    const tx = this.#plain.tx.copy();
    for (const [name, value] of overrides.tx) tx.set(tx.slotOf(name), value);
    return openingAt(tx);
  }

  #find(overrides: Overrides | null): Opening {
    const { phases, settings, canOpen } = this.#plan;
    const before = this.#before(overrides);
    if (!canOpen || settings.engine === 'off') return before;
    const view = new RequestView(NO_REQUEST, settings);
    const state = new TransactionState(this.#plan, NO_REQUEST, view, overrides, before);
    const rules = phases[1]?.rules ?? [];
    let at = 0;
    while (at < rules.length) {
      const rule = rules[at] as CompiledRule;
      if (overrides !== null && !isWhole(overrides, rule)) break;
      if (isOfSettings(rule.first) && hasNoNumberHits(state, rule.first)) {
        at++;
        continue;
      }
      if (!isSetting(rule)) break;
      performActions(state, rule, rule.first);
      at = rule.first.skipTo >= 0 ? rule.first.skipTo : at + 1;
    }
    return { before: before.tx, tx: state.tx, rule: at };
  }
}

const openingAt = (tx: TxVariables): Opening => ({ before: tx, tx, rule: 0 });

const isWhole = (overrides: Overrides, { id }: CompiledRule): boolean =>
  !overrides.isRemoved(id) && overrides.removedTargets(id) === null;

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
