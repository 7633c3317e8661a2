import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  answering,
  compileBlock,
  contextOf,
  linesOf,
  problemsOf,
  runNow,
} from '../../../test/support/stage-context.ts';
import { CONTINUE } from '../../core/decision.ts';
import { hardening } from './hardening.ts';
import { LEAK_FIELDS, LEAK_PREFIXES } from './leak-fields.ts';

interface Answer {
  readonly status?: number;
  readonly headers?: string[];
  readonly secure?: boolean;
  readonly fromUpstream?: boolean;
}

function harden(block: unknown, { status = 200, headers = [], secure = true, fromUpstream = true }: Answer) {
  const ctx = answering(contextOf({ secure }), status, headers, fromUpstream);
  const decision = runNow(compileBlock(hardening, block).response, ctx);
  const { rawNames = [], values = [] } = ctx.responseHeaders ?? {};
  const flat = rawNames.flatMap((name, i) => [name, values[i] as string]);
  return { decision, lines: linesOf(flat) };
}

const POLICY = "content-security-policy: default-src 'none'; frame-ancestors 'none'";
const CONTENT = [
  'x-content-type-options: nosniff',
  'x-frame-options: DENY',
  'referrer-policy: no-referrer',
  'cross-origin-resource-policy: same-origin',
];
const HSTS = 'strict-transport-security: max-age=31536000; includeSubDomains; preload';

test('an absent block hardens every answer', () => {
  expect(harden({}, { headers: ['Content-Type', 'application/json'] })).toEqual({
    decision: CONTINUE,
    lines: ['content-type: application/json', ...CONTENT, HSTS, POLICY],
  });
});

test('HSTS is never sent over plain HTTP, not even the upstream’s', () => {
  const headers = ['Strict-Transport-Security', 'max-age=1', 'strict-transport-security', 'max-age=2'];
  expect(harden({}, { secure: false, headers }).lines).toEqual([...CONTENT, POLICY]);
  expect(harden({}, { secure: false, headers, status: 304 }).lines).toEqual([]);
  expect(harden({ hsts: false }, { secure: false, headers }).lines).toEqual([...CONTENT, POLICY]);
  expect(harden({}, { headers }).lines).toEqual([...CONTENT, HSTS, POLICY]);
});

test.each([
  [{ maxAgeS: 0 }, 'max-age=0; includeSubDomains; preload'],
  [{ preload: false }, 'max-age=31536000; includeSubDomains'],
  [{ maxAgeS: 300, includeSubDomains: false, preload: false }, 'max-age=300'],
])('hsts %j is sent as %s', (hsts, value) => {
  expect(harden({ hsts }, {}).lines).toContain(`strict-transport-security: ${value}`);
});

test('the gateway’s fields replace the upstream’s, but for the content security policy', () => {
  const headers = [
    'X-Frame-Options',
    'ALLOWALL',
    'x-content-type-options',
    'sniff',
    'Content-Security-Policy',
    "default-src 'self'",
    'X-Frame-Options',
    'SAMEORIGIN',
  ];
  expect(harden({}, { headers }).lines).toEqual([
    "content-security-policy: default-src 'self'",
    ...CONTENT,
    HSTS,
  ]);
  const reporting = ['Content-Security-Policy-Report-Only', 'x'];
  expect(harden({}, { headers: reporting }).lines).toContain(POLICY);
});

test('each field can be chosen or left to the upstream', () => {
  const own = {
    hsts: false,
    frameOptions: 'SAMEORIGIN',
    referrerPolicy: 'same-origin',
    csp: "default-src 'self'",
    crossOriginResourcePolicy: 'cross-origin',
    permissionsPolicy: 'camera=()',
  };
  expect(harden(own, {}).lines).toEqual([
    'x-content-type-options: nosniff',
    'x-frame-options: SAMEORIGIN',
    'referrer-policy: same-origin',
    'cross-origin-resource-policy: cross-origin',
    'permissions-policy: camera=()',
    "content-security-policy: default-src 'self'",
  ]);
  const none = {
    hsts: false,
    frameOptions: false,
    referrerPolicy: false,
    csp: false,
    crossOriginResourcePolicy: false,
  };
  expect(
    harden(none, { headers: ['X-Frame-Options', 'SAMEORIGIN', 'Strict-Transport-Security', 'max-age=1'] })
      .lines,
  ).toEqual([
    'x-frame-options: SAMEORIGIN',
    'strict-transport-security: max-age=1',
    'x-content-type-options: nosniff',
  ]);
});

