import { describe, expect, test } from 'vitest';
import { ruleTexts } from '../../../../test/support/rule-texts.ts';
import { parseRules } from '../syntax/parse-rules.ts';
import { lintRules } from './lint-rules.ts';

/** A small rule set in the manner of the Core Rule Set. */
const RULES = [
  'SecAction "id:10,phase:1,pass,nolog,setvar:tx.limit=5,setvar:tx.critical_anomaly_score=5"',
  'SecRule ARGS "@rx (?i)union" "id:20,phase:2,block,tag:attack-sqli,msg:\'SQL\',setvar:tx.score=+%{tx.critical_anomaly_score}"',
  'SecRule ARGS "@rx (?i)select" "id:21,phase:2,block,tag:attack-sqli,setvar:tx.score=+%{tx.critical_anomaly_score}"',
  'SecRule ARGS "@rx (?i)<script" "id:30,phase:2,block,tag:attack-xss,setvar:tx.score=+%{tx.critical_anomaly_score}"',
  'SecRule TX:score "@ge %{tx.limit}" "id:90,phase:2,deny,tag:evaluation"',
];

function lint(...lines: string[]): string[] {
  const reading = parseRules(['/r.conf'], ruleTexts({ '/r.conf': lines.join('\n') }));
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems));
  return lintRules(reading).map(({ level, kind, at }) => `${at.line} ${level} ${kind}`);
}

test('a rule set that does what it should has nothing to find', () => {
  expect(lint(...RULES)).toEqual([]);
});

describe('exclusions behind the rules', () => {
  test.each([
    ['SecRuleRemoveById 90', ['6 error scoring-disabled']],
    ['SecRuleRemoveById 1-99', ['6 error scoring-disabled']],
    ['SecRuleRemoveByTag ^eval', ['6 error scoring-disabled']],
    ['SecRuleUpdateActionById 90 "pass"', ['6 error scoring-disabled']],
    ['SecRuleUpdateTargetById 90 "!TX:score"', ['6 error scoring-disabled']],
    ['SecRuleRemoveByTag attack-sqli', ['6 error class-disabled']],
    ['SecRuleRemoveById 20-29', ['6 error class-disabled']],
    ['SecRuleRemoveById 20', []],
    ['SecRuleRemoveById 500', ['6 warning no-effect']],
    ['SecRuleUpdateTargetById 20 "!ARGS:comment"', []],
  ])('%s', (line, found) => {
    expect(lint(...RULES, line)).toEqual(found);
  });
});

describe('controls before the rules', () => {
  test.each([
    ['SecAction "id:1,phase:1,pass,ctl:ruleRemoveById=90"', ['1 error scoring-disabled']],
    ['SecAction "id:1,phase:1,allow"', ['1 error engine-disabled', '2 error never-reached']],
    ['SecAction "id:1,phase:1,allow:request"', ['1 error engine-disabled']],
    ['SecRule REMOTE_ADDR "@ipMatch 192.0.2.1" "id:1,phase:1,allow"', []],
    ['SecAction "id:1,phase:1,pass,ctl:requestBodyAccess=Off"', ['1 error engine-disabled']],
    [
      'SecRule REQUEST_FILENAME "@streq /a" "id:1,phase:1,pass,ctl:requestBodyAccess=Off"',
      ['1 warning engine-disabled'],
    ],
    ['SecAction "id:1,phase:1,pass,setvar:tx.critical_anomaly_score=0"', ['1 error scoring-disabled']],
    [
      'SecAction "id:1,phase:1,pass,setvar:tx.inbound_anomaly_score_threshold=100"',
      ['1 error scoring-disabled'],
    ],
    ['SecAction "id:1,phase:1,pass,setvar:tx.inbound_anomaly_score_threshold=10"', []],
    ['SecAction "id:1,phase:2,pass,setvar:tx.anomaly_score_pl1=-50"', ['1 error scoring-disabled']],
    [
      'SecRule REQUEST_FILENAME "@streq /a" "id:1,phase:2,pass,setvar:tx.anomaly_score_pl1=-5"',
      ['1 warning scoring-disabled'],
    ],
    [
      'SecRule REQUEST_FILENAME "@streq /a" "id:1,phase:1,pass,ctl:ruleRemoveByTag=evaluation"',
      ['1 warning scoring-disabled'],
    ],
    [
      'SecRule REQUEST_FILENAME "@streq /a" "id:1,phase:1,pass,ctl:ruleRemoveTargetById=90;TX:score"',
      ['1 warning scoring-disabled'],
    ],
    [
      'SecRule REQUEST_FILENAME "@streq /a" "id:1,phase:1,pass,ctl:ruleRemoveByTag=attack-sqli"',
      ['1 warning class-disabled'],
    ],
    ['SecRule REQUEST_FILENAME "@streq /a" "id:1,phase:1,pass,ctl:ruleRemoveByMsg=SQL"', []],
    [
      'SecRule REQUEST_FILENAME "@streq /a" "id:1,phase:1,pass,ctl:ruleRemoveTargetById=20;ARGS"',
      ['1 warning collection-excluded'],
    ],
    ['SecRule REQUEST_FILENAME "@streq /a" "id:1,phase:1,pass,ctl:ruleRemoveTargetById=20;ARGS:q"', []],
    ['SecAction "id:1,phase:1,pass,ctl:ruleEngine=Off"', ['1 error engine-disabled']],
    [
      'SecRule REMOTE_ADDR "@ipMatch 192.0.2.1" "id:1,phase:1,pass,ctl:ruleEngine=DetectionOnly"',
      ['1 warning engine-disabled'],
    ],
    [
      'SecAction "id:1,phase:1,pass,setvar:tx.inbound_anomaly_score_threshold=10000"',
      ['1 error scoring-disabled'],
    ],
    ['SecRuleEngine Off', ['1 error engine-disabled']],
    ['SecRuleEngine DetectionOnly', ['1 warning engine-disabled']],
  ])('%s', (line, found) => {
    expect(lint(line, ...RULES)).toEqual(found);
  });
});

