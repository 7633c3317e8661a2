import { expect, test } from 'vitest';
import { parseConfig } from '../config/load.ts';
import { findWeaknesses } from '../config/weaknesses.ts';
import { compileProblems } from './compile-problems.ts';
import { initTemplate } from './init-template.ts';

test('what `init` writes has neither mistakes nor weak settings', () => {
  const { config, problems, typedSecrets } = parseConfig(
    initTemplate('./x.json', 'http://127.0.0.1:3000'),
    'portcullis.yaml',
  );
  expect(problems).toEqual([]);
  if (config === null) throw new Error('no configuration');
  expect(compileProblems(config)).toEqual([]);
  expect(findWeaknesses(config, typedSecrets)).toEqual([]);
});

test('an upstream cannot say more than that', () => {
  const text = initTemplate('./x.json', 'http://h"\nthreads: 3\n#');
  expect(parseConfig(text, 'portcullis.yaml').problems.map(({ pointer }) => pointer)).toEqual([
    '/apis/0/upstream',
  ]);
});
