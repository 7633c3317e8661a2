import type { RuleMaterial } from '../config/rule-files.ts';
import { type RuleSet, type RuleSets, ruleSetKey } from '../core/rule-sets.ts';
import { compileEngine } from '../lib/seclang/engine/compile-engine.ts';
import type { OperatorHost } from '../lib/seclang/operator.ts';
import type { RuleEngine } from '../lib/seclang/transaction.ts';

/**
 * The engines of one thread.
 *
 * Shape: rules that did not change keep their engine, and with it what their collections hold.
 */
export class RuleEngines {
  readonly #host: OperatorHost;
  /** By hash; those of the plan that was opened last and of the one before it. */
  #engines = new Map<string, RuleEngine>();
  #before = new Map<string, RuleEngine>();

  constructor(host: OperatorHost) {
    this.#host = host;
  }

  /** Compiles what is new, and gives what each route finds its rules by. */
  open(material: Readonly<Record<string, RuleMaterial>>): RuleSets {
    const engines = new Map<string, RuleEngine>();
    const sets = new Map<string, RuleSet>();
    for (const [key, { hash, program, rules }] of Object.entries(material)) {
      const known = engines.get(hash) ?? this.#engines.get(hash) ?? this.#before.get(hash);
      const engine = known ?? compileEngine(program, this.#host);
      engines.set(hash, engine);
      sets.set(key, { engine, rules });
    }
    this.#before = this.#engines;
    this.#engines = engines;
    return { find: (sources) => sets.get(ruleSetKey(sources)) ?? null };
  }
}
