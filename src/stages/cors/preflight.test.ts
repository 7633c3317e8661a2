import { expect, test } from 'vitest';
import {
  compileBlock,
  contextOf,
  linesOf,
  type RequestSketch,
  runNow,
} from '../../../test/support/stage-context.ts';
import { cors } from './cors.ts';

const COMPANY = { origins: ['https://app.company.com', 'https://*.company.com', 'http://localhost:3000'] };
const APP = 'https://app.company.com';
const PREFLIGHT_VARY = 'vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

function ask(block: unknown, request: RequestSketch) {
  const ctx = contextOf({ host: 'api.company.com', authority: 'api.company.com', ...request });
  const decision = runNow(compileBlock(cors, block).head, ctx);
  return { decision, added: linesOf(ctx.addedHeaders) };
}

function preflight(block: unknown, origin: string, method: string, requested?: string, more: string[] = []) {
  const headers = ['Origin', origin, 'Access-Control-Request-Method', method, ...more];
  if (requested !== undefined) headers.push('Access-Control-Request-Headers', requested);
  return ask(block, { method: 'OPTIONS', headers });
}

test('a preflight is answered', () => {
  const { decision, added } = preflight(COMPANY, APP, 'PUT', 'content-type,x-api-key');
  expect([decision.effect, decision.reason, decision.status]).toEqual(['answer', 'cors.preflight', 204]);
  expect(added).toEqual([PREFLIGHT_VARY]);
  expect(linesOf(decision.headers)).toEqual([
    `access-control-allow-origin: ${APP}`,
    'access-control-allow-methods: GET, POST, PUT, DELETE, PATCH, HEAD',
    'access-control-allow-headers: Content-Type, Authorization, X-API-Key, X-Request-ID, X-CSRF-Token',
    'access-control-max-age: 3600',
  ]);
});

test('a preflight with credentials names the origin', () => {
  const block = {
    ...COMPANY,
    credentials: true,
    methods: ['GET'],
    headers: [],
    exposedHeaders: [],
    maxAgeS: 0,
  };
  expect(linesOf(preflight(block, 'https://x.company.com', 'HEAD').decision.headers)).toEqual([
    'access-control-allow-origin: https://x.company.com',
    'access-control-allow-credentials: true',
    'access-control-allow-methods: GET, HEAD',
    'access-control-max-age: 0',
  ]);
  expect(ask(block, { headers: ['Origin', APP] }).added).toEqual([
    'vary: Origin',
    `access-control-allow-origin: ${APP}`,
    'access-control-allow-credentials: true',
  ]);
});

test.each([
  ['GET', undefined, 'cors.preflight'],
  ['HEAD', '', 'cors.preflight'],
  ['POST', 'Content-Type', 'cors.preflight'],
  ['POST', 'CONTENT-TYPE,\tx-csrf-token , authorization', 'cors.preflight'],
  ['TRACE', undefined, 'cors.method'],
  ['OPTIONS', undefined, 'cors.method'],
  ['get', undefined, 'cors.method'],
  ['GET, POST', undefined, 'cors.method'],
  ['', undefined, 'cors.method'],
  ['*', undefined, 'cors.method'],
  ['GET', 'x-evil', 'cors.header'],
  ['GET', 'content-type,x-evil', 'cors.header'],
  ['GET', '*', 'cors.header'],
  ['GET', 'content-type,', 'cors.header'],
  ['GET', ',content-type', 'cors.header'],
  ['GET', 'content-type,,authorization', 'cors.header'],
  ['GET', 'content-type authorization', 'cors.header'],
  ['GET', 'content-type;q=1', 'cors.header'],
  ['GET', 'content-type: x', 'cors.header'],
  ['GET', '"content-type"', 'cors.header'],
  ['GET', `content-type${',content-type'.repeat(63)}`, 'cors.preflight'],
  ['GET', `content-type${',content-type'.repeat(64)}`, 'cors.header'],
  ['GET', `content-type${' '.repeat(5000)}`, 'cors.header'],
])('a preflight for %s with %j: %s', (method, requested, reason) => {
  const { decision, added } = preflight(COMPANY, APP, method, requested);
  expect(decision.reason).toBe(reason);
  if (reason !== 'cors.preflight') expect([decision.status, decision.headers]).toEqual([403, []]);
  expect(added).toEqual([PREFLIGHT_VARY]);
});

test('several requested methods are refused, several lines of requested fields are one list', () => {
  const method = ['Access-Control-Request-Method', 'GET'];
  const fields = (name: string) => ['Access-Control-Request-Headers', name];
  expect(preflight(COMPANY, APP, 'GET', undefined, method).decision.reason).toBe('cors.method');
  expect(preflight(COMPANY, APP, 'GET', 'content-type', fields('authorization')).decision.reason).toBe(
    'cors.preflight',
  );
  expect(preflight(COMPANY, APP, 'GET', 'content-type', fields('x-evil')).decision.reason).toBe(
    'cors.header',
  );
});

test('access to private networks is never granted', () => {
  const { decision, added } = preflight(COMPANY, APP, 'GET', undefined, [
    'Access-Control-Request-Private-Network',
    'true',
  ]);
  expect([...linesOf(decision.headers), ...added].join()).not.toContain('private-network');
});