test.each([204, 304, 101, 103])('an answer %d gets nothing that speaks about content', (status) => {
  const headers = ['ETag', '"1"', 'Server', 'x/1', 'X-Frame-Options', 'SAMEORIGIN'];
  expect(harden({}, { status, headers }).lines).toEqual(['etag: "1"', 'x-frame-options: SAMEORIGIN', HSTS]);
  expect(harden({}, { status, headers, secure: false }).lines).toEqual([
    'etag: "1"',
    'x-frame-options: SAMEORIGIN',
  ]);
});

const spelled = (name: string) => name.replace(/^./, (first) => first.toUpperCase());

test.each([...LEAK_FIELDS, ...LEAK_PREFIXES.map((prefix) => `${prefix}anything`)])(
  '%s is removed',
  (name) => {
    const headers = [spelled(name), 'a', 'Content-Type', 'text/plain', name.toUpperCase(), 'b'];
    expect(harden({}, { headers }).lines).toEqual(['content-type: text/plain', ...CONTENT, HSTS, POLICY]);
    expect(harden({}, { status: 304, headers }).lines).toEqual(['content-type: text/plain', HSTS]);
    expect(harden({}, { status: 429, headers, fromUpstream: false }).lines).not.toContain(`${name}: a`);
  },
);

test.each([
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-Backendless',
  'X-Debugging',
  'Server-Timing',
  'X-Cache',
  'ETag',
])('%s stays', (name) => {
  expect(harden({}, { headers: [name, 'a'] }).lines).toContain(`${name.toLowerCase()}: a`);
});

test('more fields to remove can be named', () => {
  const headers = ['X-Internal-Host', 'db1', 'X-Other', 'b'];
  expect(harden({ remove: ['X-Internal-HOST'] }, { headers }).lines).toEqual([
    'x-other: b',
    ...CONTENT,
    HSTS,
    POLICY,
  ]);
});

test('errors of the gateway are not stored, other answers are left alone', () => {
  const cache = ['Cache-Control', 'max-age=60'];
  const cacheLines = (answer: Answer) =>
    harden({}, { headers: cache, ...answer }).lines.filter((line) => line.startsWith('cache-control'));
  expect(cacheLines({ status: 401, fromUpstream: false })).toEqual(['cache-control: no-store']);
  expect(cacheLines({ status: 503, fromUpstream: false })).toEqual(['cache-control: no-store']);
  expect(cacheLines({ status: 308, fromUpstream: false })).toEqual(['cache-control: max-age=60']);
  expect(cacheLines({ status: 404 })).toEqual(['cache-control: max-age=60']);
});

test.each([500, 502, 503, 599])('an upstream error %d is replaced with the same status', (status) => {
  const { decision, lines } = harden({}, { status, headers: ['Content-Type', 'text/html', 'Server', 'x/1'] });
  expect([decision.effect, decision.reason, decision.status]).toEqual([
    'deny',
    'response.verbose-error',
    status,
  ]);
  expect(decision.problem).toContain(`"status":${status}`);
  expect(lines).toEqual(['content-type: text/html', ...CONTENT, HSTS, POLICY]);
  expect(harden({}, { status, headers: ['Content-Type', 'text/html'] }).decision).toBe(decision);
});

test('a status that no standard knows becomes 502', () => {
  expect(harden({}, { status: 999 }).decision.status).toBe(502);
});

