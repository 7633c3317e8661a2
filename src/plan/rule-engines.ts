import { performance } from 'node:perf_hooks';
import type { RuleMaterial } from '../config/rule-files.ts';
import { type RuleSet, type RuleSets, ruleSetKey } from '../core/rule-sets.ts';
import { compileEngine, engineSteps } from '../lib/seclang/engine/compile-engine.ts';
import type { OperatorHost } from '../lib/seclang/operator.ts';
import type { RuleEngine } from '../lib/seclang/transaction.ts';

/** The longest time that compiling holds a thread at once, but for a rule that takes longer. */
const SLICE_MS = 8;

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
  readonly #prepared = new Map<string, RuleEngine>();

  constructor(host: OperatorHost) {
    this.#host = host;
  }

  /** Compiles what is new, in slices: requests of the thread go on between them. */
  async prepare(material: Readonly<Record<string, RuleMaterial>>): Promise<void> {
    for (const { hash, program } of Object.values(material)) {
      if (this.#engines.has(hash) || this.#before.has(hash) || this.#prepared.has(hash)) continue;
      const steps = engineSteps(program, this.#host);
      for (let sliceMs = performance.now(); ; ) {
        const { done, value } = steps.next();
        if (done === true) {
          this.#prepared.set(hash, value);
          break;
        }
        if (performance.now() - sliceMs < SLICE_MS) continue;
        await new Promise((resolve) => setImmediate(resolve));
        sliceMs = performance.now();
      }
    }
  }

  /** Compiles what is new and not prepared, and gives what each route finds its rules by. */
  open(material: Readonly<Record<string, RuleMaterial>>): RuleSets {
    const engines = new Map<string, RuleEngine>();
    const sets = new Map<string, RuleSet>();
    for (const [key, { hash, program, rules }] of Object.entries(material)) {
      const known =
        engines.get(hash) ?? this.#engines.get(hash) ?? this.#before.get(hash) ?? this.#prepared.get(hash);
      const engine = known ?? compileEngine(program, this.#host);
      engines.set(hash, engine);
      sets.set(key, { engine, rules });
    }
    this.#prepared.clear();
    this.#before = this.#engines;
    this.#engines = engines;
    return { find: (sources) => sets.get(ruleSetKey(sources)) ?? null };
  }
}
