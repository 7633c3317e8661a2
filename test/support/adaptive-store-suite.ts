import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AdaptiveAction } from '../../src/core/adaptive-actions.ts';
import type { Database } from '../../src/stores/sql/open-database.ts';
import type { StoreWorld } from './record-stores.ts';

/** An action at an instant. */
export function adaptiveAction(atMs: number, over: Partial<AdaptiveAction> = {}): AdaptiveAction {
  return {
    id: `ada_${atMs}`,
    kind: 'throttled',
    client: `key:O'Brien "; drop table api_keys; --`,
    isAddress: false,
    atMs,
    sinceMs: atMs,
    untilMs: 8_640_000_000_000_000,
    mode: 'enforce',
    share: 0.5,
    score: 0.812,
    drivers: [{ feature: 'requests', was: '500 requests', usual: '30 requests', deviation: 8.1, share: 1 }],
    ...over,
  };
}

/** What every store of adaptive actions does. */
export function describeAdaptiveActions({ open }: StoreWorld): void {
  describe('AdaptiveActions', () => {
    let database: Database;

    beforeEach(async () => {
      database = await open({ maxCount: 1_000, maxAgeMs: 1_000 });
    });
    afterEach(() => database.close());

    const idsOf = async (from: number, to: number, limit?: number): Promise<number[]> =>
      (await database.adaptive.list(from, to, limit)).map(({ atMs }) => atMs);

    test('are given back exactly as they were stored', async () => {
      const actions = [
        adaptiveAction(1),
        adaptiveAction(2, {
          kind: 'review',
          isAddress: true,
          client: '2001:db8::/64',
          mode: 'observe',
          drivers: [],
        }),
      ];
      await database.adaptive.add(actions);
      await database.adaptive.add([]);
      expect(await database.adaptive.list(0, 10)).toEqual(actions);
    });

    test('are listed for a stretch of time, of many the latest, the oldest first', async () => {
      await database.adaptive.add(Array.from({ length: 120 }, (_, i) => adaptiveAction(i + 1)));
      expect(await idsOf(10, 13)).toEqual([10, 11, 12]);
      expect(await idsOf(0, 1_000, 2)).toEqual([119, 120]);
      expect(await idsOf(500, 1_000)).toEqual([]);
    });

    test('are deleted by age and beyond a number', async () => {
      await database.adaptive.add(Array.from({ length: 20 }, (_, i) => adaptiveAction(i + 1)));
      await database.adaptive.prune(5, 100);
      expect(await idsOf(0, 100)).toHaveLength(16);
      await database.adaptive.prune(0, 3);
      expect(await idsOf(0, 100)).toEqual([18, 19, 20]);
    });
  });
}
