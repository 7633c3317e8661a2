import { describe, expect, test } from 'vitest';
import { NO_ATTACK } from '../../src/core/attack.ts';
import { RequestContext } from '../../src/core/context.ts';
import { answer, CONTINUE, type Decision, deny } from '../../src/core/decision.ts';
import { UNWATCHED } from '../../src/core/load.ts';
import type { Ports } from '../../src/core/ports.ts';
import { Principal } from '../../src/core/principal.ts';
import { REASONS, type ReasonCode } from '../../src/core/reasons.ts';
import { Route } from '../../src/core/route.ts';
import { UNGOVERNED } from '../../src/core/waf.ts';
import { FieldLines } from '../../src/lib/http/field-lines.ts';
import { compilePlan } from '../../src/plan/compile-plan.ts';
import { runChecks } from '../../src/proxy/pipeline.ts';
import { readRequest } from '../../src/proxy/read.ts';
import { MemoryApiKeys } from '../../src/stores/memory/api-keys.ts';
import { createBehaviourTable } from '../../src/stores/shared/behaviour-table.ts';
import { createCounterTable } from '../../src/stores/shared/counter-table.ts';
import { createLoginTable } from '../../src/stores/shared/login-table.ts';
import { memoryLimits } from '../../src/stores/shared/memory-limits.ts';
import { createReplayTable } from '../../src/stores/shared/replay-table.ts';
import { SharedBehaviours } from '../../src/stores/shared/shared-behaviours.ts';
import { openCounters } from '../../src/stores/shared/shared-counters.ts';
import { openLogins } from '../../src/stores/shared/shared-logins.ts';
import { SharedReplay } from '../../src/stores/shared/shared-replay.ts';
import { NO_STATUSES } from '../support/no-statuses.ts';
import { principalWith } from '../support/principals.ts';
import { configOf, fakeExchange, type RequestLine, readSettings } from './fake-exchange.ts';
import { hasFastProperties, haveSameMap } from './natives.ts';

const CONFIG = configOf(`
version: 1
apis:
  - id: orders
    path: /orders
    upstream: http://127.0.0.1:9
    authenticate: none
    cors: { origins: ['https://app.test'] }
    access: { deny: [203.0.113.0/24] }
    validate: { json: {} }
    endpoints:
      - { id: one, path: '/{id}', methods: [GET], retries: 0 }
  - { id: limited, path: /limited, upstream: http://127.0.0.1:9, authenticate: none, addressLimit: { perMinute: 1 } }
  - id: guarded
    path: /guarded
    upstream: { targets: [https://127.0.0.1:9], tls: { verify: false } }
    stripPath: true
`);

const counters = openCounters(createCounterTable({ clients: 1000 }));
const ports: Ports = {
  clock: { nowMs: Date.now },
  counters,
  limits: memoryLimits(counters),
  limitScales: [],
  wafGovernance: UNGOVERNED,
  attack: NO_ATTACK,
  ...UNWATCHED,
  apiKeys: new MemoryApiKeys(),
  keySets: {
    find: () => null,
    version: () => 0,
    problem: () => '',
    fetchProblem: () => '',
    refetch: async () => {},
  },
  notices: { raise: () => {} },
  revokedTokens: { version: 0, isRevoked: () => false },
  limitExceptions: { find: () => null },
  proofNonces: { current: () => '', isValid: () => false },
  certificateStatuses: NO_STATUSES,
  replay: new SharedReplay(createReplayTable({ entries: 1000 }), { nowMs: Date.now }),
  countries: { find: () => '' },
  introspection: { introspect: async () => ({ kind: 'inactive' }) },
  logins: openLogins(createLoginTable({ addresses: 1000 })),
  behaviours: new SharedBehaviours(createBehaviourTable({ clients: 1000 })),
  timers: { after: async () => {} },
};
const plan = compilePlan(CONFIG, ports);
const settings = readSettings(CONFIG);

