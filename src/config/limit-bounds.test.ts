import { expect, test } from 'vitest';
import { findLimitBounds } from './limit-bounds.ts';
import { parseConfig } from './load.ts';

/** The bounds of a gateway with one API that has this block. */
function boundsOf(
  rateLimit: object,
  counters: object = { url: 'redis://127.0.0.1' },
  endpoints: object[] = [],
) {
  const document = {
    version: 1,
    counters,
    apis: [
      { id: 'shop', path: '/', upstream: 'http://127.0.0.1:1', authenticate: 'none', rateLimit, endpoints },
    ],
  };
  const { config, problems } = parseConfig(JSON.stringify(document), '/nowhere/x.yaml', { env: {} });
  expect(problems).toEqual([]);
  return findLimitBounds(config as NonNullable<typeof config>);
}

test('nothing is shared in memory', () => {
  expect(boundsOf({ perMinute: 10 }, {})).toEqual([]);
});

test('what is off is not there, and what limits nothing either', () => {
  expect(boundsOf({ perMinute: 10, mode: 'off' })).toEqual([]);
  expect(boundsOf({ concurrent: 10 })).toEqual([]);
});

test.each([
  ['strict', 0, 0, '`rateLimit`: its own numbers. strict: over by 0, refused early 0;'],
  [
    'leased',
    0,
    49,
    'leased: over by 0, refused early up to 49 of 500 for each other thread of a gateway, for 1.3 s at most;',
  ],
  ['local', 500, 0, 'local: over by 500 for each gateway beyond the first'],
])('%s', (counting, overAdmission, refusedEarly, words) => {
  const [bound, ...more] = boundsOf({ perMinute: 500, perHour: 2000, counting });
  expect(more).toEqual([]);
  expect(bound).toMatchObject({ pointer: '/apis/0/rateLimit', counting, overAdmission, refusedEarly });
  expect(bound?.message).toContain(words);
});

test('tiers, limits of a list and what a preset says are named, together where their bounds are the same', () => {
  const tiers = boundsOf({ tier: 'fromPrincipal', counting: 'strict' });
  expect(tiers.map(({ of }) => of)).toEqual([
    '`rateLimit`: tier free, tier basic, tier pro, tier enterprise, tier internal',
  ]);
  const limits = [{ id: 'by-user', perDay: 1000 }];
  const found = boundsOf({ preset: 'search', limits, counting: 'leased' });
  expect(found.map(({ of, refusedEarly }) => [of, refusedEarly])).toEqual([
    ['`rateLimit`: its own numbers', 1],
    ['`rateLimit`: limit by-user', 99],
  ]);
});

test('a tier that one route leases is short of that for a strict one', () => {
  const tier = { tier: 'enterprise', counting: 'strict' };
  const endpoints = [{ path: '/leased', rateLimit: { counting: 'leased' } }];
  expect(
    boundsOf(tier, undefined, endpoints).map(({ counting, refusedEarly }) => [counting, refusedEarly]),
  ).toEqual([
    ['strict', 33],
    ['leased', 33],
  ]);
});

test('larger and longer leases may refuse more and for longer', () => {
  const url = 'redis://127.0.0.1';
  const block = { perMinute: 100, counting: 'leased', burst: { mode: 'enforce', factor: 2, forS: 10 } };
  const [bound] = boundsOf(block, { url, lease: { share: 0.5, forMs: 4000 } });
  // A bucket of 16.7 tokens that refills every 600 ms.
  expect(bound).toMatchObject({ refusedEarly: 7, refusedEarlyMs: 5000 });
  expect(bound?.message).toContain('an enforced burst may be 7 larger');
});

test.each<[object, string]>([
  [{}, 'Without Redis: over by the limit again at most'],
  [{ counting: 'leased' }, 'Without Redis: over by the limit again at most'],
  [{ onUnavailable: 'deny' }, 'Without Redis: all is refused.'],
  [{ preset: 'login' }, 'Without Redis: all is refused.'],
  [{ onUnavailable: 'allow' }, 'Without Redis: nothing is limited.'],
])('%j in an outage', (block, words) => {
  expect(boundsOf({ perMinute: 500, ...block })[0]?.message).toContain(words);
});

test('what is counted locally does not notice', () => {
  expect(boundsOf({ perMinute: 5, counting: 'local' })[0]?.message).not.toContain('Without Redis');
});
