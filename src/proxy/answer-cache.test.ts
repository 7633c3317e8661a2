import { expect, test } from 'vitest';
import { contextOf, type RequestSketch } from '../../test/support/stage-context.ts';
import type { RequestContext } from '../core/context.ts';
import type { Principal } from '../core/principal.ts';
import type { Route } from '../core/route.ts';
import { FieldFilter } from '../lib/http/field-filter.ts';
import { FieldLines } from '../lib/http/field-lines.ts';
import { AnswerCache, type CacheBounds, type CacheTicket, storedHead } from './answer-cache.ts';
import type { ActivePlan } from './gate.ts';

const BOUNDS: CacheBounds = { bytes: 200_000, entries: 16, bodyBytes: 1000, openBytes: 2000, keepMs: 60_000 };
const PLAN = {} as ActivePlan;
const withheld = new FieldFilter();
withheld.withhold('x-token');
const ROUTE = {
  id: 'web',
  identityHeaders: null,
  forwardsCertificate: false,
  vouchedLines: '',
  withheldHeaders: withheld,
} as unknown as Route;
const CACHEABLE = ['Cache-Control', 'max-age=600', 'Content-Length', '2'];

class World {
  nowMs = 1_000_000;
  startedAtMs = 500;
  isOn = true;
  readonly cache: AnswerCache;

  constructor(bounds: Partial<CacheBounds> = {}) {
    const view = {
      isOn: () => this.isOn,
      read: () => ({ isOn: this.isOn, startedAtMs: this.startedAtMs, untilMs: 0 }),
    };
    this.cache = new AnswerCache(view, { ...BOUNDS, ...bounds });
  }

  ctx(sketch: RequestSketch = {}, route: Partial<Route> = {}): RequestContext {
    const ctx = contextOf({ path: '/a', ...sketch });
    ctx.route = { ...ROUTE, ...route } as Route;
    return ctx;
  }

  look(ctx: RequestContext, plan = PLAN, upgrade = ''): CacheTicket | null {
    return this.cache.look({ upgrade }, ctx, plan, plan, this.nowMs);
  }

  /** Asks and has the answer kept, if it may be. */
  fill(ctx: RequestContext, headers: readonly string[] = CACHEABLE, status = 200, body = 'ok'): boolean {
    const ticket = this.look(ctx);
    if (ticket === null) return false;
    const recording = this.cache.record(ctx, ticket, status, FieldLines.fromFlat(headers), this.nowMs);
    recording?.add(Buffer.from(body));
    recording?.complete();
    return recording !== null;
  }

  finds(ctx: RequestContext): boolean {
    return (this.look(ctx)?.stored ?? null) !== null;
  }
}

const AGENT = ['User-Agent', 'x'];

test.each<[string, RequestSketch, Partial<Route>]>([
  ['POST', { method: 'POST' }, {}],
  ['a body', { body: 'x' }, {}],
  ['no authority', { authority: '' }, {}],
  ['a certificate', { certificate: {} as never }, {}],
  ...[
    'Authorization',
    'Cookie',
    'X-Api-Key',
    'x_api_key',
    'DPoP',
    'X-Token',
    'X_Token',
    'Range',
    'If-Range',
    'If-None-Match',
    'Cache-Control',
    'Pragma',
  ].map((name): [string, RequestSketch, Partial<Route>] => [name, { headers: [name, 'x'] }, {}]),
  ['a route that authenticates', {}, { identityHeaders: { linesFor: () => '' } }],
  ['a route that passes certificates on', {}, { forwardsCertificate: true }],
  ['the built-in authorization server', {}, { vouchedLines: '\r\nx: y' }],
])('%s: the answer is nobody else’s', (_, sketch, route) => {
  const world = new World();
  expect(world.look(world.ctx(sketch, route))).toBeNull();
});

test('a request that was authenticated, whatever it showed, shares nothing', () => {
  const world = new World();
  const known = world.ctx();
  known.principal = {} as Principal;
  const claimed = world.ctx();
  claimed.claimedCredential = 'pk_12345';
  expect([known, claimed].map((ctx) => world.look(ctx))).toEqual([null, null]);
  expect(world.look(world.ctx(), PLAN, 'websocket')).toBeNull();
});

test.each<[string, RequestSketch]>([
  ['scheme', { secure: false }],
  ['authority', { authority: 'api.company.com:444' }],
  ['host', { host: 'evil.test', authority: 'evil.test' }],
  ['path', { path: '/A' }],
  ['query', { query: 'b=2&a=1' }],
  ['no query', { query: '' }],
  ['HTTP version', { httpVersion: '2' }],
  ['a field more', { headers: [...AGENT, 'X-Forwarded-Prefix', '/evil'] }],
  ['another value', { headers: ['User-Agent', 'y'] }],
  ['a value in two', { headers: ['User-Agent', 'x', 'User-Agent', ''] }],
  ['an origin', { headers: [...AGENT, 'Origin', 'https://evil.test'] }],
  ['a field less', { headers: [] }],
])('whoever differs in %s gets nothing of another', (_, other) => {
  const world = new World();
  const sketch = { query: 'a=1&b=2', headers: AGENT };
  expect(world.fill(world.ctx(sketch))).toBe(true);
  expect(world.finds(world.ctx({ ...sketch, ...other }))).toBe(false);
  expect(world.finds(world.ctx({ ...sketch, client: '198.51.100.1', rawTarget: '/%61' }))).toBe(true);
});