const REQUESTS: readonly RequestLine[] = [
  {},
  { target: '/orders/%7Eme/../17?q=%20&x' },
  { httpVersion: '1.0' },
  { httpVersion: '2', tlsVersion: 'TLSv1.3' },
  { client: '2001:db8::1' },
  { client: '203.0.113.7' },
  { method: 'OPTIONS', headers: ['Origin', 'https://app.test', 'Access-Control-Request-Method', 'GET'] },
  { headers: ['Origin', 'https://evil.test'] },
  { method: 'POST', headers: ['Content-Length', '2', 'Content-Type', 'application/json'] },
  { method: 'PUT', headers: ['Content-Length', '5000000000', 'Content-Type', 'application/json'] },
  { method: 'PATCH', headers: ['Transfer-Encoding', 'chunked', 'Content-Type', 'application/json'] },
  { method: 'DELETE', target: '/guarded' },
  { target: '/limited' },
  { target: '/nowhere' },
];

/** Takes a request through reading, routing and the checks, as the proxy does. */
function contextOf(line: RequestLine): { ctx: RequestContext; decision: Decision } {
  const read = readRequest(fakeExchange(line), settings, () => 'id', Date.now());
  if ('effect' in read) throw new Error(`${read.reason}: ${read.detail}`);
  const { ctx } = read;
  const match = plan.router.find(ctx.host, ctx.path, ctx.method);
  ctx.route = match instanceof Route ? match : plan.fallback;
  const decision = runChecks(ctx.route.headChecks, ctx, () => {}) as Decision;
  ctx.body = ctx.hasBody ? Buffer.from('{}') : null;
  ctx.fromUpstream = decision === CONTINUE;
  ctx.responseStatus = 200;
  ctx.responseHeaders = FieldLines.fromFlat(['Server', 'x']);
  runChecks(ctx.route.responseChecks, ctx, () => {});
  return { ctx, decision };
}

/** Once for V8 to learn what the fields hold (a length over 2^31 is no small integer), then for good. */
function taught<Thing>(make: () => Thing[]): Thing[] {
  make();
  return make();
}

function expectOneShape(things: readonly object[]): void {
  const [first = {}] = things;
  expect(things.length).toBeGreaterThan(1);
  for (const thing of things) {
    expect(hasFastProperties(thing)).toBe(true);
    expect(haveSameMap(first, thing), JSON.stringify(thing).slice(0, 200)).toBe(true);
  }
}

describe('one hidden class', () => {
  test('the measurement tells shapes apart', () => {
    expect(haveSameMap({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(false);
    expect(haveSameMap(CONTINUE, deny('authn.missing'))).toBe(true);
  });

  test('RequestContext, whatever happened to the request', () => {
    const contexts = taught(() => REQUESTS.map((line) => contextOf(line).ctx));
    expectOneShape(contexts);
    expect(contexts.every((ctx) => ctx instanceof RequestContext)).toBe(true);
  });

  test('Decision, prebuilt or built under way', () => {
    const underWay = taught(() =>
      Array.from({ length: 8 }, () => REQUESTS.map((line) => contextOf(line).decision)).flat(),
    );
    const reasons = new Set(underWay.map(({ reason }) => reason));
    for (const reason of [
      'request.passed',
      'ratelimit.exceeded',
      'cors.origin',
      'access.denied',
      'authn.missing',
    ] as const) {
      expect(reasons).toContain(reason);
    }
    const codes = Object.keys(REASONS) as ReasonCode[];
    expectOneShape([CONTINUE, ...codes.map((code) => deny(code)), answer('cors.preflight', []), ...underWay]);
  });

  test('Principal, of a key and of a token', () => {
    const key = principalWith({ grant: { apis: [], endpoints: [], methods: [], countries: [] } });
    const token = { ...principalWith({ method: 'jwt', clientId: 'app' }) };
    const reversed = Object.fromEntries(Object.entries(token).reverse()) as unknown as Principal;
    expectOneShape([key, new Principal(token), new Principal(reversed)]);
  });

  test('Route, of an API, an endpoint and what matches none', () => {
    const routes = ['/orders', '/orders/17', '/guarded'].map((path) =>
      plan.router.find('api.test', path, 'GET'),
    );
    expectOneShape([...(routes as Route[]), plan.fallback]);
  });

  test('FieldLines, however they came to be', () => {
    const edited = FieldLines.fromFlat(['A', '1', 'B', '2']);
    edited.add('C', '3');
    edited.set('a', '4');
    edited.remove('b');
    expectOneShape([FieldLines.fromFlat([]), new FieldLines(), edited, contextOf({}).ctx.headers]);
  });
});
