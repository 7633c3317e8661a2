import { formatProblems } from '../config/format-problems.ts';
import { findLimitBounds } from '../config/limit-bounds.ts';
import { loadConfig } from '../config/load.ts';
import { type LoadedRuleSets, loadRuleSets } from '../config/rule-sets.ts';
import { findWeaknesses, type WeakSetting } from '../config/weaknesses.ts';
import type { RuleOrigin } from '../core/waf.ts';
import { certificateNotes } from './certificate-notes.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { compileProblems } from './compile-problems.ts';
import { configFailure } from './target.ts';

const LABELS = { weak: 'weak', note: 'note' } as const;

function amount(
  found: readonly WeakSetting[],
  level: WeakSetting['level'],
  one: string,
  many: string,
): string[] {
  const count = found.filter((entry) => entry.level === level).length;
  return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
}

function verdict(path: string, found: readonly WeakSetting[], isRefused: boolean): string {
  const counts = [
    ...amount(found, 'weak', 'weak setting', 'weak settings'),
    ...amount(found, 'note', 'note', 'notes'),
  ].join(' and ');
  if (isRefused) return `${path} works, but has ${counts}; --strict wants none that is weak.`;
  return counts === '' ? `${path} is OK.` : `${path} is OK, with ${counts}.`;
}

/** How many rules there are, and where they come from. */
function ruleLines({ rules }: LoadedRuleSets): string[] {
  if (rules.length === 0) return [];
  const count = (origin: RuleOrigin): number => rules.filter((rule) => rule.origin === origin).length;
  const origins = [
    [count('shipped'), 'of the gateway'],
    [count('include'), 'of `waf.include`'],
    [count('custom'), 'of your own'],
  ].filter(([amount]) => amount !== 0);
  return [`rules ${rules.length}: ${origins.map((words) => words.join(' ')).join(', ')}.`];
}

/** `portcullis check`. */
export const check = defineCommand({
  name: 'check',
  summary: 'Find every mistake in a configuration, and what is weak in it.',
  about: [
    'Mistakes are printed all at once, each with its place and what to do about it. Weak settings work and protect ' +
      'less than they could; notes are worth knowing. Bounds say how far limits that gateways share through Redis may be off. Opens no port and no database.',
  ],
  words: [],
  options: {
    config: CONFIG_OPTION,
    strict: { kind: 'flag', summary: 'Refuse weak settings, too.' },
  },
  examples: [
    ['portcullis check', 'Before a reload.'],
    ['portcullis check --strict --config deploy/portcullis.yaml', 'In a pipeline.'],
  ],
  exits: { 0: 'It can be used.', 1: 'It has mistakes or, with --strict, weak settings.' },
  run: async ({ values, terminal }) => {
    const path = values.config;
    const loaded = loadConfig(path);
    if (loaded.config === null) throw configFailure(path, loaded);
    const problems = compileProblems(loaded.config).map((problem) => loaded.place(problem));
    if (problems.length > 0) throw configFailure(path, { problems });
    const rules = loadRuleSets(loaded.config);
    const found = [
      ...findWeaknesses(loaded.config, loaded.typedSecrets),
      ...certificateNotes(loaded.config, Date.now()),
      ...rules.notes.map((note): WeakSetting => ({ ...note, level: 'note' })),
    ];
    const placed = found.map((entry) => ({ ...loaded.place(entry), level: entry.level }));
    const isRefused = values.strict && found.some(({ level }) => level === 'weak');
    const lines = placed.map((entry) => {
      const label = terminal.paint(entry.level === 'weak' ? 'yellow' : 'dim', LABELS[entry.level]);
      return `${label}  ${formatProblems(path, [entry])}`;
    });
    const bounds = findLimitBounds(loaded.config).map((bound) => ({ ...bound, ...loaded.place(bound) }));
    const boundLines = bounds.map(
      (bound) => `${terminal.paint('dim', 'bound')} ${formatProblems(path, [bound])}`,
    );
    const end = terminal.paint(isRefused ? 'red' : 'green', verdict(path, found, isRefused));
    const failed = isRefused ? { error: 'weak', message: verdict(path, found, true) } : {};
    return {
      text: [...lines, ...boundLines, ...ruleLines(rules), end].join('\n'),
      json: {
        ok: !isRefused,
        file: path,
        ...failed,
        weaknesses: placed.map((entry) => ({ file: path, ...entry })),
        bounds: bounds.map((bound) => ({ file: path, ...bound })),
        rules: rules.rules.length,
      },
      exitCode: isRefused ? 1 : 0,
    };
  },
});
