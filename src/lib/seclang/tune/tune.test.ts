import { describe, expect, test } from 'vitest';
import { attackRequest } from './attack-request.ts';
import { exclusionText, freeId, isWritablePath } from './exclusion.ts';
import { recompute } from './recorded.ts';

const ARGS = { collection: 'ARGS', key: 'text' };

describe('exclusionText', () => {
  test('is one rule that runs first and takes each parameter from each rule', () => {
    const targets = [
      { ruleId: 942100, parameter: ARGS },
      { ruleId: 941100, parameter: { collection: 'REQUEST_COOKIES', key: 'sid' } },
    ];
    expect(
      exclusionText(
        { id: 9_900_000, path: '/comments', isPrefix: false, targets },
        'Why\u001b[2J\nSecRuleEngine Off',
      ),
    ).toBe(
      [
        '# Why?[2J',
        '# SecRuleEngine Off',
        'SecRule REQUEST_FILENAME "@streq /comments" \\',
        '    "id:9900000,\\',
        '    phase:1,\\',
        '    pass,\\',
        '    t:none,\\',
        '    nolog,\\',
        '    ctl:ruleRemoveTargetById=942100;ARGS:text,\\',
        '    ctl:ruleRemoveTargetById=941100;REQUEST_COOKIES:sid"',
        '',
      ].join('\n'),
    );
  });

  test.each([
    ['/a', '@beginsWith /a/"'],
    ['/a/', '@beginsWith /a/"'],
  ])('of all below %s', (path, expected) => {
    expect(exclusionText({ id: 1, path, isPrefix: true, targets: [] }, '')).toContain(expected);
  });

  test.each([
    ['/a/b-c_d.e~f', true],
    ['/caf%C3%A9', true],
    ['/a"', false],
    ["/a'b", false],
    ['/a\\b', false],
    ['/%{tx.a}', false],
    ['/a b', false],
    ['/a\nb', false],
    ['a', false],
  ])('a path %j can be written: %s', (path, can) => expect(isWritablePath(path)).toBe(can));

  test('has an id of its own', () => {
    expect(freeId(new Set([9_900_000, 9_900_001, 5]))).toBe(9_900_002);
  });
});

describe('recompute', () => {
  const match = (rule: number, pl1: number, change = {}) => ({
    ...{ rule, variable: 'ARGS:a', isLogOnly: false },
    scores: { 'tx.sql_injection_score': pl1, 'tx.inbound_anomaly_score_pl1': pl1 },
    ...change,
  });
  const matches = [match(1, 5), match(2, 8), match(3, 13), match(4, 13, { scores: {} })];

  test.each<[number[], number]>([
    [[], 13],
    [[1], 8],
    [[2], 10],
    [[1, 2, 3], 0],
    [[4], 13],
  ])('without %j the score is %d', (taken, scoreAfter) => {
    const done = recompute({ matches, score: 13 }, ({ rule }) => taken.includes(rule));
    expect([done.scoreBefore, done.scoreAfter]).toEqual([13, scoreAfter]);
    expect(done.left).toHaveLength(4 - taken.length);
  });

  test('each level counts by itself', () => {
    const levels = [match(1, 5), match(2, 5, { scores: { 'tx.inbound_anomaly_score_pl2': 5 } })];
    expect(recompute({ matches: levels, score: 10 }, ({ rule }) => rule === 2).scoreAfter).toBe(5);
  });
});

describe('attackRequest', () => {
  const at = (method: string, collection: string, key: string) =>
    attackRequest({ method, path: '/p', parameter: { collection, key } }, "1' & \xe9=\n");

  test.each([
    ['GET', 'ARGS', 'a', { target: '/p?a=1%27%20%26%20%e9%3d%0a', body: '' }],
    ['POST', 'ARGS', 'a', { target: '/p', body: 'a=1%27%20%26%20%e9%3d%0a' }],
    ['POST', 'ARGS_GET', 'a', { method: 'GET', target: '/p?a=1%27%20%26%20%e9%3d%0a' }],
    ['GET', 'ARGS_POST', 'a', { method: 'POST', body: 'a=1%27%20%26%20%e9%3d%0a' }],
    ['PUT', 'ARGS', 'json.a.0.b', { method: 'PUT', body: `{"a":[{"b":"1' & \xe9=\\n"}]}` }],
    ['GET', 'REQUEST_COOKIES', 'sid', { fields: [['Cookie', 'sid=1%27%20%26%20%e9%3d%0a']] }],
    ['GET', 'REQUEST_HEADERS', 'X-A', { fields: [['X-A', "1' & \xe9= "]] }],
  ])('%s %s:%s', (method, collection, key, expected) => {
    expect(at(method, collection, key)).toMatchObject(expected);
  });

  test.each(['ARGS_NAMES', 'FILES', 'FILES_NAMES', 'RESPONSE_HEADERS', 'REQUEST_HEADERS_NAMES'])(
    'nobody can put a value of their own into %s',
    (collection) => expect(at('GET', collection, 'a')).toBeNull(),
  );
});
