import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  answering,
  compileBlock,
  contextOf,
  linesOf,
  problemsOf,
  type RequestSketch,
  runNow,
} from '../../../test/support/stage-context.ts';
import { CONTINUE } from '../../core/decision.ts';
import type { RouteCheck } from '../../core/route.ts';
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

test.each([{}, { origins: [] }, { credentials: true }])('%j compiles to nothing', (block) => {
  expect(compileBlock(cors, block)).toEqual({});
});

test.each([
  APP,
  'https://www.company.com',
  'https://a.b.c.company.com',
  'https://xn--bcher-kva.company.com',
  'https://a_b.company.com',
  'http://localhost:3000',
])('%s may use the API', (origin) => {
  const { decision, added } = ask(COMPANY, { headers: ['Origin', origin] });
  expect(decision).toBe(CONTINUE);
  expect(added).toEqual([
    'vary: Origin',
    `access-control-allow-origin: ${origin}`,
    'access-control-expose-headers: X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID',
  ]);
});

test.each([
  ['HTTPS://App.Company.COM', APP],
  ['https://app.company.com:443', APP],
  ['https://WWW.company.com:443', 'https://www.company.com'],
])('%s is answered with %s', (origin, canonical) => {
  expect(ask(COMPANY, { headers: ['Origin', origin] }).added).toContain(
    `access-control-allow-origin: ${canonical}`,
  );
});

test.each([
  'https://company.com',
  'https://evilcompany.com',
  'https://evil-company.com',
  'https://company.com.evil.example',
  'https://app.company.com.evil.example',
  'https://app.company.com@evil.example',
  'https://evil.example/.company.com',
  'https://evil.example#.company.com',
  'https://evil.example?.company.com',
  'https://evil.example\\.company.com',
  'https://evil.example%2f.company.com',
  'https://evil.example`.company.com',
  'https://evil.example{.company.com',
  'https://evil.example,https://app.company.com',
  'https://app.company.com, https://evil.example',
  'https://app.company.com https://evil.example',
  'https://.company.com',
  'https://a..company.com',
  'https://*.company.com',
  'https://app.company.com.',
  'https://app.company.com.:443',
  'https://app.company.com/',
  'https://app.company.com:8443',
  'https://app.company.com:0',
  'https://app.company.com:',
  'http://app.company.com',
  'wss://app.company.com',
  'https:app.company.com',
  '//app.company.com',
  'app.company.com',
  'https://app．company.com',
  'https://ａpp.company.com',
  'https://app.company.com\u0000',
  'https://app.company.co',
  'http://localhost',
  'http://localhost:3001',
  'null',
  'NULL',
  '',
  '*',
  `https://${'a.'.repeat(200)}company.com`,
  '__proto__',
])('%j may not', (origin) => {
  const { decision, added } = ask(COMPANY, { method: 'POST', headers: ['Origin', origin] });
  expect([decision.reason, decision.status]).toEqual(['cors.origin', 403]);
  expect(added).toEqual(['vary: Origin']);
  const refused = preflight(COMPANY, origin, 'GET');
  expect(refused.decision.reason).toBe('cors.origin');
  expect([...refused.added, ...linesOf(refused.decision.headers)].join()).not.toContain(
    'access-control-allow',
  );
});

test('an origin that is not listed is in the journal, not in the answer', () => {
  const { decision } = ask(COMPANY, { headers: ['Origin', 'https://evil.example'] });
  expect(decision.detail).toBe('https://evil.example is not listed');
  expect(decision.problem).not.toContain('evil');
});

test('several Origin fields are refused, even equal ones', () => {
  expect(ask(COMPANY, { headers: ['Origin', APP, 'Origin', APP] }).decision.reason).toBe('cors.origin');
  const headers = ['Origin', APP, 'Access-Control-Request-Method', 'GET', 'Origin', 'https://evil.example'];
  expect(ask(COMPANY, { method: 'OPTIONS', headers }).decision.reason).toBe('cors.origin');
});

test('without an Origin only Vary is added', () => {
  expect(ask(COMPANY, {})).toEqual({ decision: CONTINUE, added: ['vary: Origin'] });
  expect(ask(COMPANY, { method: 'OPTIONS' }).added).toEqual([PREFLIGHT_VARY]);
  expect(ask({ origins: ['*'] }, {}).added).toEqual([]);
});

