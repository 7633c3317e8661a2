import { beforeEach, describe, expect, test } from 'vitest';
import { contextOf } from '../../../test/support/stage-context.ts';
import type { RequestContext } from '../../core/context.ts';
import type { StageChecks } from '../../core/stage.ts';
import { withMode } from '../../plan/mode.ts';
import { compileAddress, compilePrincipal, resetWorld, world } from './testdata/callers.ts';
import { ScriptedLimits } from './testdata/scripted-limits.ts';

let store: ScriptedLimits;

beforeEach(() => {
  resetWorld();
  store = new ScriptedLimits();
  world.limits = store;
});

const held = () => [...store.slots.values()];

async function passThrough(checks: StageChecks, ctx: RequestContext = contextOf()): Promise<RequestContext> {
  await checks.head?.run(ctx);
  return ctx;
}

describe('a slot', () => {
  test('is held until the request is over, and given back once', async () => {
    const checks = compilePrincipal({ concurrent: 2 });
    const ctx = await passThrough(checks);
    expect(held()).toEqual([1]);
    checks.finisher?.finish(ctx);
    checks.finisher?.finish(ctx);
    expect(held()).toEqual([0]);
    expect(ctx.slots).toBeNull();
  });

  test('of every stage is given back by the first that is told, and the others give back nothing', async () => {
    const address = compileAddress({ concurrent: 2 });
    const own = compilePrincipal({
      tier: 'free',
      concurrent: 3,
      limits: [{ id: 'all', by: 'api', concurrent: 9 }],
    });
    const ctx = await passThrough(own, await passThrough(address));
    expect(held()).toEqual([1, 1, 1, 1]);
    for (const checks of [address, own, address]) checks.finisher?.finish(ctx);
    expect(held()).toEqual([0, 0, 0, 0]);
  });

  test('is given back at once when the store answers after the client has gone', async () => {
    store.isSlow = true;
    const checks = compilePrincipal({ concurrent: 1 });
    const ctx = contextOf();
    const decision = checks.head?.run(ctx);
    checks.finisher?.finish(ctx);
    expect(held()).toEqual([1]);
    store.settle();
    await decision;
    expect(held()).toEqual([0]);
    expect(ctx.slots).toBeNull();
  });

  test.each([false, true])(
    'is given back with the note of the store; the store is slow: %s',
    async (isSlow) => {
      store.isSlow = isSlow;
      const checks = compilePrincipal({ concurrent: 9 });
      const ctxs = [contextOf(), contextOf()];
      const decisions = ctxs.map((ctx, at) => {
        store.answer = { slotNote: 5 + at };
        return checks.head?.run(ctx);
      });
      store.settle();
      await Promise.all(decisions);
      for (const ctx of ctxs) checks.finisher?.finish(ctx);
      expect(store.notes).toEqual([5, 6]);
    },
  );

  test('that a stage takes after the end is given back as well', async () => {
    const address = compileAddress({ concurrent: 1 });
    const own = compilePrincipal({ concurrent: 1 });
    const ctx = await passThrough(address);
    address.finisher?.finish(ctx);
    await passThrough(own, ctx);
    expect(held()).toEqual([0, 0]);
  });

  test.each([
    ['local', [1], [0]],
    ['allow', [1], [0]],
    ['deny', [], []],
  ] as const)(
    'that was decided by %s, without the store, is given back as it was taken',
    async (degraded, during, after) => {
      store.answer = { degraded, problem: 'gone', admitted: degraded !== 'deny' };
      const checks = compilePrincipal({ concurrent: 1 });
      const ctx = await passThrough(checks);
      expect(held()).toEqual(during);
      checks.finisher?.finish(ctx);
      expect(ctx.slots).toBeNull();
      expect(held()).toEqual(after);
    },
  );

  test('is none for a request that was refused', async () => {
    store.answer = { admitted: false, limit: 1, window: 'concurrent' };
    const checks = compilePrincipal({ concurrent: 1 });
    checks.finisher?.finish(await passThrough(checks));
    expect(held()).toEqual([]);
  });

  test('is taken and given back in observe mode, too', async () => {
    const checks = compilePrincipal({ concurrent: 1 });
    const ctx = contextOf();
    await withMode(checks.head, 'observe')?.run(ctx);
    expect(held()).toEqual([1]);
    checks.finisher?.finish(ctx);
    expect(held()).toEqual([0]);
  });

  test('of many requests that wait at once goes to the counter of each', async () => {
    store.isSlow = true;
    const checks = compileAddress({ concurrent: 5 });
    const contexts = ['192.0.2.1', '192.0.2.2', '192.0.2.1'].map((client) => contextOf({ client }));
    const decisions = contexts.map((ctx) => checks.head?.run(ctx));
    store.settle();
    await Promise.all(decisions);
    expect(held()).toEqual([2, 1]);
    for (const ctx of contexts) checks.finisher?.finish(ctx);
    expect(held()).toEqual([0, 0]);
  });
});
