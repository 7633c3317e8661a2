import { expect, test } from 'vitest';
import { problemsOf } from '../../../test/support/stage-context.ts';
import { validation } from './validation.ts';

test.each([
  [{ contentTypes: ['json'] }, '/contentTypes/0', 'such as "application/json"'],
  [{ contentTypes: ['application/json; charset=utf-8'] }, '/contentTypes/0', 'write "application/json"'],
  [{ contentTypes: ['*/json'] }, '/contentTypes/0', 'is not a media type'],
  [{ contentTypes: ['application/json*'] }, '/contentTypes/0', 'is not a media type'],
  [{ contentTypes: ['*'] }, '/contentTypes/0', 'is not a media type'],
  [{ contentEncodings: ['gzipp'] }, '/contentEncodings/0', ''],
  [{ headers: { 'X A': {} } }, '/headers/X A', 'not a field name'],
  [{ headers: { 'X-A': {}, 'x-a': {} } }, '/headers/x-a', 'are one field'],
  [{ headers: { 'X-A': { oneOf: [] } } }, '/headers/X-A/oneOf', ''],
  [{ headers: { 'X-A': { oneOf: [' v1'] } } }, '/headers/X-A/oneOf/0', 'outer blanks'],
  [{ headers: { 'X-A': { pattern: 'x' } } }, '/headers/X-A', 'pattern'],
  [{ maxBodyBytes: 0 }, '/maxBodyBytes', ''],
  [{ json: true }, '/json', ''],
  [{ json: { depth: 3 } }, '/json', ''],
])('%j is a mistake at %s', (block, pointer, advice) => {
  const [problem, ...more] = problemsOf(validation, block);
  expect(more).toEqual([]);
  expect(problem?.startsWith(`${pointer}: `)).toBe(true);
  expect(problem).toContain(advice);
});

test('types under which JSON slips past are reported as weak', () => {
  const of = (block: unknown) =>
    validation.weaknesses?.(validation.schema.parse(block)).map((weakness) => weakness.pointer);
  const contentTypes = ['application/json', 'text/plain', '*/*', 'application/*', 'text/*', 'image/*'];
  expect(of({ json: {}, contentTypes })).toEqual([
    '/contentTypes/1',
    '/contentTypes/2',
    '/contentTypes/3',
    '/contentTypes/4',
  ]);
  expect(of({ contentTypes })).toEqual([]);
  expect(of({ json: {} })).toEqual([]);
});
