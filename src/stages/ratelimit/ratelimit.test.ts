import { beforeEach, describe, expect, test } from 'vitest';
import { CONTINUE } from '../../core/decision.ts';
import { ConfigError } from '../../core/errors.ts';
import {
  ask,
  bodyOf,
  type Caller,
  compileAddress,
  compilePrincipal,
  fieldOf,
  passed,
  principalOf,
  resetWorld,
  world,
} from './testdata/callers.ts';
import { DEFAULT_TIERS, limitsOf } from './tiers.ts';

beforeEach(resetWorld);

describe('what compiles to nothing', () => {
  test.each([{}, { ipv6Prefix: 56 }, { mode: 'observe' }])('addressLimit %j', (block) => {
    expect(compileAddress(block)).toEqual({});
  });

  test.each([{}, { defaultTier: 'pro' }, { by: 'address' }, { defaultTier: 'unheard-of' }])(
    'rateLimit %j',
    (block) => {
      expect(compilePrincipal(block)).toEqual({});
    },
  );

  test('a tier without any limit', () => {
    const tiers = new Map([['all', limitsOf({})]]);
    expect(compilePrincipal({ tier: 'all' }, { tiers })).toEqual({});
  });
});

describe('a limit', () => {
  test.each([
    ['perMinute', 1],
    ['perHour', 2],
    ['perDay', 7],
  ])('%s: %i passes as many and no more', (key, limit) => {
    expect(passed(limit + 3, compileAddress({ [key]: limit }).head)).toBe(limit);
    expect(passed(limit + 3, compilePrincipal({ [key]: limit }).head)).toBe(limit);
  });

  test('of a minute has room again a minute later', () => {
    const { head } = compileAddress({ perMinute: 2 });
    expect(passed(3, head)).toBe(2);
    world.nowMs += 59_999;
    expect(passed(3, head)).toBe(0);
    world.nowMs += 1;
    expect(passed(3, head)).toBe(2);
  });

  test('of an API and one of its endpoint are two', () => {
    const api = compileAddress({ perMinute: 2 }).head;
    const endpoint = compileAddress({ perMinute: 2 }, { endpointId: 'search' }).head;
    const other = compileAddress({ perMinute: 2 }, { apiId: 'users' }).head;
    expect([passed(3, api), passed(3, endpoint), passed(3, other)]).toEqual([2, 2, 2]);
  });

  test('survives a reload: the new check goes on where the old one was', () => {
    expect(passed(3, compileAddress({ perMinute: 3 }).head)).toBe(3);
    expect(passed(9, compileAddress({ perMinute: 5 }).head)).toBe(2);
  });

  test('of addressLimit and one of rateLimit by address are two', () => {
    expect(passed(2, compileAddress({ perMinute: 2 }).head)).toBe(2);
    expect(passed(2, compilePrincipal({ perMinute: 2, by: 'address' }).head)).toBe(2);
  });
});

describe('the client address', () => {
  test.each([
    ['2001:db8::1', '2001:db8::ffff:ffff:ffff:ffff', true],
    ['2001:db8::1', '2001:db8:0:1::1', false],
    ['192.0.2.7', '192.0.2.8', false],
    ['192.0.2.7', '::ffff:192.0.2.7', true],
    ['192.0.2.7', '::ffff:c000:207', true],
    ['192.0.2.7', '::192.0.2.7', false],
  ])('%s and %s share a limit: %j', (first, second, shared) => {
    const { head } = compileAddress({ perMinute: 1 });
    expect(passed(1, head, { client: first })).toBe(1);
    expect(passed(1, head, { client: second })).toBe(shared ? 0 : 1);
  });

  test('counts by the prefix that is configured, IPv4 always whole', () => {
    const { head } = compilePrincipal({ perMinute: 1, ipv6Prefix: 32 });
    expect(passed(1, head, { client: '2001:db8::1' })).toBe(1);
    expect(passed(1, head, { client: '2001:db8:ffff::1' })).toBe(0);
    expect(passed(1, head, { client: '192.0.2.1' })).toBe(1);
    expect(passed(1, head, { client: '192.0.2.2' })).toBe(1);
  });

  test('is what counts where nobody is authenticated', () => {
    const { head } = compilePrincipal({ perMinute: 1 });
    expect(passed(2, head, { client: '192.0.2.1' })).toBe(1);
    expect(passed(2, head, { client: '192.0.2.2' })).toBe(1);
  });

  test('counts for a principal too when the block says so', () => {
    const { head } = compilePrincipal({ perMinute: 1, by: 'address' });
    expect(passed(1, head, { principal: principalOf('a') })).toBe(1);
    expect(passed(1, head, { principal: principalOf('b') })).toBe(0);
  });

  test('does not matter for a principal otherwise', () => {
    const { head } = compilePrincipal({ perMinute: 1 });
    expect(passed(1, head, { client: '192.0.2.1', principal: principalOf('a') })).toBe(1);
    expect(passed(1, head, { client: '192.0.2.2', principal: principalOf('a') })).toBe(0);
    expect(passed(1, head, { client: '192.0.2.2', principal: principalOf('b') })).toBe(1);
  });

  test('of a stranger is not used up by a principal who calls itself so', () => {
    const { head } = compilePrincipal({ tier: 'free', perMinute: 1 });
    expect(passed(1, head, { principal: principalOf('192.0.2.1') })).toBe(1);
    expect(passed(1, head, { client: '192.0.2.1' })).toBe(1);
  });
});

