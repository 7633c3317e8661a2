import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compileBlock,
  contextOf,
  linesOf,
  type RequestSketch,
  runNow,
} from '../../../test/support/stage-context.ts';
import { CONTINUE } from '../../core/decision.ts';
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
