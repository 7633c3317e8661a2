import { beforeEach, describe, expect, test } from 'vitest';
import { principalWith } from '../../../test/support/principals.ts';
import { MAX_HITS } from '../../core/limits.ts';
import { NO_ATTRIBUTES } from '../../core/principal.ts';
import { MAX_HITS as MOST_OF_MEMORY } from '../../stores/shared/take-work.ts';
import {
  ask,
  askSlowly,
  bodyOf,
  compilePrincipal,
  fieldOf,
  passed,
  principalOf,
  problemsOfBlock,
  resetWorld,
  world,
} from './testdata/callers.ts';
import { ScriptedLimits } from './testdata/scripted-limits.ts';
import { DEFAULT_TIERS, limitsOf } from './tiers.ts';

beforeEach(resetWorld);

const ofTenant = (tenant: string, user: string) =>
  principalWith({ counterKey: user, attributes: { ...NO_ATTRIBUTES, tenant } });

describe('several limits at once', () => {
  const block = {
    perMinute: 3,
    limits: [
      { id: 'tenant', by: 'tenant', perMinute: 5 },
      { id: 'all', by: 'api', perMinute: 7 },
    ],
  };

  test('the tightest answers, and what it refuses is taken from none', () => {
    const { head } = compilePrincipal(block);
    expect(passed(9, head, { principal: ofTenant('a', 'alice') })).toBe(3);
    expect(passed(9, head, { principal: ofTenant('a', 'bob') })).toBe(2);
    expect(passed(9, head, { principal: ofTenant('b', 'carol') })).toBe(2);
    const { decision } = ask(head, { principal: ofTenant('c', 'dave') });
    expect(decision.detail).toBe('limit `all` of orders: 7 in any minute, counted by api');
    expect(bodyOf(decision)).toMatchObject({ current_limit: 7, tier: null });
  });

  test('every limit in force has a name of its own in RateLimit-Policy', () => {
    const { head } = compilePrincipal({ ...block, tier: 'free' }, { endpointId: 'search' });
    const { ctx } = ask(head, { principal: ofTenant('a', 'alice') });
    expect(fieldOf(ctx.addedHeaders, 'RateLimit-Policy')).toBe(
      '"minute";q=30;w=60, "hour";q=500;w=3600, "day";q=5000;w=86400, "concurrent";q=5;qu="concurrent-requests", ' +
        '"endpoint-minute";q=3;w=60, "tenant-minute";q=5;w=60, "all-minute";q=7;w=60',
    );
    expect(fieldOf(ctx.addedHeaders, 'RateLimit')).toBe('"endpoint-minute";r=2;t=60');
  });

  test('all callers of an API are counted together on all its endpoints, and not with those of another', () => {
    const limits = [{ id: 'all', by: 'api', perMinute: 4 }];
    const search = compilePrincipal({ limits }, { endpointId: 'search' }).head;
    const rest = compilePrincipal({ limits }).head;
    const other = compilePrincipal({ limits }, { apiId: 'users' }).head;
    expect(passed(3, search) + passed(3, rest, { client: '192.0.2.99' })).toBe(4);
    expect(passed(9, other)).toBe(4);
  });

  test('all callers of all APIs are counted together', () => {
    const limits = [{ id: 'all', by: 'global', perMinute: 4 }];
    const orders = compilePrincipal({ limits }).head;
    const users = compilePrincipal({ limits }, { apiId: 'users' }).head;
    expect(passed(3, orders) + passed(3, users, { client: '192.0.2.99' })).toBe(4);
  });

  test.each([
    [['POST'], 'POST', 1],
    [['POST'], 'GET', 9],
    [['GET'], 'GET', 1],
    [['GET'], 'HEAD', 1],
    [['HEAD'], 'GET', 9],
    [['POST'], 'post', 1],
    [['GET'], 'Head', 1],
    [['POST'], 'poster', 9],
  ])('with methods %j a %s passes %i times', (methods, method, count) => {
    const { head } = compilePrincipal({ limits: [{ id: 'a', perMinute: 1, methods }] });
    expect(passed(9, head, { method })).toBe(count);
  });

  test('HEAD and GET use up one limit', () => {
    const { head } = compilePrincipal({ limits: [{ id: 'a', perMinute: 4, methods: ['GET'] }] });
    expect(passed(2, head, { method: 'GET' }) + passed(9, head, { method: 'HEAD' })).toBe(4);
  });

  test('an answer that is waited for tells of its own request, whatever was asked meanwhile', async () => {
    const store = new ScriptedLimits();
    store.isSlow = true;
    store.answer = { admitted: false, hit: 0, limit: 30, resetMs: world.nowMs + 9000 };
    world.limits = store;
    const { head } = compilePrincipal({ tier: 'fromPrincipal' });
    const decisions = ['free', 'pro'].map((tier) => askSlowly(head, { principal: principalOf(tier, tier) }));
    store.settle();
    const [free, pro] = await Promise.all(decisions);
    expect([bodyOf(free!).tier, bodyOf(pro!).tier]).toEqual(['Free', 'Pro']);
  });
});

