import { expect, test } from 'vitest';
import { Standing } from './standing.ts';

test('what was set alike has one standing', () => {
  const root = new Standing();
  const one = root.after(3, '5')?.after(4, 2);
  expect(root.after(3, '5')?.after(4, 2)).toBe(one);
  expect(root.after(3, '6')?.after(4, 2)).not.toBe(one);
  expect(root.after(4, 2)?.after(3, '5')).not.toBe(one);
  expect(root.after(3, undefined)).not.toBe(root);
});

test('there are no more than a bounded number of standings, and those there are stay', () => {
  const root = new Standing();
  const first = root.after(1, 'first');
  let count = 0;
  for (let value = 0; value < 10_000; value++) if (root.after(2, value) !== null) count++;
  expect(count).toBeLessThan(2_000);
  expect(first?.after(2, 'more')).toBeNull();
  expect(root.after(1, 'first')).toBe(first);
});

test('long values, which requests could bring, are not kept', () => {
  const root = new Standing();
  expect(root.after(1, 'x'.repeat(64))).not.toBeNull();
  expect(root.after(1, 'x'.repeat(65))).toBeNull();
});
