import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IsolationForest } from './isolation-forest.ts';
import type { Points } from './isolation-tree.ts';
import { averagePathLength } from './path-length.ts';
import { seededRandom } from './seeded-random.ts';

const pointsOf = (rows: readonly (readonly number[])[]): Points => ({
  values: Float64Array.from(rows.flat()),
  features: rows[0]?.length ?? 0,
});
const rowOf = (...values: number[]): Float64Array => Float64Array.from(values);

/** A sum of twelve even draws is close enough to a bell curve. */
function bell(random: () => number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}

function cloud(rows: number, features: number, seed: number): number[][] {
  const random = seededRandom(seed);
  return Array.from({ length: rows }, () => Array.from({ length: features }, () => bell(random)));
}

describe('path length', () => {
  test.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1.2074],
    [10, 3.7489],
    [256, 10.2448],
  ])('c(%i) is %f', (size, expected) => {
    expect(averagePathLength(size)).toBeCloseTo(expected, 3);
  });
});

describe('known data', () => {
  const forest = IsolationForest.of(pointsOf(cloud(1000, 2, 1)), { seed: 7 });

  test('the middle scores low, the rim higher, what is far away highest', () => {
    const scores = [0, 2, 4, 8].map((x) => forest.score(rowOf(x, 0)));
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    expect(scores[0]).toBeLessThan(0.45);
    expect(scores[3]).toBeGreaterThan(0.7);
  });

  test('most points of the sample score below a half', () => {
    const scores = cloud(1000, 2, 2).map((row) => forest.score(rowOf(...row)));
    expect(scores.filter((score) => score < 0.5).length).toBeGreaterThan(700);
    expect(Math.max(...scores)).toBeLessThan(0.95);
  });

  test('the outliers of a sample that has some are found, without their being marked', () => {
    const outliers = Array.from({ length: 10 }, (_, i) => [6 + i / 10, -6 - i / 10]);
    const mixed = [...cloud(990, 2, 3), ...outliers];
    const found = IsolationForest.of(pointsOf(mixed), { seed: 7 });
    const ranked = mixed
      .map((row, at) => ({ at, score: found.score(rowOf(...row)) }))
      .sort((a, b) => b.score - a.score);
    const top = ranked.slice(0, 10).filter(({ at }) => at >= 990);
    expect(top.length).toBeGreaterThanOrEqual(8);
  });
});

describe('features that are constant in the sample, as those of real traffic are', () => {
  const rows = cloud(500, 3, 5).map(([a = 0, b = 0, c = 0]) => [a, 0, b, 1, c]);
  const forest = IsolationForest.of(pointsOf(rows), { seed: 1 });
  const usual = forest.score(rowOf(0, 0, 0, 1, 0));

  test('an absurd outlier is no normal point', () => {
    expect(usual).toBeLessThan(0.45);
    expect(forest.score(rowOf(1e6, 50, 1e6, -50, 1e6))).toBeGreaterThan(0.85);
  });

  test('a point that differs in a constant feature alone stands out, and that feature is named', () => {
    const odd = rowOf(0, 4, 0, 1, 0);
    expect(forest.score(odd)).toBeGreaterThan(usual + 0.15);
    const parts = [...forest.contributions(odd)];
    expect(parts.indexOf(Math.max(...parts))).toBe(1);
  });

  test('points that are all alike give no split, and any other is told apart', () => {
    const same = IsolationForest.of(pointsOf(Array.from({ length: 64 }, () => [3, 3])), { seed: 1 });
    expect(same.score(rowOf(3, 3))).toBeCloseTo(0.5, 5);
    expect(same.score(rowOf(9, 3))).toBeGreaterThan(0.7);
    expect(same.score(rowOf(9, 9))).toBeGreaterThan(0.85);
  });
});

test('the feature that drove a score contributes most to it', () => {
  const forest = IsolationForest.of(pointsOf(cloud(800, 6, 11)), { seed: 3 });
  for (let feature = 0; feature < 6; feature++) {
    const row = new Float64Array(6);
    row[feature] = 7;
    const parts = [...forest.contributions(row)];
    expect(parts.indexOf(Math.max(...parts))).toBe(feature);
  }
});

test.each([0, 1])('%i points are none to learn from', (rows) => {
  expect(() => IsolationForest.of({ values: new Float64Array(rows * 2), features: 2 }, { seed: 1 })).toThrow(
    RangeError,
  );
});

const samples = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 60 }))
  .chain(([features, rows]) =>
    fc.record({
      rows: fc.array(
        fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 })), {
          minLength: features,
          maxLength: features,
        }),
        { minLength: rows, maxLength: rows },
      ),
      probe: fc.array(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), {
        minLength: features,
        maxLength: features,
      }),
      seed: fc.integer(),
      subsample: fc.integer({ min: 2, max: 64 }),
    }),
  );

describe('for any points', () => {
  test('scores lie between 0 and 1, the contributions add up to the score, and the seed decides', () => {
    fc.assert(
      fc.property(samples, ({ rows, probe, seed, subsample }) => {
        const options = { seed, subsample, trees: 20 };
        const forest = IsolationForest.of(pointsOf(rows), options);
        const row = rowOf(...probe);
        const score = forest.score(row);
        expect(score).toBeGreaterThan(0);
        expect(score).toBeLessThanOrEqual(1);
        const normal = averagePathLength(Math.min(subsample, rows.length));
        const sum = forest.contributions(row).reduce((all, part) => all + part, 0);
        expect(2 ** ((sum - normal) / normal)).toBeCloseTo(score, 8);
        expect(IsolationForest.of(pointsOf(rows), options).score(row)).toBe(score);
      }),
      { numRuns: 150 },
    );
  });

  test('what lies outside of everything scores no less than any point inside', () => {
    fc.assert(
      fc.property(samples, ({ rows, seed, subsample }) => {
        const forest = IsolationForest.of(pointsOf(rows), { seed, subsample, trees: 20 });
        const far = new Float64Array(forest.features).fill(1e15);
        const highest = Math.max(...rows.map((row) => forest.score(rowOf(...row))));
        expect(forest.score(far)).toBeGreaterThanOrEqual(highest - 1e-12);
      }),
      { numRuns: 100 },
    );
  });
});