test.each([
  ['https://api.company.org', { secure: true, authority: 'api.company.org' }, true],
  ['https://api.company.org', { secure: true, authority: 'api.company.org:443' }, true],
  ['https://api.company.org:8443', { secure: true, authority: 'api.company.org:8443' }, true],
  ['http://api.company.org', { secure: false, authority: 'api.company.org:80' }, true],
  ['http://[::1]:8080', { secure: false, authority: '[::1]:8080' }, true],
  ['http://api.company.org', { secure: true, authority: 'api.company.org' }, false],
  ['https://api.company.org', { secure: false, authority: 'api.company.org' }, false],
  ['https://api.company.org:8443', { secure: true, authority: 'api.company.org' }, false],
  ['https://api.company.org', { secure: true, authority: 'other.company.org' }, false],
  ['https://', { secure: true, authority: '' }, false],
  ['null', { secure: true, authority: 'null' }, false],
])('%s is the own origin of %j: %s', (origin, request, own) => {
  const { decision, added } = ask(COMPANY, { method: 'POST', headers: ['Origin', origin], ...request });
  expect(decision === CONTINUE).toBe(own);
  expect(added).toEqual(['vary: Origin']);
});

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

test('an OPTIONS that is no preflight goes on with the headers of its origin', () => {
  const { decision, added } = ask(COMPANY, { method: 'OPTIONS', headers: ['Origin', APP] });
  expect(decision).toBe(CONTINUE);
  expect(added).toContain(`access-control-allow-origin: ${APP}`);
  const noOrigin = ask(COMPANY, { method: 'OPTIONS', headers: ['Access-Control-Request-Method', 'GET'] });
  expect(noOrigin.decision).toBe(CONTINUE);
});

test('only OPTIONS makes a preflight', () => {
  const headers = ['Origin', APP, 'Access-Control-Request-Method', 'DELETE'];
  expect(ask(COMPANY, { method: 'GET', headers }).decision).toBe(CONTINUE);
});

test('a method that is not listed is refused so that the page can read why', () => {
  const { decision, added } = ask(
    { ...COMPANY, methods: ['GET'] },
    { method: 'POST', headers: ['Origin', APP] },
  );
  expect([decision.reason, decision.status]).toEqual(['cors.method', 403]);
  expect(added).toContain(`access-control-allow-origin: ${APP}`);
});

test.each(['https://any.example', 'null', 'capacitor://localhost'])('"*" lets %s in', (origin) => {
  const { decision, added } = ask({ origins: ['*'], exposedHeaders: [] }, { headers: ['Origin', origin] });
  expect(decision).toBe(CONTINUE);
  expect(added).toEqual(['access-control-allow-origin: *']);
  expect(preflight({ origins: ['*'] }, origin, 'GET').added).toEqual([
    'vary: Access-Control-Request-Method, Access-Control-Request-Headers',
  ]);
});

test('"*" takes no malformed origin', () => {
  expect(ask({ origins: ['*'] }, { headers: ['Origin', 'any.example'] }).decision.reason).toBe('cors.origin');
});

test('"null" is let in where it is listed', () => {
  const { added } = ask({ origins: ['null', APP], exposedHeaders: [] }, { headers: ['Origin', 'null'] });
  expect(added).toEqual(['vary: Origin', 'access-control-allow-origin: null']);
});

test('many origins behind a wildcard do not pile up wrong answers', () => {
  const check = compileBlock(cors, COMPANY).head;
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 3000; i++) {
      const ctx = contextOf({ headers: ['Origin', `https://t${i}.company.com`] });
      expect(runNow(check, ctx)).toBe(CONTINUE);
      expect(ctx.addedHeaders[3]).toBe(`https://t${i}.company.com`);
    }
  }
});