describe('the tier', () => {
  test.each([...DEFAULT_TIERS])(
    '%s limits as the requirements say',
    (name, { perMinute, perHour, perDay, concurrent }) => {
      const { ctx } = ask(compilePrincipal({ tier: name }).head);
      expect(fieldOf(ctx.addedHeaders, 'X-RateLimit-Limit')).toBe(String(perMinute));
      const hour = perHour === 0 ? '' : `, "hour";q=${perHour};w=3600`;
      const day = perDay === 0 ? '' : `, "day";q=${perDay};w=86400`;
      expect(fieldOf(ctx.addedHeaders, 'RateLimit-Policy')).toBe(
        `"minute";q=${perMinute};w=60${hour}${day}, "concurrent";q=${concurrent};qu="concurrent-requests"`,
      );
    },
  );

  test('comes from the principal, and callers who name none get the default', () => {
    const { head } = compilePrincipal({ tier: 'fromPrincipal', defaultTier: 'basic' });
    const limitFor = (caller: Caller) => fieldOf(ask(head, caller).ctx.addedHeaders, 'X-RateLimit-Limit');
    expect(limitFor({ principal: principalOf('a', 'pro') })).toBe('500');
    expect(limitFor({ principal: principalOf('b') })).toBe('100');
    expect(limitFor({})).toBe('100');
    expect(limitFor({ principal: principalOf('c', 'internal') })).toBe('10000');
  });

  test('is one allowance for all APIs', () => {
    const orders = compilePrincipal({ tier: 'fromPrincipal' }).head;
    const users = compilePrincipal({ tier: 'fromPrincipal' }, { apiId: 'users' }).head;
    const caller = { principal: principalOf('a') };
    expect(passed(20, orders, caller) + passed(20, users, caller)).toBe(30);
  });

  test('of a principal that moves up keeps what was counted', () => {
    const { head } = compilePrincipal({ tier: 'fromPrincipal' });
    expect(passed(40, head, { principal: principalOf('a', 'free') })).toBe(30);
    expect(passed(200, head, { principal: principalOf('a', 'basic') })).toBe(70);
  });

  test('that one API gives everyone does not use up the smaller one of another', () => {
    const large = compilePrincipal({ tier: 'pro' }).head;
    const small = compilePrincipal({ tier: 'free' }, { apiId: 'users' }).head;
    const caller = { principal: principalOf('a') };
    expect(passed(100, large, caller)).toBe(100);
    expect(passed(100, small, caller)).toBe(30);
  });

  test.each(['partner', 'gold', '__proto__', 'FREE'])(
    '%s of a principal, not configured, is the default one',
    (tier) => {
      const { head } = compilePrincipal({ tier: 'fromPrincipal' });
      const caller = { principal: principalOf('a', tier) };
      expect(passed(40, head, caller)).toBe(30);
      const { decision } = ask(head, caller);
      expect(bodyOf(decision).tier).toBe('Free');
      expect(decision.detail).toContain(`names the tier "${tier}", which is not configured`);
      expect(decision.problem).not.toContain(tier);
    },
  );

  test('partner is what the operator made it', () => {
    const tiers = new Map([...DEFAULT_TIERS, ['partner', limitsOf({ perDay: 3 })]]);
    const { head } = compilePrincipal({ tier: 'fromPrincipal' }, { tiers });
    expect(passed(9, head, { principal: principalOf('a', 'partner') })).toBe(3);
    expect(passed(9, compilePrincipal({ tier: 'partner' }, { tiers }).head)).toBe(3);
  });

  test('without limits says nothing and lets pass', () => {
    const tiers = new Map([...DEFAULT_TIERS, ['all', limitsOf({})]]);
    const { head } = compilePrincipal({ tier: 'fromPrincipal' }, { tiers });
    const { decision, ctx } = ask(head, { principal: principalOf('a', 'all') });
    expect(decision).toBe(CONTINUE);
    expect(ctx.addedHeaders).toEqual([]);
  });

  test.each([
    [{ tier: 'fre' }, '/tier', 'There is no tier "fre".', 'Did you mean "free"?'],
    [{ tier: 'fromPrincpal' }, '/tier', 'There is no tier "fromPrincpal".', 'Did you mean "fromPrincipal"?'],
    [
      { tier: 'fromPrincipal', defaultTier: 'zzzzzz' },
      '/defaultTier',
      'There is no tier "zzzzzz".',
      'Known are "free", "basic", "pro", "enterprise", "internal".',
    ],
    [
      { tier: 'partner' },
      '/tier',
      'The tier "partner" has no limits of its own, and none are configured.',
      'Add what you agreed on as `tiers.partner`.',
    ],
  ])('%j is a mistake', (block, pointer, message, suggestion) => {
    let problems: unknown = null;
    try {
      compilePrincipal(block);
    } catch (error) {
      problems = (error as ConfigError).problems;
      expect(error).toBeInstanceOf(ConfigError);
    }
    expect(problems).toEqual([{ pointer, message, suggestion }]);
  });
});

describe('tier and numbers', () => {
  test('both apply, and the tightest answers', () => {
    const { head } = compilePrincipal({ tier: 'free', perMinute: 2 });
    const first = ask(head);
    expect(fieldOf(first.ctx.addedHeaders, 'X-RateLimit-Limit')).toBe('2');
    expect(passed(5, head)).toBe(1);
    const { decision } = ask(head);
    expect(bodyOf(decision)).toMatchObject({ current_limit: 2, tier: null });
    expect(decision.detail).toBe('`rateLimit` of orders: 2 in any minute, counted by address');
  });

  test('a refusal by one takes nothing from the other', () => {
    const search = compilePrincipal({ tier: 'free', perMinute: 2 }, { endpointId: 'search' }).head;
    const rest = compilePrincipal({ tier: 'free' }).head;
    expect(passed(100, search)).toBe(2);
    expect(passed(100, rest)).toBe(28);
    expect(bodyOf(ask(rest).decision).tier).toBe('Free');
  });
});
