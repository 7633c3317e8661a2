import { globSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import type { FtwProblem, FtwTest } from '../lib/seclang/ftw/ftw-test.ts';
import { readTests } from '../lib/seclang/ftw/read-tests.ts';
import { type FtwResult, runTest } from '../lib/seclang/ftw/run-tests.ts';
import type { OperatorHost } from '../lib/seclang/operator.ts';
import type { EngineSettings } from '../lib/seclang/syntax/rule.ts';
import { openLibinjection } from '../stores/libinjection/libinjection.ts';
import { defineCommand } from './command.ts';
import { CommandFailure } from './failure.ts';
import { compileRules } from './rule-engine.ts';
import { openRules, RULE_SOURCE_OPTIONS } from './rule-source.ts';
import { printable, type Terminal, table } from './terminal.ts';

/** `portcullis waf test`. */
export const wafTest = defineCommand({
  name: 'waf test',
  summary: 'Run FTW-style YAML tests against the rules.',
  about: [
    'Takes the files of the regression tests of the Core Rule Set 3.3 and 4, and of go-ftw. Each request goes through the rules as it stands there, also where the listener would refuse it before them; what it would refuse is listed. ' +
      'The backend of the tests says what it was sent, or what a JSON body describes (status, headers, body, encodedBody). No gateway needs to run.',
    'Expected rule ids are compared with those of matches that are logged; a status with that of the rule that ended the request, and where rules only detect also with that of the backend.',
  ],
  words: ['FOLDER'],
  options: {
    ...RULE_SOURCE_OPTIONS,
    only: { kind: 'text', value: 'TEXT', default: '', summary: 'Only tests whose title contains this.' },
  },
  examples: [
    ['portcullis waf test tests/', 'Against the rules of the configuration.'],
    [
      "portcullis waf test tests/ --include crs-setup.conf,'rules/*.conf'",
      'Against rule files, before they are used.',
    ],
  ],
  exits: { 0: 'Every test passed.', 1: 'A test failed, or a file cannot be read.' },
  run: async ({ values, words, terminal }) => {
    const { program, overrides } = openRules(values);
    const tests = loadTests(words[0] as string).filter(({ title }) => title.includes(values.only));
    const engine = compileRules(program, await hostOf(program.settings));
    const world = {
      engine,
      settings: program.settings,
      overrides,
      clientAddress: '127.0.0.1',
      now: () => Date.now(),
    };
    const results = tests.map((test) => runTest(world, test));
    const failed = results.filter(({ verdict }) => verdict === 'failed');
    return {
      text: textOf(results, terminal),
      json: {
        ok: failed.length === 0,
        ...countsOf(results),
        failures: failed,
        refused: results.filter(({ fault }) => fault !== '').map(({ title, fault }) => ({ title, fault })),
      },
      exitCode: failed.length === 0 ? 0 : 1,
    };
  },
});

async function hostOf({ unicodeMap }: EngineSettings): Promise<OperatorHost> {
  const injections = await openLibinjection();
  return {
    sqlFingerprint: (value) => injections.sqlFingerprint(value),
    isXss: (value) => injections.isXss(value),
    countryOf: () => '',
    dataFile: () => null,
    unicodeMap,
  };
}

/** Reads every test of a folder or file. Errors: CommandFailure with what cannot be read. */
function loadTests(path: string): FtwTest[] {
  const tests: FtwTest[] = [];
  const problems: FtwProblem[] = [];
  for (const file of filesOf(path)) {
    const reading = readFile(file, relative(process.cwd(), file));
    tests.push(...reading.tests);
    problems.push(...reading.problems);
  }
  if (problems.length > 0) {
    const records = problems.map(({ file, place, message }) => ({ file, pointer: place, message }));
    throw new CommandFailure('tests_invalid', 'The tests cannot be read.', records);
  }
  if (tests.length === 0)
    throw new CommandFailure('no_tests', `There is no test in ${path}; files of tests end with .yaml.`);
  return tests;
}

function filesOf(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new CommandFailure('no_tests', `There is no folder ${path}.`);
  return found.isFile() ? [path] : globSync(join(path, '**/*.{yaml,yml}')).sort();
}

function readFile(file: string, name: string): ReturnType<typeof readTests> {
  try {
    return readTests(parse(readFileSync(file, 'utf8'), { uniqueKeys: false }), name);
  } catch (error) {
    return { tests: [], problems: [{ file: name, place: '', message: (error as Error).message }] };
  }
}

function countsOf(results: readonly FtwResult[]): Record<FtwResult['verdict'], number> {
  const count = (wanted: string): number => results.filter(({ verdict }) => verdict === wanted).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

function textOf(results: readonly FtwResult[], terminal: Terminal): string {
  const { passed, failed, skipped } = countsOf(results);
  const rows = results
    .filter(({ verdict }) => verdict === 'failed')
    .map(({ title, reasons, ids, fault }) => [
      printable(title),
      printable(reasons.join('; ')),
      ids.join(' ') || '-',
      fault || '-',
    ]);
  const lines =
    rows.length === 0
      ? []
      : table([['TEST', 'WHAT FAILED', 'RULES THAT MATCHED', 'LISTENER REFUSES'], ...rows]);
  const refused = results.filter(({ fault }) => fault !== '').length;
  const sentence = `${passed} passed, ${failed} failed, ${skipped} skipped; the listener would refuse ${refused} of them before the rules`;
  return [...lines, terminal.paint(failed === 0 ? 'green' : 'red', sentence)].join('\n');
}
