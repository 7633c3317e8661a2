import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalPath, MAX_TARGET_LENGTH, parseTarget, type Target, type TargetPolicy } from './target.ts';

const LENIENT: TargetPolicy = { encodedSlash: 'keep', backslash: 'slash', semicolon: 'keep' };

function pathOf(raw: string, policy?: TargetPolicy): string {
  const target = parseTarget('GET', raw, policy);
  return target.ok ? target.path : target.problem;
}

test.each([
  ['/', '/'],
  ['/a/b.json', '/a/b.json'],
  ['/a.b/.c/..d/e../...', '/a.b/.c/..d/e../...'],
  ['/a/', '/a/'],
  ['/a//b///c//', '/a/b/c/'],
  ['//', '/'],
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/b/..', '/a/'],
  ['/a/.', '/a/'],
  ['/a/..', '/'],
  ['/./', '/'],
  ['/a//../b', '/b'],
  ['/a/%2e%2e/b', '/b'],
  ['/a/.%2E/b', '/b'],
  ['/%2e', '/'],
  ['/%61%7e%7E%5f', '/a~~_'],
  ['/%252e%252e/%252f', '/%252e%252e/%252f'],
  ['/a%20b%3f%23', '/a%20b%3F%23'],
  ['/caf%c3%a9/%e2%82%ac/%f0%9f%98%80', '/caf%C3%A9/%E2%82%AC/%F0%9F%98%80'],
  ["/!$&'()*+,=:@[]", "/!$&'()*+,=:@[]"],
  ['/%41?%41', '/A'],
])('the path of %s is %s', (raw, path) => {
  expect(pathOf(raw)).toBe(path);
});

test.each([
  ['', 'empty'],
  ['/..', 'above-root'],
  ['/a/../../b', 'above-root'],
  ['//..', 'above-root'],
  ['/%2e%2e/etc', 'above-root'],
  ['/a b', 'characters'],
  ['/a\tb', 'characters'],
  ['/a\0', 'characters'],
  ['/caf\u00e9', 'characters'],
  ['/\u4e2d', 'characters'],
  ['/a\x7f', 'characters'],
  ['/<script>', 'characters'],
  ['/{id}', 'characters'],
  ['/a|b', 'characters'],
  ['/a"', 'characters'],
  ['/a`', 'characters'],
  ['/a^', 'characters'],
  ['/a?b c', 'characters'],
  ['/a?\u00e9', 'characters'],
  ['/a?\r\n', 'characters'],
  ['/a#b', 'fragment'],
  ['/a?b#c', 'fragment'],
  ['/%', 'percent'],
  ['/%4', 'percent'],
  ['/%g0', 'percent'],
  ['/%u0041', 'percent'],
  ['/%%41', 'percent'],
  ['/a?%', 'percent'],
  ['/a?%4', 'percent'],
  ['/a?%zz', 'percent'],
  ['/a%2fb', 'encoded-slash'],
  ['/a%2F..', 'encoded-slash'],
  ['/a\\b', 'backslash'],
  ['/a%5cb', 'backslash'],
  ['/a%00', 'nul'],
  ['/a%0d%0a', 'control'],
  ['/a%1f', 'control'],
  ['/a%7f', 'control'],
  ['/%c0%af', 'utf8'],
  ['/%c1%bf', 'utf8'],
  ['/%e0%80%af', 'utf8'],
  ['/%ed%a0%80', 'utf8'],
  ['/%f0%80%80%af', 'utf8'],
  ['/%f4%90%80%80', 'utf8'],
  ['/%f5%80%80%80', 'utf8'],
  ['/%80', 'utf8'],
  ['/%ff', 'utf8'],
  ['/%c3', 'utf8'],
  ['/%c3a', 'utf8'],
  ['/%c3%', 'utf8'],
  ['/%e2%82', 'utf8'],
  ['/a;b', 'semicolon'],
  ['/a%3bb', 'semicolon'],
  ['a', 'authority-form'],
  ['*', 'authority-form'],
  ['host:443', 'authority-form'],
  ['?a', 'authority-form'],
  ['ftp://a/', 'scheme'],
  ['http://u@a/', 'userinfo'],
  ['http://u:p@a/', 'userinfo'],
  ['http://', 'characters'],
  ['http:///a', 'characters'],
  ['http://a b/', 'characters'],
  ['http://a:0/', 'characters'],
  ['http://a\\b/', 'backslash'],
  ['http://a#b', 'fragment'],
  ['http://a/..', 'above-root'],
  [`/${'a'.repeat(MAX_TARGET_LENGTH)}`, 'too-long'],
])('%j is refused: %s', (raw, problem) => {
  expect(parseTarget('GET', raw)).toEqual({ ok: false, problem });
});

test.each([
  ['/a%2fb', '/a%2Fb'],
  ['/a\\b', '/a/b'],
  ['/a%5Cb', '/a/b'],
  ['/a\\..\\b', '/b'],
  ['/..\\a', 'above-root'],
  ['/a;v=1/b', '/a;v=1/b'],
  ['/a%3bb', '/a%3Bb'],
  ['/a/..;/b', 'semicolon'],
  ['/a/;x/b', 'semicolon'],
  ['/a/.%3b', 'semicolon'],
  ['/a%2F..%2Fb', 'encoded-slash'],
  ['/%2e%2e%2fb', 'encoded-slash'],
  ['/a%2F..;x', 'semicolon'],
])('with everything kept, %s is %s', (raw, path) => {
  expect(pathOf(raw, LENIENT)).toBe(path);
});