describe('rules that do nothing', () => {
  test.each<[string[], string[]]>([
    [['SecRule ARGS a "id:1,phase:2,pass,skipAfter:NOWHERE"'], ['1 error never-reached']],
    [
      [
        'SecAction "id:1,phase:2,pass,skipAfter:END"',
        'SecRule ARGS a "id:2,phase:2,deny"',
        'SecRule ARGS a "id:3,phase:1,deny"',
        'SecMarker END',
        'SecRule ARGS a "id:4,phase:2,deny"',
      ],
      ['2 error never-reached'],
    ],
    [['SecAction "id:1,phase:2,deny"', 'SecRule ARGS a "id:2,phase:2,deny"'], ['2 error never-reached']],
    [['SecRule RESPONSE_BODY a "id:1,phase:2,deny"'], ['1 error never-filled']],
    [['SecRule RESPONSE_BODY|ARGS a "id:1,phase:2,deny"'], []],
    [['SecRule PATH_INFO a "id:1,phase:2,deny"'], ['1 error never-filled']],
    [['SecRule TX:nothing a "id:1,phase:2,deny"'], ['1 warning never-filled']],
    [['SecRule &TX:nothing "@eq 0" "id:1,phase:2,deny"'], []],
    [
      [
        'SecAction "id:1,phase:1,pass,setvar:tx.name_%{request_method}=1"',
        'SecRule TX:name_GET "@eq 1" "id:2,phase:1,deny"',
      ],
      [],
    ],
    [['SecRule ARGS "@streq Admin" "id:1,phase:2,deny,t:lowercase"'], ['1 error never-matches']],
    [['SecRule ARGS "!@streq Admin" "id:1,phase:2,deny,t:lowercase"'], ['1 warning never-matches']],
    [['SecRule ARGS "@contains a b" "id:1,phase:2,deny,t:removeWhitespace"'], ['1 error never-matches']],
    [['SecRule ARGS "@streq admin" "id:1,phase:2,deny,t:lowercase"'], []],
    [['SecRule ARGS "@gt many" "id:1,phase:2,deny"'], ['1 error never-matches']],
    [['SecRule ARGS "@gt %{tx.limit}" "id:1,phase:2,deny"'], []],
    [['SecRule ARGS "@rx (?:a|a)*(?:a|aa)*b" "id:1,phase:2,deny"'], ['1 warning backtracks']],
    [['SecRule ARGS "@rx ^[a-z]+$" "id:1,phase:2,deny"'], []],
    [['SecRule ARGS "@contains" "id:1,phase:2,deny"'], ['1 error never-matches']],
  ])('%j', (lines, found) => {
    expect(lint(...lines)).toEqual(found);
  });
});
