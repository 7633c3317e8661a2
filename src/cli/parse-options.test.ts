import { describe, expect, test } from 'vitest';
import { defineCommand } from './command.ts';
import { UsageError } from './failure.ts';
import { parseOptions } from './parse-options.ts';

const command = defineCommand({
  name: 'fetch',
  summary: '',
  about: [],
  words: ['ID'],
  options: {
    name: { kind: 'text', value: 'NAME', required: true, summary: '' },
    file: { kind: 'text', value: 'FILE', default: 'a.yaml', summary: '' },
    owner: { kind: 'text', value: 'OWNER', summary: '' },
    port: { kind: 'number', value: 'PORT', least: 0, most: 65_535, default: 8080, summary: '' },
    scopes: { kind: 'list', value: 'SCOPES', summary: '' },
    force: { kind: 'flag', summary: '' },
  },
  examples: [],
  exits: { 0: '', 1: '' },
  run: async () => ({ text: '', json: null }),
});

function refusal(args: string): string {
  try {
    parseOptions(command, args.split(' '));
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return 'taken';
}

describe('what is taken', () => {
  test('defaults stand for what is absent', () => {
    const { values, words, json } = parseOptions(command, ['x1', '--name', 'n']);
    expect(values).toMatchObject({ name: 'n', file: 'a.yaml', port: 8080, scopes: [], force: false });
    expect(values.owner).toBeUndefined();
    expect([words, json]).toEqual([['x1'], false]);
  });

  test.each([
    ['--name n x --port 0', { port: 0 }],
    ['--name=n x --port=65535', { port: 65_535 }],
    ['--name n x --scopes a,b --scopes c', { scopes: ['a', 'b', 'c'] }],
    ['--name n x --scopes a,,b,', { scopes: ['a', 'b'] }],
    ['--name=-n x', { name: '-n' }],
    ['--name n x --force --force', { force: true }],
    ['--name n --json x', { json: true }],
    ['--name n -- -x', { name: 'n' }],
  ])('%s', (args, expected) => {
    expect(parseOptions(command, args.split(' ')).values).toMatchObject(expected);
  });

  test.each(['--help', '-h', 'x --help', '--name n x y z --help'])(
    '%s asks for help, whatever else is missing',
    (args) => {
      expect(parseOptions(command, args.split(' ')).help).toBe(true);
    },
  );
});

describe('what is refused', () => {
  test.each([
    ['x', '--name NAME is missing.'],
    ['--name n', 'ID is missing: `portcullis fetch ID`.'],
    ['--name n x y', '`y` is too much: `portcullis fetch` takes ID only.'],
    ['--nam n x', '`portcullis fetch` has no option --nam. Did you mean --name?'],
    ['--scope a x', '`portcullis fetch` has no option --scope. Did you mean --scopes?'],
    ['--zzzzzz x', '`portcullis fetch` has no option --zzzzzz.'],
    ['--__proto__ x', '`portcullis fetch` has no option --__proto__.'],
    ['--constructor=1 x', '`portcullis fetch` has no option --constructor.'],
    ['--no-force x', '`portcullis fetch` has no option --no-force.'],
    ['-p 1 x', '`portcullis fetch` has no option -p.'],
    ['x --name', '--name needs a value: --name NAME.'],
    ['x --name=', '--name needs a value: --name NAME.'],
    ['x --name --force', '--name needs a value: --name NAME.'],
    ['x --name n --force=yes', '--force takes no value.'],
    ['x --name n --name m', '--name is given twice.'],
    ['x --name n --port 65536', '--port must be a whole number from 0 to 65535.'],
    ['x --name n --port 1e3', '--port must be a whole number from 0 to 65535.'],
    ['x --name n --port 0x10', '--port must be a whole number from 0 to 65535.'],
    ['x --name n --port=-1', '--port must be a whole number from 0 to 65535.'],
    ['x --name n --port 80.5', '--port must be a whole number from 0 to 65535.'],
  ])('%s', (args, sentence) => {
    expect(refusal(args)).toBe(sentence);
  });
});