test.each([
  ['GET', '/a?', { path: '/a', query: '', hasQuery: true }],
  ['GET', '/a?b=%2f&c=<"{|}`^>\\?/', { path: '/a', query: 'b=%2f&c=<"{|}`^>\\?/', hasQuery: true }],
  ['GET', '/a/../b?c', { path: '/b', query: 'c', hasQuery: true }],
  ['GET', '/%61', { path: '/a', query: '', hasQuery: false }],
  ['OPTIONS', '*', { form: 'asterisk', path: '*' }],
  [
    'GET',
    'HTTP://Example.com:8080/a?b',
    { form: 'absolute', scheme: 'http', authority: 'Example.com:8080', path: '/a', query: 'b' },
  ],
  ['GET', 'https://example.com', { form: 'absolute', scheme: 'https', authority: 'example.com', path: '/' }],
  ['GET', 'http://[::1]:80?a/b', { authority: '[::1]:80', path: '/', query: 'a/b' }],
])('%s %s', (method, raw, expected) => {
  expect(parseTarget(method, raw)).toMatchObject({ ok: true, ...expected });
});

test.each(['host:443', '/a', 'http://a/', '*'])('CONNECT %s is refused', (raw) => {
  expect(parseTarget('CONNECT', raw)).toEqual({ ok: false, problem: 'authority-form' });
});

test.each([
  ['/a//b/%63', '/a/b/c'],
  ['/', '/'],
  ['a', null],
  ['', null],
  ['/a?b', null],
  ['/a#b', null],
  ['/..', null],
  ['*', null],
])('canonicalPath(%j) is %j', (text, path) => {
  expect(canonicalPath(text)).toBe(path);
});

const pieces = [
  '/',
  '/',
  '.',
  '..',
  '%',
  '%2e',
  '%2E',
  '%2f',
  '%5c',
  '%25',
  '%3b',
  '%41',
  '%c3%a9',
  '%c3',
  '%ed%a0%80',
  '%00',
  'a',
  'B',
  '-',
  '~',
  ';',
  '\\',
  '?',
  '#',
  ' ',
  '@',
  '=',
  '[',
  '{',
  'é',
  '%ff',
  '\0',
];
const raw = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((list) => `/${list.join('')}`);
const policy = fc.record<TargetPolicy>({
  encodedSlash: fc.constantFrom('reject', 'keep'),
  backslash: fc.constantFrom('reject', 'slash'),
  semicolon: fc.constantFrom('reject', 'keep'),
});

test('a canonical target is read as itself', () => {
  fc.assert(
    fc.property(raw, policy, (text, rules) => {
      const first = parseTarget('GET', text, rules);
      if (!first.ok) return;
      const again = first.hasQuery ? `${first.path}?${first.query}` : first.path;
      expect(parseTarget('GET', again, rules)).toEqual(first);
    }),
    { numRuns: 20_000 },
  );
});

test('a canonical path has no second spelling in it', () => {
  fc.assert(
    fc.property(raw, policy, (text, rules) => {
      const target = parseTarget('GET', text, rules);
      if (!target.ok) return;
      expect(target.path).toMatch(/^\/(?:[\x21-\x7e](?<![%\\?#"<>^`{|}])|%[0-9A-F]{2})*$/);
      expect(target.path).not.toMatch(/\/\/|\/\.\.?(?:\/|$)|\\/);
      expect(target.path).not.toMatch(/%(?:[01]|[46][1-9A-F]|[57][0-9A]|3[0-9]|2[DE]|7[EF]|5[CF])/);
      expect(decodeURIComponent(target.path)).not.toContain('\0');
    }),
    { numRuns: 20_000 },
  );
});

test('agrees with the WHATWG parser about dot segments', () => {
  const segment = fc.constantFrom('a', 'b.c', '..', '.', '%2e', '.%2E', '...');
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (list) => {
      const target = parseTarget('GET', `/${list.join('/')}`);
      if (target.ok) expect(target.path).toBe(new URL(`http://h/${list.join('/')}`).pathname);
      else expect(target.problem).toBe('above-root');
    }),
    { numRuns: 3000 },
  );
});

test('any text gives a target or a problem', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('GET', 'OPTIONS', 'CONNECT'),
      fc.string({ unit: 'binary' }),
      (method, text) => {
        expect(typeof parseTarget(method, text).ok).toBe('boolean');
        expect(typeof parseTarget(method, `http://h/${text}`).ok).toBe('boolean');
      },
    ),
  );
});

test('all targets have the same members', () => {
  const keys = (text: string) => Object.keys(parseTarget('OPTIONS', text) as Target);
  expect(keys('*')).toEqual(keys('/a'));
  expect(keys('http://a/%61?b')).toEqual(keys('/a'));
});
