import { beforeEach, expect, test } from 'vitest';
import { principalWith } from '../../../test/support/principals.ts';
import { CONTINUE } from '../../core/decision.ts';
import { windowsOnly } from '../../core/limits.ts';
import { ask, bodyOf, compilePrincipal, fieldOf, passed, resetWorld } from './testdata/callers.ts';

beforeEach(resetWorld);

const WITH_KEYS = { acceptsKeys: true };
const withLimits = (keyId: string, keyLimits: object, counterKey = `key:${keyId}`) =>
  principalWith({ keyId, counterKey, keyLimits: { perMinute: 0, perHour: 0, perDay: 0, ...keyLimits } });

test.each([{}, { by: 'address' }])('a key has its own limit where %j limits nothing', (block) => {
  const { head } = compilePrincipal(block, WITH_KEYS);
  const principal = withLimits('a', { perMinute: 2 });
  expect(passed(5, head, { principal })).toBe(2);
  expect(passed(5, head, { principal: withLimits('b', { perMinute: 3 }) })).toBe(3);
  expect(passed(5, head, { principal: principalWith({ keyId: 'c' }) })).toBe(5);
  expect(passed(5, head)).toBe(5);
});

test('one allowance for all APIs and for all users of the key', () => {
  const orders = compilePrincipal({}, WITH_KEYS).head;
  const users = compilePrincipal({}, { ...WITH_KEYS, apiId: 'users' }).head;
  expect(passed(2, orders, { principal: withLimits('a', { perMinute: 3 }, 'user:alice') })).toBe(2);
  expect(passed(2, users, { principal: withLimits('a', { perMinute: 3 }, 'user:bob') })).toBe(1);
});

test.each([
  [5, 3, 3],
  [3, 5, 3],
])('with %i of the tier and %i of the key, %i pass', (tier, own, count) => {
  const tiers = new Map([['t', windowsOnly({ perMinute: tier, perHour: 0, perDay: 0 })]]);
  const { head } = compilePrincipal({ tier: 't' }, { ...WITH_KEYS, tiers });
  expect(passed(9, head, { principal: withLimits('a', { perMinute: own }) })).toBe(count);
});

test('the refusal tells the numbers of the key, and takes nothing from the tier', () => {
  const tiers = new Map([['t', windowsOnly({ perMinute: 10, perHour: 0, perDay: 0 })]]);
  const { head } = compilePrincipal({ tier: 't' }, { ...WITH_KEYS, tiers });
  const principal = withLimits('a', { perMinute: 2 }, 'owner');
  expect(passed(6, head, { principal })).toBe(2);
  const { decision, ctx } = ask(head, { principal });
  expect(decision.reason).toBe('ratelimit.exceeded');
  expect(decision.detail).toContain('limits of the key');
  expect(bodyOf(decision)).toMatchObject({ current_limit: 2, remaining: 0, tier: null });
  expect(fieldOf(ctx.addedHeaders, 'X-RateLimit-Limit')).toBe('2');
  expect(passed(20, head, { principal: principalWith({ counterKey: 'owner', keyId: 'other' }) })).toBe(8);
});

test('a route that takes no keys has nothing to count', () => {
  expect(compilePrincipal({}, { acceptsKeys: false })).toEqual({});
  expect(ask(compilePrincipal({}, WITH_KEYS).head, {}).decision).toBe(CONTINUE);
});