describe('cost', () => {
  test('is taken from the tier and from every limit of the block, unless one says otherwise', () => {
    world.limits = new ScriptedLimits();
    const limits = [
      { id: 'a', perMinute: 100 },
      { id: 'b', perMinute: 100, cost: 1 },
    ];
    ask(compilePrincipal({ tier: 'free', perMinute: 20, cost: 5, limits }, { acceptsKeys: true }).head, {
      principal: principalWith({ keyId: 'k', keyLimits: { perMinute: 3, perHour: 0, perDay: 0 } }),
    });
    const [hits] = (world.limits as ScriptedLimits).taken;
    expect(hits?.map(({ scope, cost }) => [scope, cost])).toEqual([
      ['tier/principal/free', 5],
      ['route/principal/orders', 5],
      ['limit/a/principal/orders', 5],
      ['limit/b/principal/orders', 1],
      ['key', 3],
    ]);
  });

  test('a watched bucket holds one request, or each would be a burst', () => {
    world.limits = new ScriptedLimits();
    ask(compilePrincipal({ tier: 'free', cost: 20 }).head);
    expect((world.limits as ScriptedLimits).taken[0]?.[0]?.limits.burst?.capacity).toBe(20);
  });
});

describe('presets', () => {
  test.each([
    ['search', 20, 'local'],
    ['upload', 5, 'local'],
    ['login', 10, 'deny'],
    ['reset-password', 3, 'deny'],
    ['export', 2, 'deny'],
    ['webhook', 100, 'local'],
    ['recommendations', 30, 'local'],
  ])('%s: %i a minute, %s without the store', (preset, perMinute, onUnavailable) => {
    const store = new ScriptedLimits();
    world.limits = store;
    ask(compilePrincipal({ preset }).head);
    expect(store.taken[0]?.[0]?.limits).toMatchObject({ perMinute, perHour: 0, perDay: 0, concurrent: 0 });
    expect(store.rules).toEqual([{ counting: 'strict', onUnavailable }]);
  });

  test('what the block says wins', () => {
    const store = new ScriptedLimits();
    world.limits = store;
    ask(compilePrincipal({ preset: 'login', perMinute: 50, perHour: 60, onUnavailable: 'allow' }).head);
    expect(store.taken[0]?.[0]?.limits).toMatchObject({ perMinute: 50, perHour: 60 });
    expect(store.rules[0]?.onUnavailable).toBe('allow');
  });

  test('beside a tier the tighter of both answers', () => {
    const { head } = compilePrincipal({ tier: 'free', preset: 'export' });
    expect(passed(9, head)).toBe(2);
    expect(bodyOf(ask(head).decision)).toMatchObject({ current_limit: 2, tier: null });
  });
});

