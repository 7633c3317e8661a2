import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ruleTexts } from '../../../../test/support/rule-texts.ts';
import { diskRuleFiles } from '../../../stores/rule-files.ts';
import { parseRules, type RuleReading } from './parse-rules.ts';
import type { Marker, Rule, RuleProgram } from './rule.ts';

const read = (text: string): RuleReading => parseRules(['/rules.conf'], ruleTexts({ '/rules.conf': text }));

function programOf(reading: RuleReading): RuleProgram {
  if ('problems' in reading) throw new Error(reading.problems.map(({ message }) => message).join('\n'));
  return reading.program;
}

const isRule = (item: Rule | Marker): item is Rule => 'id' in item;
const rulesOf = (text: string): Rule[] => programOf(read(text)).items.filter(isRule);
const ruleOf = (text: string): Rule => rulesOf(text)[0] as Rule;
const problemsOf = (text: string): string[] => {
  const reading = read(text);
  return 'problems' in reading ? reading.problems.map(({ at, token }) => `${at.line} ${token}`) : [];
};

describe('a rule', () => {
  test('has what its words say', () => {
    const rule = ruleOf(
      'SecRule ARGS|!ARGS:/^utm_/|&TX:n "!@streq a b" "id:7,phase:request,t:lowercase,deny,severity:CRITICAL"',
    );
    expect(rule).toMatchObject({
      id: 7,
      phase: 2,
      operator: { name: 'streq', isNegated: true, argument: ['a b'] },
      transformations: ['lowercase'],
      disruption: { kind: 'deny', argument: [], status: 0 },
      severity: 2,
    });
    expect(rule.variables).toEqual([
      { name: 'ARGS', selector: null, isCount: false, isExclusion: false },
      { name: 'ARGS', selector: { kind: 'pattern', source: '^utm_' }, isCount: false, isExclusion: true },
      { name: 'TX', selector: { kind: 'literal', text: 'n' }, isCount: true, isExclusion: false },
    ]);
  });

  test('is joined from lines, in which quotes are escaped', () => {
    const rule = ruleOf('SecRule ARGS "@rx a\\"b\\\\c" \\\n  "id:7,\\\r\n msg:\'it\\\\\'s, so\'"');
    expect(rule.operator?.argument).toEqual(['a"b\\c']);
    expect(rule.message).toEqual(["it's, so"]);
  });
});

describe('the Core Rule Set of Debian', () => {
  const folder = '/usr/share/modsecurity-crs/rules';
  const recommended = '/etc/modsecurity/modsecurity.conf-recommended';
  if (!existsSync(folder) || !existsSync(recommended)) {
    test.skip('skipped the Core Rule Set: install modsecurity-crs and libapache2-mod-security2', () => {});
    return;
  }

  test('is read as it is', () => {
    const paths = [recommended, '/etc/modsecurity/crs/crs-setup.conf', `${folder}/*.conf`];
    const { items, settings, dataFiles } = programOf(parseRules(paths, diskRuleFiles('/')));
    const rules = items.filter(isRule);
    expect(rules.length).toBeGreaterThan(600);
    expect(items.length - rules.length).toBeGreaterThanOrEqual(40);
    expect(dataFiles.size).toBeGreaterThanOrEqual(19);
    expect(settings).toMatchObject({
      engine: 'detection-only',
      requestBodyJsonDepth: 512,
      collectionTimeoutS: 600,
    });
    expect(settings.unicodeMap.get(0xff1c)).toBe(0x3c);
  });
});

describe('mistakes', () => {
  test.each([
    ['SecRule ARGS "@rx a"', '1 '],
    ['SecFoo on', '1 SecFoo'],
    ['SecRule ARGZ a id:1', '1 ARGZ'],
    ['SecRule ARGS @foo id:1', '1 @foo'],
    ['SecRule ARGS a id:1,foo', '1 foo'],
    ['SecRule ARGS a id:1,t:foo', '1 t:foo'],
    ['SecRule ARGS a id:1,ctl:foo=1', '1 foo'],
    ['SecRule ARGS a "\\\nid:1,\\\nt:foo"', '3 t:foo'],
    ['SecRule ARGS a id:1,chain', '1 chain'],
    ['SecRule ARGS a id:1\n\nSecRule ARGS a id:1', '3 id:1'],
    ['SecAction "id:1,log deny"', '1 log'],
    ['SecRule TX: a id:1', '1 TX'],
    ['Include nowhere.conf', '1 nowhere.conf'],
    ['Include rules.conf', '1 rules.conf'],
  ])('%j is told at its place', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });
});
