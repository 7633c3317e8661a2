import { isInCategory } from '../../core/rule-categories.ts';
import type { KnownRule } from '../../core/rule-sets.ts';
import type { RuleMode, WafBypass, WafGovernance } from '../../core/waf.ts';
import type { VariableRef } from '../../lib/seclang/syntax/rule.ts';
import type { Overrides, RuleMatch } from '../../lib/seclang/transaction.ts';
import type { WafConfig } from './waf.schema.ts';

const NOBODY: ReadonlySet<number> = new Set();

/** What the block of a route and the records of trials say about its rules. */
export class RouteOverrides implements Overrides {
  readonly tx: ReadonlyMap<string, string>;
  readonly #removed: ReadonlySet<number>;
  readonly #logged: ReadonlySet<number>;
  /** Rules about whose trial nothing else is said. */
  readonly #triable: readonly KnownRule[];
  readonly #governance: WafGovernance;
  #version = -1;
  #onTrial: ReadonlySet<number> = NOBODY;

  constructor(config: WafConfig, rules: readonly KnownRule[], governance: WafGovernance) {
    this.tx = initialVariables(config);
    this.#governance = governance;
    const modes = new Map(rules.map((rule) => [rule.id, modeOf(rule, config)]));
    const idsOf = (mode: RuleMode) =>
      new Set(rules.flatMap(({ id }) => (modes.get(id) === mode ? [id] : [])));
    this.#removed = idsOf('bypass');
    this.#logged = idsOf('log');
    this.#triable = rules.filter(({ id }) => modes.get(id) === null);
  }

  /** What holds now; null where nothing is overridden. Cost: trials are looked through again when one of them changed. */
  current(): Overrides | null {
    const { version } = this.#governance;
    if (version !== this.#version) {
      this.#version = version;
      this.#onTrial = new Set(
        this.#triable.filter((rule) => this.#governance.isOnTrial(rule)).map(({ id }) => id),
      );
    }
    const overridden = this.tx.size + this.#removed.size + this.#logged.size + this.#onTrial.size;
    return overridden === 0 ? null : this;
  }

  isLogOnly(ruleId: number): boolean {
    return this.#logged.has(ruleId) || this.#onTrial.has(ruleId);
  }

  isRemoved(ruleId: number): boolean {
    return this.#removed.has(ruleId);
  }

  removedTargets(): readonly VariableRef[] | null {
    return null;
  }
}

/**
 * The mode that the block gives a rule; null where it says nothing.
 *
 * Safety: a category is of rules that find something. What decides by the score may carry the same tags, and goes on.
 */
function modeOf({ id, tags, role }: KnownRule, { rules, categories }: WafConfig): RuleMode | null {
  const own = rules[id];
  if (own !== undefined) return own;
  if (role !== 'detect') return null;
  const said = Object.entries(categories).flatMap(([name, mode]) => (isInCategory(tags, name) ? [mode] : []));
  if (said.includes('block')) return 'block';
  return said.includes('log') ? 'log' : (said[0] ?? null);
}

/** The variables by which the Core Rule Set takes its settings: the names of versions 3 and 4. */
function initialVariables({ paranoia, inboundThreshold, outboundThreshold }: WafConfig): Map<string, string> {
  const tx = new Map<string, string>();
  if (paranoia !== undefined) {
    for (const name of [
      'paranoia_level',
      'executing_paranoia_level',
      'blocking_paranoia_level',
      'detection_paranoia_level',
    ])
      tx.set(name, String(paranoia));
  }
  if (inboundThreshold !== undefined) tx.set('inbound_anomaly_score_threshold', String(inboundThreshold));
  if (outboundThreshold !== undefined) tx.set('outbound_anomaly_score_threshold', String(outboundThreshold));
  return tx;
}

/** The overrides of a request for which bypasses hold. */
export class BypassedOverrides implements Overrides {
  readonly tx: ReadonlyMap<string, string>;
  readonly #route: RouteOverrides;
  /** Bypasses of any rule or of one, without a parameter. */
  readonly #isAllRemoved: boolean;
  readonly #removed: ReadonlySet<number>;
  readonly #everywhere: readonly VariableRef[];
  readonly #targets: ReadonlyMap<number, readonly VariableRef[]>;

  constructor(route: RouteOverrides, bypasses: readonly WafBypass[]) {
    this.tx = route.tx;
    this.#route = route;
    const whole = bypasses.filter(({ parameter }) => parameter === '');
    this.#isAllRemoved = whole.some(({ ruleId }) => ruleId === 0);
    this.#removed = new Set(whole.map(({ ruleId }) => ruleId));
    const targets = new Map<number, VariableRef[]>();
    for (const { ruleId, parameter } of bypasses) {
      if (parameter === '') continue;
      targets.set(ruleId, [...(targets.get(ruleId) ?? []), variableOf(parameter)]);
    }
    this.#everywhere = targets.get(0) ?? [];
    this.#targets = targets;
  }

  isLogOnly(ruleId: number): boolean {
    return this.#route.isLogOnly(ruleId);
  }

  isRemoved(ruleId: number): boolean {
    return this.#isAllRemoved || this.#removed.has(ruleId) || this.#route.isRemoved(ruleId);
  }

  removedTargets(ruleId: number): readonly VariableRef[] | null {
    const own = this.#targets.get(ruleId);
    if (own === undefined) return this.#everywhere.length === 0 ? null : this.#everywhere;
    return [...own, ...this.#everywhere];
  }
}

/** What would hold without bypasses, trials and rules in `log`: only what never ran stays out. */
export class StrictOverrides implements Overrides {
  readonly tx: ReadonlyMap<string, string>;
  readonly #route: RouteOverrides;

  constructor(route: RouteOverrides) {
    this.tx = route.tx;
    this.#route = route;
  }

  isLogOnly(): boolean {
    return false;
  }

  isRemoved(ruleId: number): boolean {
    return this.#route.isRemoved(ruleId);
  }

  removedTargets(): readonly VariableRef[] | null {
    return null;
  }
}

/** `ARGS:comment` as a variable. */
export function variableOf(text: string): VariableRef {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).toUpperCase();
  const selector = colon < 0 ? null : { kind: 'literal' as const, text: text.slice(colon + 1) };
  return { name, selector, isCount: false, isExclusion: false };
}

/** Ids of the bypasses that took a match out: `strict` are the matches without them. */
export function usedBypasses(
  bypasses: readonly WafBypass[],
  matches: readonly RuleMatch[],
  strict: readonly RuleMatch[],
): readonly string[] {
  const gone = strict.filter(
    ({ ruleId, variable }) =>
      !matches.some((match) => match.ruleId === ruleId && match.variable === variable),
  );
  return bypasses.flatMap((bypass) => (gone.some((match) => isCovered(bypass, match)) ? [bypass.id] : []));
}

function isCovered({ ruleId, parameter }: WafBypass, match: RuleMatch): boolean {
  if (ruleId !== 0 && ruleId !== match.ruleId) return false;
  if (parameter === '') return true;
  const variable = match.variable.toUpperCase();
  return variable === parameter.toUpperCase() || variable.startsWith(`${parameter.toUpperCase()}:`);
}
