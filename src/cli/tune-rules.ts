import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RouteSettings } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { type RuleMaterial, readRuleFiles } from '../config/rule-files.ts';
import { UNGOVERNED } from '../core/waf.ts';
import { compileEngine } from '../lib/seclang/engine/compile-engine.ts';
import type { Overrides, RuleEngine } from '../lib/seclang/transaction.ts';
import { RuleHost } from '../runtime/rule-host.ts';
import { RouteOverrides } from '../stages/waf/overrides.ts';
import type { WafConfig } from '../stages/waf/waf.schema.ts';
import { CommandFailure } from './failure.ts';
import { configFailure } from './target.ts';

const CORPUS = fileURLToPath(new URL('../../rules/corpus', import.meta.url));

/** The rules of a route, as the configuration has them now. */
export interface RouteRules {
  readonly config: WafConfig;
  readonly material: RuleMaterial;
}

/** Rules that can be run. */
export interface RunnableRules {
  readonly engine: RuleEngine;
  readonly overrides: Overrides | null;
  /** Sum at which a request is blocked. */
  readonly threshold: number;
}

/** The rules of the route that served a request. */
export function rulesOfRoute(path: string, routeId: string): RouteRules {
  const loaded = loadConfig(path);
  if (loaded.config === null) throw configFailure(path, loaded);
  const routes = loaded.config.apis.flatMap((api): [string, RouteSettings][] => [
    [api.id, api],
    ...api.endpoints.map((endpoint): [string, RouteSettings] => [`${api.id}/${endpoint.id}`, endpoint]),
  ]);
  const block = routes.find(([id]) => id === routeId)?.[1].blocks.get('waf');
  if (block === undefined)
    throw new CommandFailure(
      'no_rules',
      `The configuration has no rules for the route ${routeId} of this request any more.`,
    );
  const config = block.config as WafConfig;
  return { config, material: readMaterial(config) };
}

function readMaterial(config: WafConfig): RuleMaterial {
  const { material, problems } = readRuleFiles(config);
  if (material !== null) return material;
  throw new CommandFailure('rules_invalid', problems[0]?.message ?? 'There are no rules.');
}

/** The rules of a route with an exclusion before them. */
export function rulesWith({ config }: RouteRules, exclusion: string): RouteRules {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-tune-'));
  try {
    const file = join(folder, 'exclusion.conf');
    writeFileSync(file, exclusion);
    const { material, problems } = readRuleFiles({ ...config, custom: [file, ...config.custom] });
    if (material === null)
      throw new CommandFailure('rules_invalid', problems[0]?.message ?? 'The exclusion is no rule.');
    return { config, material };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compiles rules to run them as the route would, with nothing on trial. */
export async function runnable({ config, material }: RouteRules): Promise<RunnableRules> {
  const host = new RuleHost({ find: () => '' });
  await host.prepare({ route: material });
  const engine = compileEngine(material.program, host);
  const settled = { ...UNGOVERNED, version: 1, isOnTrial: () => false };
  const overrides = new RouteOverrides(config, material.rules, settled).current();
  const transaction = engine.begin(EMPTY, overrides);
  transaction.run(1, Number.POSITIVE_INFINITY);
  const threshold = Number(transaction.txValue('inbound_anomaly_score_threshold')) || 0;
  return { engine, overrides, threshold };
}

const EMPTY = {
  ...{ uniqueId: 'tune', startedAtMs: 0, clientAddress: '192.0.2.1', clientPort: 50_000 },
  ...{ serverAddress: '192.0.2.2', serverPort: 443, method: 'GET', target: '/', protocol: 'HTTP/1.1' },
  headerNames: ['Host'],
  headerValues: ['api.test'],
};

/** The attacks of the repository, by class, as bytes. */
export function attackCorpus(): readonly { readonly name: string; readonly attacks: readonly string[] }[] {
  return readdirSync(CORPUS)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -4),
      attacks: readFileSync(join(CORPUS, file), 'latin1')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('# ')),
    }));
}
