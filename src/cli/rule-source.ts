import type { ProblemRecord } from '../config/format-problems.ts';
import { loadConfig } from '../config/load.ts';
import { readRuleFiles } from '../config/rule-files.ts';
import { UNGOVERNED } from '../core/waf.ts';
import { parseRules } from '../lib/seclang/syntax/parse-rules.ts';
import type { RuleExclusion, RuleFileProblem, RuleProgram } from '../lib/seclang/syntax/rule.ts';
import type { Overrides } from '../lib/seclang/transaction.ts';
import { RouteOverrides } from '../stages/waf/overrides.ts';
import { type WafConfig, wafSchema } from '../stages/waf/waf.schema.ts';
import { diskRuleFiles } from '../stores/rule-files.ts';
import { CONFIG_OPTION, type OptionSpecs, type ValuesOf } from './command.ts';
import { CommandFailure, UsageError } from './failure.ts';
import { configFailure } from './target.ts';

/** Options of commands about rules: from files, or as a configuration has them. */
export const RULE_SOURCE_OPTIONS = {
  include: {
    kind: 'list',
    value: 'FILE',
    summary: 'Rule files in their order, with globs in quotes; in place of those of the configuration.',
  },
  config: CONFIG_OPTION,
  paranoia: {
    kind: 'text',
    value: 'LEVEL',
    summary: 'The paranoia level, 1 to 4; as files and configuration say when absent.',
  },
  api: { kind: 'text', value: 'ID', summary: 'The API whose rules are meant, where several have their own.' },
} as const satisfies OptionSpecs;

/** Rules that a command is about. */
export interface OpenedRules {
  readonly program: RuleProgram;
  readonly notes: readonly RuleFileProblem[];
  readonly exclusions: readonly RuleExclusion[];
  /** What the block of the API says about them. */
  readonly overrides: Overrides | null;
}

/** Reads the rules. Errors: CommandFailure with every mistake. */
export function openRules(values: ValuesOf<typeof RULE_SOURCE_OPTIONS>): OpenedRules {
  const { include, config, api } = values;
  const opened = include.length > 0 ? openFiles(include) : openConfigured(config, api);
  if (values.paranoia === undefined) return opened;
  if (!/^[1-4]$/.test(values.paranoia)) throw new UsageError('The paranoia level is a number from 1 to 4.');
  const level = wafSchema.parse({ paranoia: Number(values.paranoia) });
  const { tx } = new RouteOverrides(level, [], UNGOVERNED);
  return { ...opened, overrides: withVariables(opened.overrides ?? NOTHING, tx) };
}

const NOTHING: Overrides = {
  tx: new Map(),
  isLogOnly: () => false,
  isRemoved: () => false,
  removedTargets: () => null,
};

function withVariables(overrides: Overrides, tx: Overrides['tx']): Overrides {
  return {
    tx: new Map([...overrides.tx, ...tx]),
    isLogOnly: (id) => overrides.isLogOnly(id),
    isRemoved: (id) => overrides.isRemoved(id),
    removedTargets: (id) => overrides.removedTargets(id),
  };
}

function openFiles(paths: readonly string[]): OpenedRules {
  const reading = parseRules(paths, diskRuleFiles(process.cwd()));
  if ('problems' in reading) throw rulesFailure(reading.problems);
  return { ...reading, overrides: null };
}

/** The failure that tells every mistake of rule files. */
export function rulesFailure(problems: readonly RuleFileProblem[]): CommandFailure {
  const sentence = problems.length === 1 ? 'one mistake' : `${problems.length} mistakes`;
  return new CommandFailure('rules_invalid', `The rule files have ${sentence}.`, problems.map(recordOf));
}

const recordOf = ({ at, token, message }: RuleFileProblem): ProblemRecord => ({
  file: at.file,
  line: at.line,
  pointer: '',
  message: token === '' ? message : `${token}: ${message}`,
});

function openConfigured(path: string, api: string | undefined): OpenedRules {
  const loaded = loadConfig(path);
  if (loaded.config === null) throw configFailure(path, loaded);
  const { apis } = loaded.config;
  const chosen = api === undefined ? apis : apis.filter(({ id }) => id === api);
  if (chosen.length === 0)
    throw new CommandFailure(
      'unknown_api',
      `There is no API ${api}; there are ${apis.map(({ id }) => id).join(', ')}.`,
    );
  const blocks = chosen.flatMap(({ id, blocks: all }) => {
    const block = all.get('waf');
    return block === undefined ? [] : [{ id, waf: block.config as WafConfig }];
  });
  const [first] = blocks;
  if (first === undefined)
    throw new CommandFailure('no_rules', 'The configuration has no `waf` block for this.');
  const others = blocks.filter(({ waf }) => JSON.stringify(waf) !== JSON.stringify(first.waf));
  if (others.length > 0)
    throw new CommandFailure(
      'several_rules',
      `Name one with --api, because their rules differ: ${blocks.map(({ id }) => id).join(', ')}.`,
    );
  return openBlock(path, first.waf);
}

function openBlock(path: string, waf: WafConfig): OpenedRules {
  const { material, problems, remarks } = readRuleFiles(waf);
  if (problems.length > 0) throw configFailure(path, { problems: [...problems] });
  if (material === null) throw new CommandFailure('no_rules', 'The `waf` block names no file with a rule.');
  const { program, rules } = material;
  return {
    program,
    notes: remarks.notes,
    exclusions: remarks.exclusions,
    overrides: new RouteOverrides(waf, rules, UNGOVERNED).current(),
  };
}
