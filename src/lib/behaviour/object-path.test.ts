import { expect, test } from 'vitest';
import { lookAtTarget, type SeenObject } from './object-path.ts';

function look(target: string): SeenObject {
  const [path = '', query = ''] = target.split('?');
  const seen = { template: 0, object: 0, ordinal: 0 };
  lookAtTarget(path, query, seen);
  return seen;
}

test.each([
  ['/orders/1001', 1001],
  ['/orders/0', 0],
  ['/orders/ord_1001', 1001],
  ['/orders/INV-2024-0007', 7],
  ['/orders/1001/items', 1001],
  ['/orders/1001/items/3', 3],
  ['/orders?id=1001', 1001],
  ['/orders?userId=12&x=5', 12],
  ['/orders?order_id=ord_9', 9],
  ['/orders/99999999999999999999', -1],
  ['/users/3f2b8c1e-9f4d-4c1e-8a51-d2f0c7b1e9aa', -1],
])('%s asks for one of many, number %d', (target, ordinal) => {
  const seen = look(target);
  expect(seen.object).not.toBe(0);
  expect(seen.ordinal).toBe(ordinal);
});

test.each([
  '/orders',
  '/',
  '',
  '/v1/orders',
  '/api/v2',
  '/orders?page=7',
  '/orders?valid=1',
  '/users/me',
  '/a b/c',
])('%s asks for no object', (target) => expect(look(target)).toMatchObject({ object: 0, ordinal: -1 }));

test('objects of one kind have one template, and a hash each', () => {
  const [one, other] = [look('/orders/1001/items'), look('/orders/1002/items')];
  expect(one.template).toBe(other.template);
  expect(one.object).not.toBe(other.object);
  expect(look('/orders/1001').template).not.toBe(look('/users/1001').template);
  expect(look('/orders/1001').template).not.toBe(one.template);
  expect(look('/orders/ord_1').template).toBe(look('/orders/2').template);
  expect(look('/orders?id=1').template).toBe(look('/orders?id=2').template);
  expect(look('/orders?id=1').template).not.toBe(look('/orders?user_id=1').template);
});

test('two identifiers make another object than each of them', () => {
  const hashes = ['/a/1/b/2', '/a/2/b/1', '/a/12/b/2', '/a/1/b/22'].map((target) => look(target).object);
  expect(new Set(hashes).size).toBe(hashes.length);
});
