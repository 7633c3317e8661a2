import { NO_OPERATOR_HOST } from '../config/rule-files.ts';
import type { LintFinding } from '../lib/seclang/lint/finding.ts';
import { lintRules } from '../lib/seclang/lint/lint-rules.ts';
import { defineCommand } from './command.ts';
import { compileRules } from './rule-engine.ts';
import { openRules, RULE_SOURCE_OPTIONS } from './rule-source.ts';
import { printable, type Terminal } from './terminal.ts';

const { include, config, api } = RULE_SOURCE_OPTIONS;

/** `portcullis waf lint`. */
export const wafLint = defineCommand({
  name: 'waf lint',
  summary: 'Find rules and exclusions that are hardly meant so.',
  about: [
    'Errors are what takes protection away: exclusions that reach the rules by which scores block, a whole class of attacks or the engine, thresholds that nothing reaches, rules that are never reached or can match nothing, and markers that are missing. ' +
      'Warnings are what is probably not meant: exclusions of a whole collection, or of rules that do not exist, the same under a condition, and variables that no rule sets. Mistakes in the files, such as an id that is there twice, are errors of their own and end the command.',
  ],
  words: [],
  options: { include, config, api },
  examples: [
    ['portcullis waf lint', 'The rules of the configuration.'],
    [
      "portcullis waf lint --include crs-setup.conf,'rules/*.conf',exclusions.conf",
      'Rule files, before they are used.',
    ],
  ],
  exits: { 0: 'There is no error.', 1: 'There is an error, or the files have mistakes.' },
  run: async ({ values, terminal }) => {
    const rules = openRules({ ...values, paranoia: undefined });
    compileRules(rules.program, NO_OPERATOR_HOST);
    const findings = lintRules(rules);
    const errors = findings.filter(({ level }) => level === 'error').length;
    return {
      text: textOf(findings, errors, terminal),
      json: {
        ok: errors === 0,
        findings: findings.map(({ at, ...finding }) => ({ ...finding, file: at.file, line: at.line })),
      },
      exitCode: errors === 0 ? 0 : 1,
    };
  },
});

function textOf(findings: readonly LintFinding[], errors: number, terminal: Terminal): string {
  const lines = findings.map(({ level, kind, at, message }) => {
    const label = terminal.paint(level === 'error' ? 'red' : 'yellow', level.padEnd(7));
    return `${label}  ${printable(at.file)}:${at.line}  ${printable(message)} (${kind})`;
  });
  const warnings = findings.length - errors;
  const end = `${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  return [...lines, terminal.paint(errors === 0 ? 'green' : 'red', end)].join('\n');
}
