import { expect, test } from 'vitest';
import { z } from 'zod';
import { type AnyOperation, Problem, runOperation } from './operation.ts';
import type { ControlServices } from './services.ts';

const operation: AnyOperation = {
  method: 'GET',
  path: '/v1/things/{id}',
  summary: 'A thing.',
  access: 'token',
  media: 'application/json',
  status: 200,
  params: z.strictObject({ id: z.string() }),
  query: z.strictObject({ limit: z.coerce.number().max(5).default(1) }),
  body: z.undefined('this operation takes no body'),
  response: z.object({ shown: z.string(), nested: z.object({ shown: z.string() }) }),
  run: async () => ({ shown: 'a', hash: 'secret', nested: { shown: 'b', salt: 'secret' } }),
};
const services = {} as ControlServices;

test('a field that the response schema does not name cannot leave', async () => {
  expect(await runOperation(operation, services, { params: { id: '1' } })).toEqual({
    shown: 'a',
    nested: { shown: 'b' },
  });
});

test('an answer of another shape is a defect, never sent', async () => {
  const wrong = { ...operation, run: async () => ({ shown: 1 }) };
  await expect(runOperation(wrong, services, { params: { id: '1' } })).rejects.toThrow();
});

test('every fault of the input is told at once, and nothing runs', async () => {
  let ran = false;
  const watched = {
    ...operation,
    run: async () => {
      ran = true;
    },
  };
  const problem = await runOperation(watched, services, { query: { limit: '9', sort: 'x' }, body: {} });
  expect(problem).toBeInstanceOf(Problem);
  expect((problem as Problem).members.faults).toHaveLength(4);
  expect((problem as Problem).message).toContain('this operation takes no body');
  expect(ran).toBe(false);
});

test.each([
  [{ params: { id: 'a\0' } }, ['params: a text holds a NUL']],
  [{ params: { id: '1' }, body: { list: [{ deep: '\0' }] } }, ['body: a text holds a NUL']],
  [{ params: { id: '\\u0000' }, body: null }, undefined],
])('%j: what no database keeps is refused before it gets there', async (raw, faults) => {
  const loose = { ...operation, body: z.unknown() };
  const result = (await runOperation(loose, services, raw)) as Partial<Problem>;
  expect(result.members?.faults).toEqual(faults);
});
