import { expect, test } from 'vitest';
import type { RequestContext } from '../../src/core/context.ts';
import { CONTINUE } from '../../src/core/decision.ts';
import { UNWATCHED } from '../../src/core/load.ts';
import type { Ports } from '../../src/core/ports.ts';
import type { Route, RouteCheck } from '../../src/core/route.ts';
import { compilePlan } from '../../src/plan/compile-plan.ts';
import { readRequest } from '../../src/proxy/read.ts';
import { principalWith } from '../support/principals.ts';
import { configOf, fakeExchange, readSettings } from './fake-exchange.ts';
import { bytesPerRun } from './natives.ts';

/** Less than the smallest object there is. */
const NOTHING_BYTES = 4;

const CONFIG = configOf(`
version: 1
apis:
  - id: orders
    path: /orders
    upstream: http://127.0.0.1:9
    access: { deny: [203.0.113.0/24, 10.0.0.0/8, '2001:db8::/32'], allow: [192.0.2.0/24] }
    authorize: [{ methods: [GET], scopes: ['orders:read'], roles: [reader] }]
    validate: { json: {}, headers: { Accept: { required: true, maxBytes: 100 } } }
`);

function contextOf(route: Route): RequestContext {
  const headers = ['Accept', 'application/json', 'User-Agent', 'test', 'Cookie', 'a=b'];
  const read = readRequest(
    fakeExchange({ target: '/orders/17?expand=items&page=2', headers }),
    readSettings(CONFIG),
    () => 'id',
    0,
  );
  if ('effect' in read) throw new Error(read.detail);
  read.ctx.route = route;
  read.ctx.principal = principalWith({
    credentialId: 'k',
    scopes: new Set(['orders:read']),
    roles: new Set(['reader']),
    grant: { apis: ['orders'], endpoints: [], methods: ['GET'], countries: [] },
    counterKey: 'key:k',
  });
  return read.ctx;
}

const route = compilePlan(CONFIG, { ...UNWATCHED } as Ports).router.find(
  'api.test',
  '/orders/17',
  'GET',
) as Route;
const ctx = contextOf(route);
const checkOf = (stage: string): RouteCheck =>
  route.headChecks.find((check) => check.stage === stage) as RouteCheck;

test('the measurement sees one small object', () => {
  const kept = { last: {} };
  const allocate = (): void => {
    kept.last = { ctx };
  };
  expect(bytesPerRun(allocate)).toBeGreaterThan(NOTHING_BYTES);
});

test.each(['protocol', 'access', 'strangers', 'overload', 'authorization', 'validation'])(
  '%s allocates nothing when it continues',
  (stage) => {
    const { check } = checkOf(stage);
    expect(check.run(ctx)).toBe(CONTINUE);
    expect(bytesPerRun(() => void check.run(ctx))).toBeLessThan(NOTHING_BYTES);
  },
);
