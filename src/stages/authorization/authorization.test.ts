import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fakePorts } from '../../../test/support/authentication-world.ts';
import { principalWith } from '../../../test/support/principals.ts';
import { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import { ConfigError } from '../../core/errors.ts';
import type { KeyGrant, Principal } from '../../core/principal.ts';
import { NO_RULES } from '../../core/rule-sets.ts';
import type { RouteFacts } from '../../core/stage.ts';
import { NO_TRUST } from '../../core/trust.ts';
import { FieldLines } from '../../lib/http/field-lines.ts';
import { authorization } from './authorization.ts';

const route = (change: Partial<RouteFacts> = {}): RouteFacts => ({
  apiId: 'orders',
  endpointId: '',
  path: '/orders',
  tiers: new Map(),
  trust: NO_TRUST,
  rules: NO_RULES,
  upgradeUrl: '',
  issuers: new Map(),
  authenticated: true,
  acceptsKeys: false,
  guardsLogins: false,
  credentialHeaders: [],
  keptClaims: [],
  ...change,
});

interface Caller {
  method?: 'apiKey' | 'jwt';
  scopes?: string[];
  roles?: string[];
  grant?: Partial<KeyGrant>;
}

function principal({ method = 'jwt', scopes = [], roles = [], grant }: Caller): Principal {
  return principalWith({
    method,
    scopes: new Set(scopes),
    roles: new Set(roles),
    grant: grant === undefined ? null : { apis: [], endpoints: [], methods: [], countries: [], ...grant },
  });
}

function decide(
  block: unknown,
  method: string,
  caller: Caller | null,
  change: Partial<RouteFacts> = {},
): Decision {
  const config = authorization.schema.parse(block);
  const check = authorization.compile(config, route(change), fakePorts().ports).head;
  const facts = { method, headers: FieldLines.fromFlat([]) };
  const ctx = new RequestContext(facts as never);
  ctx.principal = caller === null ? null : principal(caller);
  return check?.run(ctx) as Decision;
}

const RULES = [
  { methods: ['GET'], scopes: ['orders:read', 'orders:admin'] },
  { methods: ['POST', 'PUT'], scopes: ['orders:write'], roles: ['editor', 'admin'] },
];

describe('rules', () => {
  test.each<[string, Caller, string]>([
    ['GET', { scopes: ['orders:read'] }, 'request.passed'],
    ['GET', { scopes: ['orders:admin'] }, 'request.passed'],
    ['HEAD', { scopes: ['orders:read'] }, 'request.passed'],
    ['HEAD', {}, 'authz.scope'],
    ['GET', { scopes: ['orders:write'] }, 'authz.scope'],
    ['GET', { scopes: ['orders:read '] }, 'authz.scope'],
    ['GET', { scopes: ['ORDERS:READ'] }, 'authz.scope'],
    ['GET', { roles: ['orders:read'] }, 'authz.scope'],
    ['POST', { scopes: ['orders:write'], roles: ['admin'] }, 'request.passed'],
    ['POST', { scopes: ['orders:write'] }, 'authz.role'],
    ['POST', { roles: ['admin'] }, 'authz.scope'],
    ['PUT', { scopes: ['orders:write'], roles: ['user'] }, 'authz.role'],
    ['DELETE', { scopes: ['orders:read', 'orders:write'], roles: ['admin'] }, 'authz.no-rule'],
    ['OPTIONS', { scopes: ['orders:read'] }, 'authz.no-rule'],
    ['get', { scopes: ['orders:read'] }, 'authz.no-rule'],
    ['constructor', { scopes: ['orders:read'] }, 'authz.no-rule'],
  ])('%s by %o is %s', (method, caller, reason) => {
    expect(decide(RULES, method, caller).reason).toBe(reason);
  });

  test.each<[string, object[], string, Caller, string]>([
    ['a rule without methods is about all', [{ roles: ['a'] }], 'PATCH', { roles: ['a'] }, 'request.passed'],
    ['a rule without methods is about all', [{ roles: ['a'] }], 'PATCH', {}, 'authz.role'],
    [
      'every rule about the method counts',
      [{ roles: ['a'] }, { methods: ['GET'], scopes: ['s'] }],
      'GET',
      { roles: ['a'] },
      'authz.scope',
    ],
    [
      'every rule about the method counts',
      [{ methods: ['GET'], scopes: ['s'] }, { roles: ['a'] }],
      'GET',
      { scopes: ['s'] },
      'authz.role',
    ],
    [
      'other rules do not',
      [{ methods: ['GET'], scopes: ['s'] }, { roles: ['a'] }],
      'POST',
      { roles: ['a'] },
      'request.passed',
    ],
    ['all scopes', [{ allScopes: ['a', 'b'] }], 'GET', { scopes: ['a', 'b'] }, 'request.passed'],
    ['not all scopes', [{ allScopes: ['a', 'b'] }], 'GET', { scopes: ['a'] }, 'authz.scope'],
    ['all and any', [{ allScopes: ['a'], scopes: ['b', 'c'] }], 'GET', { scopes: ['b', 'c'] }, 'authz.scope'],
    ['a verified caller is enough', [{ methods: ['GET'] }], 'GET', {}, 'request.passed'],
    ['HEAD alone does not open GET', [{ methods: ['HEAD'] }], 'GET', {}, 'authz.no-rule'],
    ['HEAD alone', [{ methods: ['HEAD'] }], 'HEAD', {}, 'request.passed'],
    [
      'HEAD and GET rules both count',
      [{ methods: ['HEAD'] }, { methods: ['GET'], scopes: ['s'] }],
      'HEAD',
      {},
      'authz.scope',
    ],
  ])('%s', (_, rules, method, caller, reason) => {
    expect(decide(rules, method, caller).reason).toBe(reason);
  });

  test('the challenge names the scopes, for tokens only', () => {
    expect(decide(RULES, 'GET', {})).toMatchObject({
      status: 403,
      headers: ['WWW-Authenticate', 'Bearer error="insufficient_scope", scope="orders:read orders:admin"'],
    });
    expect(decide(RULES, 'GET', { method: 'apiKey' }).headers).toEqual([]);
    expect(decide(RULES, 'POST', { scopes: ['orders:write'] }).headers).toEqual([]);
  });

  test('the client is not told the rule', () => {
    const refusal = decide(RULES, 'POST', { scopes: ['orders:write'] });
    expect(refusal.problem).not.toContain('editor');
    expect(refusal.detail).toContain('editor, admin');
  });

  test('without a caller nothing is granted', () => {
    expect(decide(RULES, 'GET', null).reason).toBe('authz.no-rule');
    expect(decide([{ methods: ['GET'] }], 'GET', null).reason).toBe('authz.no-rule');
    expect(decide([], 'GET', null)).toBe(CONTINUE);
  });
});

describe('limits of a key', () => {
  const endpoint = { endpointId: 'search' };

  test.each<[Partial<KeyGrant>, string, Partial<RouteFacts>, string]>([
    [{}, 'GET', {}, 'request.passed'],
    [{ apis: ['orders'] }, 'GET', {}, 'request.passed'],
    [{ apis: ['orders'] }, 'GET', endpoint, 'request.passed'],
    [{ apis: ['order', 'orders2', 'ORDERS'] }, 'GET', {}, 'authz.key-scope'],
    [{ endpoints: ['orders/search'] }, 'GET', endpoint, 'request.passed'],
    [{ endpoints: ['orders/search'] }, 'GET', {}, 'authz.key-scope'],
    [{ endpoints: ['orders'] }, 'GET', {}, 'request.passed'],
    [{ endpoints: ['orders'] }, 'GET', endpoint, 'authz.key-scope'],
    [{ endpoints: ['search', '/orders/search', 'carts/search'] }, 'GET', endpoint, 'authz.key-scope'],
    [{ apis: ['carts'], endpoints: ['orders/search'] }, 'GET', endpoint, 'authz.key-scope'],
    [{ methods: ['GET'] }, 'GET', {}, 'request.passed'],
    [{ methods: ['GET'] }, 'HEAD', {}, 'request.passed'],
    [{ methods: ['HEAD'] }, 'GET', {}, 'authz.key-scope'],
    [{ methods: ['GET'] }, 'POST', {}, 'authz.key-scope'],
    [{ methods: ['get'] }, 'GET', {}, 'authz.key-scope'],
  ])('%o: %s of %o is %s', (grant, method, change, reason) => {
    expect(decide([], method, { method: 'apiKey', grant }, change).reason).toBe(reason);
  });

  test('come before the rules and do not replace them', () => {
    const grant = { methods: ['GET'] };
    expect(decide(RULES, 'POST', { method: 'apiKey', grant }).reason).toBe('authz.key-scope');
    expect(decide(RULES, 'GET', { method: 'apiKey', grant }).reason).toBe('authz.scope');
  });
});

describe('the block', () => {
  test.each([
    [[], 'enforce', 0],
    [{}, 'enforce', 0],
    [{ mode: 'observe' }, 'observe', 0],
    [{ mode: 'observe', rules: RULES }, 'observe', 2],
    [RULES, 'enforce', 2],
  ])('%j', (block, mode, count) => {
    const config = authorization.schema.parse(block);
    expect([config.mode, config.rules.length]).toEqual([mode, count]);
  });

  test.each([
    [[{ scopes: [] }]],
    [[{ methods: [] }]],
    [[{ methods: ['get'] }]],
    [[{ scope: ['a'] }]],
    [[{ scopes: ['a b'] }]],
    [[{ scopes: ['a"'] }]],
    [[{ scopes: ['a\r\nb'] }]],
    [[{ roles: [''] }]],
    [{ rule: [] }],
    ['none'],
  ])('%j is an error', (block) => {
    expect(authorization.schema.safeParse(block).success).toBe(false);
  });

  test('rules on an anonymous route are a mistake; none, or switched off, are not', () => {
    const compile = (block: unknown) =>
      authorization.compile(
        authorization.schema.parse(block),
        route({ authenticated: false }),
        null as never,
      );
    expect(() => compile(RULES)).toThrow(ConfigError);
    expect(compile([])).toEqual({});
    expect(compile({ mode: 'off', rules: RULES })).toEqual({});
  });

  test('has a JSON Schema', () => {
    expect(() => z.toJSONSchema(authorization.schema, { io: 'input' })).not.toThrow();
  });
});