test('routes share nothing', () => {
  const world = new World();
  world.fill(world.ctx());
  expect(world.finds(world.ctx({}, { id: 'web/a' }))).toBe(false);
});

test.each<[string, number, string[], string]>([
  ['status', 404, CACHEABLE, 'ok'],
  ['206', 206, CACHEABLE, 'ok'],
  ['no length', 200, ['Cache-Control', 'max-age=600'], 'ok'],
  ['two lengths', 200, [...CACHEABLE, 'Content-Length', '2'], 'ok'],
  ['too long', 200, ['Cache-Control', 'max-age=600', 'Content-Length', '1001'], 'ok'],
  ['a cookie', 200, [...CACHEABLE, 'Set-Cookie', 'a=b'], 'ok'],
  ['shorter than it said', 200, CACHEABLE, 'o'],
  ['longer than it said', 200, CACHEABLE, 'okay'],
])('%s: not kept', (_, status, headers, body) => {
  const world = new World();
  world.fill(world.ctx(), headers, status, body);
  expect(world.finds(world.ctx())).toBe(false);
});

test('HEAD gets the head of a stored GET, and stores nothing', () => {
  const world = new World();
  const head = world.ctx({ method: 'HEAD' });
  expect(world.fill(head)).toBe(false);
  expect(world.finds(world.ctx())).toBe(false);
  world.fill(world.ctx());
  expect(world.finds(head)).toBe(true);
});

test('the age grows, and what is no longer fresh is asked for again', () => {
  const world = new World();
  world.fill(world.ctx(), ['Cache-Control', 'max-age=30', 'Content-Length', '2', 'Age', '5']);
  world.nowMs += 24_999;
  const { stored } = world.look(world.ctx()) as CacheTicket;
  expect(storedHead(stored as never, world.nowMs).joined('age')).toBe('29');
  world.nowMs += 1;
  expect(world.finds(world.ctx())).toBe(false);
});

test('nothing is kept longer than the bound, however fresh', () => {
  const world = new World();
  world.fill(world.ctx());
  world.nowMs += 59_999;
  expect(world.finds(world.ctx())).toBe(true);
  world.nowMs += 1;
  expect(world.finds(world.ctx())).toBe(false);
});

test('nothing outlives an attack or a plan', () => {
  const world = new World();
  world.isOn = false;
  expect(world.look(world.ctx())).toBeNull();
  world.isOn = true;
  world.fill(world.ctx());
  world.startedAtMs++;
  expect(world.finds(world.ctx())).toBe(false);
  world.fill(world.ctx());
  expect(world.look(world.ctx(), {} as ActivePlan)?.stored).toBeNull();
  world.fill(world.ctx());
  world.isOn = false;
  expect(world.look(world.ctx())).toBeNull();
  expect(world.cache.size).toBe(0);
  // an answer that arrives after the end
  world.isOn = true;
  const ctx = world.ctx();
  const recording = world.cache.record(
    ctx,
    world.look(ctx) as CacheTicket,
    200,
    FieldLines.fromFlat(CACHEABLE),
    0,
  );
  world.isOn = false;
  world.look(world.ctx());
  recording?.add(Buffer.from('ok'));
  recording?.complete();
  expect(world.cache.size).toBe(0);
});

test.each([
  ['POST', 204, false],
  ['DELETE', 302, false],
  ['POST', 500, true],
  ['POST', 403, true],
  ['OPTIONS', 200, true],
])('after %s with %i: still served %s', (method, status, isServed) => {
  const world = new World();
  const ctx = world.ctx();
  world.fill(ctx);
  world.cache.noteAnswer(world.ctx({ method, headers: AGENT }), status, world.nowMs);
  expect(world.finds(ctx)).toBe(isServed);
});

test('an answer that was under way during a change is not kept', () => {
  const world = new World();
  const ctx = world.ctx();
  const ticket = world.look(ctx) as CacheTicket;
  const recording = world.cache.record(ctx, ticket, 200, FieldLines.fromFlat(CACHEABLE), world.nowMs);
  world.cache.noteAnswer(world.ctx({ method: 'PUT' }), 200, world.nowMs);
  recording?.add(Buffer.from('ok'));
  recording?.complete();
  expect(world.finds(ctx)).toBe(false);
});

test('a flood of addresses does not drive out what is asked for again, and stays within bounds', () => {
  const world = new World();
  world.fill(world.ctx());
  expect(world.finds(world.ctx())).toBe(true);
  for (let i = 0; i < 1000; i++) world.fill(world.ctx({ query: String(i) }));
  expect(world.cache.size).toBeLessThanOrEqual(16);
  expect(world.finds(world.ctx())).toBe(true);
});

test('what is being received is bounded, and given back', () => {
  const world = new World();
  const open = (query: string) => {
    const ctx = world.ctx({ query });
    const lines = FieldLines.fromFlat(['Cache-Control', 'max-age=9', 'Content-Length', '1000']);
    return world.cache.record(ctx, world.look(ctx) as CacheTicket, 200, lines, world.nowMs);
  };
  const first = open('1');
  expect([first, open('2')]).not.toContain(null);
  expect(open('3')).toBeNull();
  first?.drop();
  first?.drop();
  expect(open('4')).not.toBeNull();
  expect(open('5')).toBeNull();
});
