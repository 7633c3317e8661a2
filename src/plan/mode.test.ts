import { expect, test } from 'vitest';
import { contextOf } from '../../test/support/stage-context.ts';
import { CONTINUE, type Decision, deny } from '../core/decision.ts';
import type { Check } from '../core/stage.ts';
import { FieldLines } from '../lib/http/field-lines.ts';
import { withMode } from './mode.ts';

const REFUSAL = deny('access.denied');
const refusing: Check = {
  run(ctx) {
    ctx.addedHeaders.push('X-Side', 'effect');
    ctx.responseHeaders?.remove('server');
    return REFUSAL;
  },
};

test('enforce leaves the check as it is, off makes none', () => {
  expect(withMode(refusing, 'enforce')).toBe(refusing);
  expect(withMode(refusing, 'off')).toBeNull();
  expect(withMode(undefined, 'enforce')).toBeNull();
});

test('observe lets pass, notes the decision and takes back what the check did to the answer', () => {
  const ctx = contextOf();
  ctx.addedHeaders.push('X-Kept', '1');
  ctx.responseHeaders = FieldLines.fromFlat(['Server', 'secret/1']);
  expect(withMode(refusing, 'observe')?.run(ctx)).toBe(CONTINUE);
  expect(ctx.observed).toBe(REFUSAL);
  expect(ctx.addedHeaders).toEqual(['X-Kept', '1']);
  expect(ctx.responseHeaders.get('server')).toBe('secret/1');
});

test('observe waits for a check that waits', async () => {
  const ctx = contextOf();
  const late: Check = { run: async () => REFUSAL };
  expect(await withMode(late, 'observe')?.run(ctx)).toBe(CONTINUE);
  expect(ctx.observed).toBe(REFUSAL);
});

test('observe does not hide what is no decision: the pipeline refuses it as a bug', () => {
  const broken: Check = { run: () => undefined as unknown as Decision };
  expect(withMode(broken, 'observe')?.run(contextOf())).toBeUndefined();
});

test('a check in observe mode still says whether it needs the body', () => {
  const check = (wants?: boolean): Check => ({
    run: () => CONTINUE,
    ...(wants === undefined ? {} : { wantsBody: () => wants }),
  });
  const ctx = contextOf();
  expect(withMode(check(false), 'observe')?.wantsBody?.(ctx)).toBe(false);
  expect(withMode(check(true), 'observe')?.wantsBody?.(ctx)).toBe(true);
  expect(withMode(check(), 'observe')?.wantsBody?.(ctx)).toBe(true);
});