test.each([
  [[], 'replaced'],
  [['Content-Type', 'application/json'], 'replaced'],
  [['Content-Type', 'application/problem+jsonx'], 'replaced'],
  [['Content-Type', 'text/html; x=application/problem+json'], 'replaced'],
  [['Content-Type', 'application/problem+json', 'Content-Type', 'text/html'], 'replaced'],
  [['Content-Type', 'application/problem+json, text/html'], 'replaced'],
  [['Content-Type', 'application/problem+json'], 'kept'],
  [['Content-Type', 'Application/Problem+JSON ; charset=utf-8'], 'kept'],
])('an error with %j is %s', (headers, fate) => {
  expect(harden({}, { status: 500, headers }).decision === CONTINUE).toBe(fate === 'kept');
});

test.each([
  [{ verboseErrors: 'keep' }, { status: 500 }],
  [{}, { status: 500, fromUpstream: false }],
  [{}, { status: 404, headers: ['Content-Type', 'text/html'] }],
  [{}, { status: 499 }],
])('%j keeps the body of %j', (block, answer) => {
  expect(harden(block, answer).decision).toBe(CONTINUE);
});

test('running twice changes nothing more', () => {
  const name = fc.constantFrom(
    'Server',
    'ETag',
    'X-Frame-Options',
    'Content-Security-Policy',
    'X-Debug-A',
    'Set-Cookie',
    'Vary',
  );
  fc.assert(
    fc.property(
      fc.array(name),
      fc.constantFrom(200, 204, 304, 404),
      fc.boolean(),
      (names, status, secure) => {
        const ctx = answering(
          contextOf({ secure }),
          status,
          names.flatMap((each, at) => [each, String(at)]),
        );
        const { response } = compileBlock(hardening, {});
        runNow(response, ctx);
        const headers = ctx.responseHeaders as NonNullable<typeof ctx.responseHeaders>;
        const once = [...headers.names].sort();
        runNow(response, ctx);
        expect([...headers.names].sort()).toEqual(once);
        expect(headers.values).toHaveLength(headers.names.length);
        expect(headers.rawNames.map((raw) => raw.toLowerCase())).toEqual(headers.names);
        const untouched: string[] = names.filter(
          (each) => each === 'Set-Cookie' || each === 'Vary' || each === 'ETag',
        );
        expect(headers.rawNames.filter((each) => untouched.includes(each))).toEqual(untouched);
      },
    ),
  );
});

test.each([
  [{ csp: '' }, '/csp'],
  [{ csp: 'a\r\nSet-Cookie: x=y' }, '/csp'],
  [{ permissionsPolicy: 'a\nb' }, '/permissionsPolicy'],
  [{ frameOptions: 'ALLOW-FROM https://a.example' }, '/frameOptions'],
  [{ hsts: { maxAge: 1 } }, '/hsts'],
  [{ hsts: true }, '/hsts'],
  [{ hsts: { maxAgeS: -1 } }, '/hsts'],
  [{ remove: ['Content-Length'] }, '/remove/0'],
  [{ remove: ['X-A', 'X B'] }, '/remove/1'],
  [{ verboseErrors: 'hide' }, '/verboseErrors'],
])('%j is a mistake at %s', (block, pointer) => {
  const [problem, ...more] = problemsOf(hardening, block);
  expect(more).toEqual([]);
  expect(problem?.startsWith(pointer)).toBe(true);
});

test.each([
  [{}, []],
  [{ hsts: false }, ['/hsts']],
  [{ hsts: { maxAgeS: 300 } }, ['/hsts/maxAgeS']],
  [{ hsts: { includeSubDomains: false } }, ['/hsts/preload']],
  [{ hsts: { includeSubDomains: false, preload: false } }, []],
  [{ frameOptions: false, csp: false }, ['/frameOptions', '/csp']],
  [{ referrerPolicy: 'unsafe-url' }, ['/referrerPolicy']],
  [
    { crossOriginResourcePolicy: 'cross-origin', verboseErrors: 'keep' },
    ['/crossOriginResourcePolicy', '/verboseErrors'],
  ],
])('%j is weak at %j', (block, pointers) => {
  const found = hardening.weaknesses?.(hardening.schema.parse(block)) ?? [];
  expect(found.map((weakness) => weakness.pointer)).toEqual(pointers);
});
