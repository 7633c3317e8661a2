import type { ConfigProblem } from '../core/errors.ts';
import { ruleSetKey } from '../core/rule-sets.ts';
import type { RuleFacts } from '../core/waf.ts';
import type { WafConfig } from '../stages/waf/waf.schema.ts';
import { type StageBlock, sourcePointer } from './blocks.ts';
import type { GatewayConfig, RouteSettings } from './config.ts';
import { type RuleMaterial, readRuleFiles } from './rule-files.ts';

/** The rule sets of a configuration, as they were read. */
export interface LoadedRuleSets {
  readonly problems: readonly ConfigProblem[];
  /** What `check` tells of them. */
  readonly notes: readonly ConfigProblem[];
  /** By `ruleSetKey`. */
  readonly sets: ReadonlyMap<string, RuleMaterial>;
  /** Every rule that is there, once. */
  readonly rules: readonly RuleFacts[];
  /** Files and folders to be watched. */
  readonly files: readonly string[];
}

/** Reads the rule files of a configuration, each set once; never throws. */
export function loadRuleSets(config: GatewayConfig): LoadedRuleSets {
  const problems: ConfigProblem[] = [];
  const notes: ConfigProblem[] = [];
  const sets = new Map<string, RuleMaterial>();
  const files = new Set<string>();
  const seen = new Set<string>();
  for (const { block, fallback } of wafBlocks(config)) {
    const waf = block.config as WafConfig;
    const key = ruleSetKey(waf);
    if (seen.has(key) || waf.mode === 'off') continue;
    seen.add(key);
    const read = readRuleFiles(waf);
    const place = (problem: ConfigProblem): ConfigProblem => ({
      ...problem,
      pointer: sourcePointer(block.sources, problem.pointer) || fallback,
    });
    problems.push(...read.problems.map(place));
    notes.push(...read.notes.map(place));
    for (const file of read.files) files.add(file);
    if (read.material !== null) sets.set(key, read.material);
  }
  return { problems, notes, sets, rules: factsOf(sets), files: [...files] };
}

/** The blocks of all routes; what several routes inherit is there once. */
function wafBlocks(config: GatewayConfig): { readonly block: StageBlock; readonly fallback: string }[] {
  const found = new Map<StageBlock, string>();
  const add = ({ blocks, pointer }: RouteSettings): void => {
    const block = blocks.get('waf');
    if (block !== undefined && !found.has(block)) found.set(block, pointer);
  };
  for (const api of config.apis) for (const route of [api, ...api.endpoints]) add(route);
  return [...found].map(([block, fallback]) => ({ block, fallback }));
}

function factsOf(sets: ReadonlyMap<string, RuleMaterial>): RuleFacts[] {
  const facts = new Map<string, RuleFacts>();
  for (const { rules } of sets.values()) {
    for (const { tags: _, ...rule } of rules) facts.set(`${rule.id}.${rule.fingerprint}`, rule);
  }
  return [...facts.values()];
}
