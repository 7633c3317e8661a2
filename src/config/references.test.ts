import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveReferences } from './references.ts';

const baseDir = join(import.meta.dirname, 'testdata/files');
const env = { NAME: 'value', EMPTY: '', NESTED: '${env:NAME}', LETTERS: 'x' };

describe('resolveReferences', () => {
  test.each([
    ['${env:NAME}', 'value'],
    ['a-${env:NAME}-${env:LETTERS}', 'a-value-x'],
    ['${file:secret.txt}', 'hunter2-abcdef'],
    ['${file:./../files/secret.txt}', 'hunter2-abcdef'],
    ['$${env:NAME}', '${env:NAME}'],
    ['$$${env:NAME}', '$${env:NAME}'],
    ['cost: $5 {env:NAME}', 'cost: $5 {env:NAME}'],
    ['${env:NESTED}', '${env:NAME}'],
  ])('%s is %s', (text, value) => {
    const { document, problems } = resolveReferences({ a: [text] }, { baseDir, env });
    expect(problems).toEqual([]);
    expect(document).toEqual({ a: [value] });
  });

  test.each([
    ['${env:NONE}', 'The environment variable NONE is not set.'],
    ['${env:NAMES}', 'The environment variable NAMES is not set.'],
    ['${env:EMPTY}', 'The environment variable EMPTY is empty.'],
    ['${env:toString}', 'The environment variable toString is not set.'],
    ['${file:none}', `The file ${baseDir}/none cannot be read: there is no such file.`],
    ['${file:.}', `The file ${baseDir} cannot be read: it is a directory.`],
    ['${file:/dev/zero}', 'The file /dev/zero cannot be read: it is not a regular file.'],
    ['${NAME}', '`${NAME}` is not a reference.'],
    ['${env:NAME', '`${env:NAME` is not a reference.'],
    ['${vault:x}', '`${vault:x}` is not a reference.'],
    ['${}', '`${}` is not a reference.'],
  ])('%s is a problem', (text, message) => {
    const { problems } = resolveReferences({ a: [text] }, { baseDir, env });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ pointer: '/a/0', message });
  });

  test('says what came from where', () => {
    const document = { 'a/b': '${env:NAME}', c: 'x-${env:NAME}${file:secret.txt}', d: '$${' };
    const { references, secrets, files } = resolveReferences(document, { baseDir, env });
    expect([...references]).toEqual([
      ['/a~1b', '${env:NAME}'],
      ['/c', 'x-${env:NAME}${file:secret.txt}'],
    ]);
    expect([...secrets.values()]).toEqual(['value', 'hunter2-abcdef']);
    expect(files).toEqual([join(baseDir, 'secret.txt')]);
  });

  test('leaves keys alone', () => {
    const { document } = resolveReferences({ '${env:NAME}': 1 }, { baseDir, env });
    expect(document).toEqual({ '${env:NAME}': 1 });
  });
});
