import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diskRuleFiles } from '../../../stores/rule-files.ts';
import { parseRules } from './parse-rules.ts';
import type { RuleFileProblem } from './rule.ts';

const TESTDATA = join(import.meta.dirname, 'testdata');

const namesOf = (kind: 'good' | 'bad'): string[] =>
  readdirSync(join(TESTDATA, kind)).filter((name) => name.endsWith('.conf'));

const textOf = (problems: readonly RuleFileProblem[], folder: string): string =>
  problems
    .map(({ at, token, message }) => `${at.file}:${at.line}: ${token === '' ? '' : `${token}: `}${message}\n`)
    .join('')
    .replaceAll(`${folder}/`, '');

describe('rule files', () => {
  test.each(namesOf('bad'))('bad/%s is told as written beside it', async (name) => {
    const folder = join(TESTDATA, 'bad');
    const reading = parseRules([name], diskRuleFiles(folder));
    const problems = 'problems' in reading ? reading.problems : [];
    await expect(textOf(problems, folder)).toMatchFileSnapshot(join(folder, `${name}.txt`));
  });

  test.each(namesOf('good'))('good/%s is read as written beside it', async (name) => {
    const folder = join(TESTDATA, 'good');
    const reading = parseRules([name], diskRuleFiles(folder));
    if ('problems' in reading) throw new Error(textOf(reading.problems, folder));
    const { program, notes } = reading;
    const items = JSON.stringify(program.items, null, 1).replaceAll(`${folder}/`, '');
    await expect(`${textOf(notes, folder)}${items}\n`).toMatchFileSnapshot(join(folder, `${name}.txt`));
  });
});