describe('mistakes', () => {
  const seven = Array.from({ length: 7 }, (_, at) => ({ id: `l${at}`, perMinute: 9 }));
  const tiers = new Map([...DEFAULT_TIERS, ['mini', limitsOf({ perMinute: 3 })]]);

  test.each<[object, object, string[]]>([
    [{ perMinute: 9, limits: seven }, {}, []],
    [
      { tier: 'free', perMinute: 9, limits: seven },
      {},
      ['/limits: A request has 9 limits here, and it can have 8.'],
    ],
    [
      { perMinute: 9, limits: seven },
      { acceptsKeys: true },
      ['/limits: A request has 9 limits here, with that of its key, and it can have 8.'],
    ],
    [
      { perMinute: 9, perHour: 8 },
      {},
      ['/perMinute: `perMinute` is 9 and `perHour` 8: the limit of a minute can never be reached.'],
    ],
    [
      { perHour: 9, perDay: 8 },
      {},
      ['/perHour: `perHour` is 9 and `perDay` 8: the limit of an hour can never be reached.'],
    ],
    [
      { perMinute: 9, perDay: 8 },
      {},
      ['/perMinute: `perMinute` is 9 and `perDay` 8: the limit of a minute can never be reached.'],
    ],
    [{ perMinute: 9, perHour: 9, perDay: 9 }, {}, []],
    [
      { preset: 'search', perHour: 10 },
      {},
      ['/perMinute: `perMinute` is 20 and `perHour` 10: the limit of a minute can never be reached.'],
    ],
    [
      { limits: [{ id: 'a', perMinute: 9, perHour: 8 }] },
      {},
      ['/limits/0/perMinute: `perMinute` is 9 and `perHour` 8: the limit of a minute can never be reached.'],
    ],
    [{ limits: [{ id: 'a' }] }, {}, ['/limits/0: The limit `a` limits nothing.']],
    [{ limits: [seven[0], seven[0]] }, {}, ['/limits/1/id: There is another limit `l0`.']],
    [
      { perHour: 9, burst: {} },
      {},
      ['/burst: A burst is measured by the rate of `perMinute`, and there is none.'],
    ],
    [{ perHour: 9, burst: { mode: 'off' } }, {}, []],
    [
      { perMinute: 9, cost: 10 },
      {},
      ['/cost: A request costs 10, and the limit of the block has room for 9: none would ever pass.'],
    ],
    [
      { perMinute: 60, burst: {}, cost: 11 },
      {},
      ['/cost: A request costs 11, and the limit of the block has room for 10: none would ever pass.'],
    ],
    [
      { cost: 10, limits: [{ id: 'a', perDay: 9 }] },
      {},
      ['/cost: A request costs 10, and the limit `a` has room for 9: none would ever pass.'],
    ],
    [
      { limits: [{ id: 'a', perDay: 9, cost: 10 }] },
      {},
      ['/limits/0/cost: A request costs 10, and the limit `a` has room for 9: none would ever pass.'],
    ],
    [
      { tier: 'mini', cost: 4 },
      {},
      ['/cost: A request costs 4, and the tier "mini" has room for 3: none would ever pass.'],
    ],
    [
      { tier: 'fromPrincipal', cost: 4 },
      {},
      ['/cost: A request costs 4, and the tier "mini" has room for 3: none would ever pass.'],
    ],
    [
      { tier: 'free', by: 'global' },
      {},
      ['/by: A tier is the allowance of one caller: it cannot be counted for all together, nor by a header.'],
    ],
    [
      { tier: 'free', by: ['tenant', 'api'] },
      {},
      ['/by: A tier is the allowance of one caller: it cannot be counted for all together, nor by a header.'],
    ],
    [
      { tier: 'free', by: { header: 'X-Device' } },
      {},
      ['/by: A tier is the allowance of one caller: it cannot be counted for all together, nor by a header.'],
    ],
    [{ tier: 'free', by: ['tenant', { claim: 'org' }] }, {}, []],
  ])('%j with %j', (block, route, problems) => {
    expect(problemsOfBlock(block, { tiers, ...route })).toEqual(problems);
  });

  test('as many limits as a check takes are as many as the counters take', () => {
    expect(MAX_HITS).toBe(MOST_OF_MEMORY);
  });
});
