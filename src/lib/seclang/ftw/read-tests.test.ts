import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeForm } from './build-request.ts';
import type { FtwStage, FtwTest } from './ftw-test.ts';
import { type FtwReading, readTests } from './read-tests.ts';
import { fillTemplate } from './template.ts';

const EXPECTED = { output: { log: { expect_ids: [1] } } };

function reading(input: unknown, output: unknown = EXPECTED.output): FtwReading {
  return readTests({ rule_id: 942100, tests: [{ test_id: 3, stages: [{ input, output }] }] }, 'a.yaml');
}

function testOf({ tests, problems }: FtwReading): FtwTest {
  expect(problems).toEqual([]);
  return tests[0] as FtwTest;
}

const stageOf = (input: unknown, output?: unknown): FtwStage =>
  testOf(reading(input, output)).stages[0] as FtwStage;
const requestOf = (input: unknown): string => stageOf(input).request;

describe('a request', () => {
  test('is completed as clients do', () => {
    expect(requestOf({ headers: { Host: 'a' } })).toBe(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(requestOf({ method: 'POST', headers: { Host: 'a' }, data: 'a=<b> c&d' })).toBe(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 13\r\n\r\na=%3Cb%3E+c&d',
    );
    expect(requestOf({ method: 'DELETE' })).toContain('Content-Length: 0\r\n');
  });

  test.each([{ stop_magic: true }, { autocomplete_headers: false }])('is left alone with %j', (said) => {
    expect(requestOf({ ...said, method: 'POST', headers: { Host: 'a' }, data: 'a=<' })).toBe(
      'POST / HTTP/1.1\r\nHost: a\r\n\r\na=<',
    );
  });

  test('has its fields in whatever form they come', () => {
    const headers = { 'Content-Length': 7, 'content-TYPE': 'text/plain', X: null };
    expect(requestOf({ headers, data: ['a', 'b<'] })).toBe(
      'GET / HTTP/1.1\r\nContent-Length: 7\r\ncontent-TYPE: text/plain\r\nX: \r\nConnection: close\r\n\r\na\r\nb<',
    );
    const ordered = [
      { name: 'A', value: 1 },
      { name: 'A', value: 2 },
    ];
    expect(requestOf({ ordered_headers: ordered, autocomplete_headers: false })).toContain(
      'A: 1\r\nA: 2\r\n',
    );
  });

  test('of several parts has lines that end with CR LF', () => {
    const headers = { 'Content-Type': 'multipart/form-data; boundary=x' };
    expect(requestOf({ headers, data: '--x\nA: b\r\n\n1\n--x--\n' })).toMatch(
      /\r\n\r\n--x\r\nA: b\r\n\r\n1\r\n--x--\r\n$/,
    );
  });

  test('is bytes: UTF-8 of a text, or what base64 says', () => {
    expect(requestOf({ uri: '/é' })).toContain('GET /\xc3\xa9 HTTP');
    expect(requestOf({ encoded_request: 'R0VUIC8g/w==' })).toBe('GET / \xff');
    expect(requestOf({ encoded_data: '/wA=', headers: { 'Content-Type': 'x' } })).toMatch(/\xff\0$/);
    expect(requestOf({ raw_request: 'GET /\r\n\r\n' })).toBe('GET /\r\n\r\n');
  });

  test('is made once for each address', () => {
    expect(testOf(reading({ uris: ['/a', '/b'] })).stages.map(({ request }) => request.slice(0, 6))).toEqual([
      'GET /a',
      'GET /b',
    ]);
  });
});

describe('templates', () => {
  test.each([
    ['a{{ "x" | repeat 3 }}b', 'axxxb'],
    ['{{"ab"|repeat 2}}', 'abab'],
    ['{{ repeat 2 "x|y" }}', 'x|yx|y'],
    ['{{ `\\n` }}{{ "\\n\\x41" }}', '\\n\nA'],
    ['{{ "{{" }}', '{{'],
    ['{{7*7}} {{ now }} {{', '{{7*7}} {{ now }} {{'],
    ['{{ "x" | repeat 999999999 }}', '{{ "x" | repeat 999999999 }}'],
  ])('%s', (text, filled) => {
    expect(fillTemplate(text)).toBe(filled);
  });
});

test.each([
  ['a=b c&d=é', 'a=b+c&d=%E9'],
  ['a=%20<', 'a=%20<'],
  ['a=1+2<', 'a=1+2<'],
  ['<', '%3C'],
  ['a==', 'a=%3D'],
])('a form %j is escaped as %j', (data, escaped) => {
  expect(escapeForm(data)).toBe(escaped);
});

describe('what must come of it', () => {
  test('is read in both formats', () => {
    const old = {
      log_contains: 'id "942100"',
      no_log_contains: 'id "1"',
      status: [403, 400],
      expect_error: true,
    };
    expect(stageOf({}, old).expected).toMatchObject({
      logMatches: ['id "942100"'],
      logMatchesNot: ['id "1"'],
      statuses: [403, 400],
      isRefused: true,
    });
    const log = { expect_ids: [1, 2], no_expect_ids: [3], match_regex: 'a', no_match_regex: 'b' };
    expect(stageOf({}, { log, isolated: true, response_contains: 'ok', status: 200 }).expected).toMatchObject(
      {
        ids: [1, 2],
        idsNot: [3],
        logMatches: ['a'],
        logMatchesNot: ['b'],
        isAlone: true,
        answerMatches: 'ok',
        statuses: [200],
      },
    );
  });

  test('names a test by its rule and number, or by its title', () => {
    expect(testOf(reading({})).title).toBe('942100-3');
    const titled = readTests(
      { tests: [{ test_title: 'x-1', stages: [{ stage: { input: {}, ...EXPECTED } }] }] },
      'a',
    );
    expect(testOf(titled).title).toBe('x-1');
  });
});

test.each<[string, unknown, string]>([
  ['nothing', null, ''],
  ['no tests', {}, 'tests'],
  ['no stages', { tests: [{}] }, 'tests[0].stages'],
  ['nothing sent', { tests: [{ stages: [EXPECTED] }] }, 'tests[0].stages[0].input'],
  ['nothing expected', { tests: [{ stages: [{ input: {} }] }] }, 'tests[0].stages[0].output'],
  [
    'a wrong flag',
    { tests: [{ stages: [{ input: { stop_magic: 1 }, ...EXPECTED }] }] },
    'tests[0].stages[0].input.stop_magic',
  ],
  [
    'a wrong id',
    { tests: [{ stages: [{ input: {}, output: { log: { expect_ids: ['x'] } } }] }] },
    'tests[0].stages[0].output.log.expect_ids',
  ],
  [
    'a wrong pattern',
    { tests: [{ stages: [{ input: {}, output: { log_contains: '(' } }] }] },
    'tests[0].stages[0].output.log_contains',
  ],
])('%s is told at its place', (_, value, place) => {
  const { tests, problems } = readTests(value, 'a.yaml');
  expect(tests).toEqual([]);
  expect(problems.map((problem) => problem.place)).toContain(place);
});

test('whatever the file holds, there are tests or problems', () => {
  fc.assert(
    fc.property(
      fc.object({
        key: fc.constantFrom('tests', 'stages', 'input', 'output', 'log', 'data', 'headers', 'meta'),
        maxDepth: 6,
      }),
      (value) => {
        const { tests, problems } = readTests(value, 'a.yaml');
        expect(tests.length === 0 || problems.length === 0).toBe(true);
      },
    ),
  );
});
