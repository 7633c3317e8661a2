import { describe, expect, test } from 'vitest';
import { adaptiveAction } from '../../test/support/adaptive-store-suite.ts';
import { adaptiveSchema } from '../config/adaptive.schema.ts';
import type { AdaptiveAction } from '../core/adaptive-actions.ts';
import { Unavailable } from '../core/errors.ts';
import type { AdaptiveState } from './adaptive-state.ts';
import { AdaptiveWatch } from './adaptive-watch.ts';
import { StandingProblems } from './standing-problems.ts';

const NOW_MS = 1_000_000;

function world(past: readonly AdaptiveAction[], mode: 'enforce' | 'observe' | 'off' = 'enforce') {
  const kept: AdaptiveAction[] = [];
  const published: AdaptiveState[] = [];
  const problems = new StandingProblems(() => {});
  const state = { nowMs: NOW_MS, isDown: false, config: adaptiveSchema.parse({ mode }), asked: 0 };
  const down = (): void => {
    if (state.isDown) throw new Unavailable('database', 'The database is down.');
  };
  const watch = new AdaptiveWatch({
    config: () => state.config,
    clock: { nowMs: () => state.nowMs },
    actions: {
      add: async (actions) => {
        down();
        kept.push(...actions);
      },
      list: async () => {
        down();
        return past;
      },
      prune: async () => down(),
    },
    problems,
    raise: () => {},
    collect: async () => {
      state.asked++;
      return [];
    },
    publish: (next) => published.push(next),
  });
  return { watch, kept, published, problems, state };
}

const inForce = adaptiveAction(NOW_MS - 1_000, { client: 'key:a', untilMs: NOW_MS + 1_000 });

describe('after a restart', () => {
  test('what was in force goes on, and ends with its time', async () => {
    const { watch, kept, published, state } = world([inForce]);
    await watch.start();
    expect(published.at(-1)?.shares).toMatchObject([{ client: 'key:a', isAddress: false, share: 0.5 }]);
    expect(published.at(-1)?.shares[0]?.why).toContain('500 requests in a window where 30 requests is usual');
    state.nowMs += 1_000;
    await watch.endWindow();
    expect(published.at(-1)?.shares).toEqual([]);
    expect(kept).toMatchObject([{ kind: 'restored', client: 'key:a' }]);
    await watch.close();
  });

  test.each([
    ['was restored since', [inForce, adaptiveAction(NOW_MS - 500, { kind: 'restored', client: 'key:a' })]],
    ['was accepted since', [inForce, adaptiveAction(NOW_MS - 500, { kind: 'accepted', client: 'key:a' })]],
    ['has ended', [{ ...inForce, untilMs: NOW_MS }]],
    ['was only observed', [{ ...inForce, mode: 'observe' as const }]],
    ['only wants a look', [{ ...inForce, kind: 'review' as const }]],
  ])('what %s does not', async (_, past) => {
    const { watch, published } = world(past);
    await watch.start();
    expect(published.at(-1)?.shares).toEqual([]);
    await watch.close();
  });
});

test('a database that is down is a problem, and limits are restored all the same', async () => {
  const { watch, published, problems, state } = world([inForce]);
  await watch.start();
  state.isDown = true;
  state.nowMs += 1_000;
  await watch.endWindow();
  expect(published.at(-1)?.shares).toEqual([]);
  expect(problems.all).toEqual(['Adaptive limits cannot keep what they do: The database is down.']);
  state.isDown = false;
  await watch.accept({ client: 'key:none', isAddress: false });
  await watch.close();
});

test('a mode that is changed by a reload takes effect with the next window', async () => {
  const { watch, published, state } = world([inForce]);
  await watch.start();
  state.config = adaptiveSchema.parse({ mode: 'observe' });
  await watch.endWindow();
  expect(published.at(-1)).toMatchObject({ isCounting: true, shares: [] });
  state.config = adaptiveSchema.parse({ mode: 'off' });
  const { asked } = state;
  await watch.endWindow();
  expect(published.at(-1)).toMatchObject({ isCounting: false, shares: [] });
  expect(state.asked).toBe(asked);
  await watch.close();
});
