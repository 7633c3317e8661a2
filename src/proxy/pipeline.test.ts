import { expect, test } from 'vitest';
import { contextOf } from '../../test/support/stage-context.ts';
import type { RequestContext } from '../core/context.ts';
import { CONTINUE, Decision, deny } from '../core/decision.ts';
import type { RouteCheck } from '../core/route.ts';
import { runChecks } from './pipeline.ts';

const REFUSAL = deny('access.denied');
const check = (run: (ctx: RequestContext) => unknown): RouteCheck => ({
  stage: 'access',
  phase: 'head',
  mode: 'enforce',
  check: { run: run as RouteCheck['check']['run'] },
});
const passing = check(() => CONTINUE);

function run(checks: readonly RouteCheck[]) {
  const ctx = contextOf();
  const bugs: unknown[] = [];
  const result = runChecks(checks, ctx, (_ctx, _check, error) => bugs.push(error));
  return { ctx, bugs, result };
}

test('checks that continue all run, in order, and leave their cost', () => {
  const order: number[] = [];
  const noting = (n: number) =>
    check(() => {
      order.push(n);
      return CONTINUE;
    });
  const { ctx, result } = run([noting(1), noting(2), noting(3)]);
  expect(result).toBe(CONTINUE);
  expect(order).toEqual([1, 2, 3]);
  expect(ctx.costsNs).toHaveLength(3);
  expect(ctx.decidedAt).toBe(-1);
});

test('the first that does not continue stops the request', () => {
  let isReached = false;
  const after = check(() => {
    isReached = true;
    return CONTINUE;
  });
  const { ctx, result } = run([passing, check(() => REFUSAL), after]);
  expect(result).toBe(REFUSAL);
  expect(isReached).toBe(false);
  expect(ctx.decidedAt).toBe(1);
});

test.each([
  ['undefined', () => undefined],
  ['null', () => null],
  ['true', () => true],
  ['an object that looks like a decision', () => ({ ...CONTINUE })],
  [
    'a throw',
    () => {
      throw new Error('broken');
    },
  ],
])('%s is a bug, and the request is refused', (_, broken) => {
  const { bugs, result } = run([check(broken), passing]);
  expect((result as Decision).reason).toBe('gateway.bug');
  expect((result as Decision).status).toBe(500);
  expect(bugs).toHaveLength(1);
});

test.each([
  ['undefined', async () => undefined],
  ['true', async () => true],
  ['a rejection', () => Promise.reject(new Error('broken'))],
])('a promise of %s is a bug, and the request is refused', async (_, broken) => {
  const { bugs, result } = run([check(broken), passing]);
  const decision = await result;
  expect(decision).toBeInstanceOf(Decision);
  expect(decision.reason).toBe('gateway.bug');
  expect(bugs).toHaveLength(1);
});

test('a check that waits holds up those after it', async () => {
  const order: string[] = [];
  const slow = check(async () => {
    await null;
    order.push('slow');
    return CONTINUE;
  });
  const next = check(() => {
    order.push('next');
    return REFUSAL;
  });
  const { ctx, result } = run([passing, slow, next]);
  expect(order).toEqual([]);
  expect(await result).toBe(REFUSAL);
  expect(order).toEqual(['slow', 'next']);
  expect(ctx.decidedAt).toBe(2);
  expect(ctx.ran).toHaveLength(3);
});

test('what observe mode would have done is noted with its place', () => {
  const observed = check((ctx) => {
    ctx.observed = REFUSAL;
    return CONTINUE;
  });
  const { ctx } = run([passing, observed, passing]);
  expect(ctx.observations).toEqual([{ at: 1, decision: REFUSAL }]);
});
