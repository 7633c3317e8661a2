import { describe, expect, test } from 'vitest';
import { lossBound, outageBound, outageShare } from './outage-bound.ts';

describe('the share of a gateway', () => {
  test.each([
    [100, 1, 100],
    [100, 2, 50],
    [100, 3, 33],
    [3, 4, 1],
    [1, 50, 1],
  ])('of %d among %d is %d', (limit, gateways, share) => {
    expect(outageShare(limit, gateways)).toBe(share);
  });
});

describe('the bounds', () => {
  test.each([
    [100, 1, 200, 100],
    [100, 2, 200, 200],
    [100, 3, 199, 299],
    [100, 10, 200, 300],
    [5, 10, 15, 20],
    [1, 1, 2, 1],
  ])('limit %d, %d gateways: %d in an outage, %d with a loss', (limit, gateways, outage, loss) => {
    expect(outageBound(limit, gateways)).toBe(outage);
    expect(lossBound(limit, gateways)).toBe(loss);
  });

  test('an outage at most doubles a limit that is not smaller than the number of gateways', () => {
    for (let gateways = 1; gateways <= 40; gateways++) {
      for (let limit = gateways; limit <= 400; limit += 7) {
        expect(outageBound(limit, gateways)).toBeLessThanOrEqual(2 * limit);
      }
    }
  });

  test('gateways that nobody knows of add a share each', () => {
    expect(outageBound(100, 4, 2)).toBe(300);
  });

  test('no number of losses gives more than the limit of every gateway', () => {
    expect(lossBound(100, 5, 1000)).toBe(500);
  });
});