test('only labels of names before the domain are let in', () => {
  const piece = fc.constantFrom(
    'a',
    'evil',
    '.',
    '-',
    '@',
    '/',
    '#',
    ':',
    '%2e',
    '\\',
    '?',
    ' ',
    'company.com',
    'https://',
    '_',
    '\t',
    ';',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const origin = `https://${pieces.join('')}.company.com`;
      const { decision } = ask(
        { origins: ['https://*.company.com'] },
        { headers: ['Origin', origin], authority: 'x' },
      );
      const url = URL.canParse(origin) ? new URL(origin) : null;
      if (decision === CONTINUE) expect(url?.origin).toBe(origin.toLowerCase());
      if (url?.origin === origin && /^https:\/\/(?:[a-z_-]+\.)+company\.com$/.test(origin))
        expect(decision).toBe(CONTINUE);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  [
    { origins: ['app.company.com'] },
    '/origins/0',
    'write the origin as browsers send it, such as "https://app.company.com"',
  ],
  [{ origins: ['https://app.company.com/'] }, '/origins/0', 'write "https://app.company.com"'],
  [{ origins: ['https://app.company.com/x?y'] }, '/origins/0', 'write "https://app.company.com"'],
  [{ origins: ['https://app.company.com.'] }, '/origins/0', 'write "https://app.company.com"'],
  [{ origins: ['https://bücher.example'] }, '/origins/0', 'write "https://xn--bcher-kva.example"'],
  [{ origins: [APP, 'https://*company.com'] }, '/origins/1', 'in front of a domain'],
  [{ origins: ['https://app.*.com'] }, '/origins/0', 'in front of a domain'],
  [{ origins: ['https://*'] }, '/origins/0', 'in front of a domain'],
  [{ origins: ['https://*.*.company.com'] }, '/origins/0', 'in front of a domain'],
  [{ origins: ['*://app.company.com'] }, '/origins/0', 'in front of a domain'],
  [{ origins: ['https://*.com'] }, '/origins/0', 'every site under ".com"'],
  [{ origins: ['https://*.192.0.2.1'] }, '/origins/0', 'no subdomains'],
  [{ origins: ['https://*.[::1]'] }, '/origins/0', 'no subdomains'],
  [{ origins: ['*.company.com'] }, '/origins/0', 'lacks a scheme'],
  [{ origins: [''] }, '/origins/0', 'lacks a scheme'],
  [{ origins: ['https://'] }, '/origins/0', 'write scheme and host'],
  [{ origins: ['*'], credentials: true }, '/credentials', 'cannot be combined'],
  [{ origins: [APP, '*'] }, '/origins/1', 'write it alone'],
  [{ headers: ['X-A', '*'] }, '/headers/1', 'list the fields by name'],
  [{ exposedHeaders: ['*'] }, '/exposedHeaders/0', 'list the fields by name'],
  [{ headers: ['X A'] }, '/headers/0', 'not a field name'],
  [{ methods: ['*'] }, '/methods/0', 'list the methods'],
  [{ methods: ['get'] }, '/methods/0', 'write "GET"'],
  [{ maxAgeS: 86_401 }, '/maxAgeS', ''],
  [{ maxAgeS: 1.5 }, '/maxAgeS', ''],
])('%j is a mistake at %s', (block, pointer, advice) => {
  const [problem, ...more] = problemsOf(cors, block);
  expect(more).toEqual([]);
  expect(problem?.startsWith(`${pointer}: `)).toBe(true);
  expect(problem).toContain(advice);
});

test('origins of the configuration are canonical however they are written', () => {
  const block = {
    origins: ['HTTPS://App.Company.com:443', 'capacitor://localhost', 'http://*.localhost:3000'],
  };
  expect(ask(block, { headers: ['Origin', APP] }).decision).toBe(CONTINUE);
  expect(ask(block, { headers: ['Origin', 'capacitor://localhost'] }).decision).toBe(CONTINUE);
  expect(ask(block, { headers: ['Origin', 'http://a.localhost:3000'] }).decision).toBe(CONTINUE);
});

test('weak origins are reported', () => {
  const of = (origins: string[]) =>
    cors.weaknesses?.(cors.schema.parse({ origins })).map((weakness) => weakness.pointer);
  expect(of(['*'])).toEqual(['/origins/0']);
  expect(of([APP, 'null', 'http://app.company.com', 'http://*.company.com', 'http://localhost:1'])).toEqual([
    '/origins/1',
    '/origins/2',
    '/origins/3',
  ]);
});

function answer(
  block: unknown,
  headers: string[],
  fromUpstream: boolean,
  request: RequestSketch,
  ran: string[] = [],
) {
  const ctx = answering(contextOf(request), fromUpstream ? 200 : 429, headers, fromUpstream);
  for (const stage of ran) ctx.ran.push({ stage, phase: 'head' } as RouteCheck);
  expect(runNow(compileBlock(cors, block).response, ctx)).toBe(CONTINUE);
  const flat: string[] = [];
  ctx.responseHeaders?.appendTo(flat);
  return linesOf(flat);
}

test('what the upstream says about CORS is dropped', () => {
  const headers = [
    'Access-Control-Allow-Origin',
    '*',
    'Content-Type',
    'text/plain',
    'access-control-allow-origin',
    'https://evil.example',
    'ACCESS-CONTROL-ALLOW-CREDENTIALS',
    'true',
    'Vary',
    'Accept',
    'Access-Control-Allow-Private-Network',
    'true',
  ];
  expect(answer(COMPANY, headers, true, {})).toEqual(['content-type: text/plain', 'vary: Accept']);
  expect(answer(COMPANY, [], true, {})).toEqual([]);
});

test('a refusal from before the CORS check can be read by the page', () => {
  const request = { method: 'POST', headers: ['Origin', APP] };
  expect(answer(COMPANY, [], false, request, ['protocol', 'limit-address'])).toEqual([
    'vary: Origin',
    `access-control-allow-origin: ${APP}`,
    'access-control-expose-headers: X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID',
  ]);
  expect(answer(COMPANY, [], false, request, ['protocol', 'cors'])).toEqual([]);
  expect(answer(COMPANY, [], false, { headers: ['Origin', 'https://evil.example'] })).toEqual([
    'vary: Origin',
  ]);
  const options = { method: 'OPTIONS', headers: ['Origin', APP, 'Access-Control-Request-Method', 'GET'] };
  expect(answer(COMPANY, [], false, options)).toEqual([PREFLIGHT_VARY]);
});
