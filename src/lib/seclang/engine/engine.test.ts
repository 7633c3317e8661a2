import { describe, expect, test } from 'vitest';
import { engineOf, matchedIds, type RequestParts, runAll } from '../../../../test/support/rule-engine.ts';

/** Rules without what every one of them needs; phase 1 unless they say otherwise. */
const rules = (...lines: string[]): string =>
  ['SecRuleEngine On', 'SecRequestBodyAccess On', 'SecDefaultAction "phase:1,log,pass"', ...lines].join('\n');

const run = (lines: readonly string[], parts: RequestParts = {}) => runAll(engineOf(rules(...lines)), parts);

const A_AND_B: RequestParts = { target: '/?a=one&b=two&A=three' };

describe('what matches', () => {
  test.each<[name: string, rule: string, parts: RequestParts, variables: string[]]>([
    ['every value of a collection by itself', 'SecRule ARGS "@rx ^t" "id:1"', A_AND_B, ['ARGS:b', 'ARGS:A']],
    ['names in any case', 'SecRule ARGS:A "@rx ." "id:1"', A_AND_B, ['ARGS:a', 'ARGS:A']],
    ['a pattern of names', 'SecRule ARGS:/^[ab]$/ "@rx ^t" "id:1"', A_AND_B, ['ARGS:b', 'ARGS:A']],
    ['a count', 'SecRule &ARGS "@eq 3" "id:1"', A_AND_B, ['ARGS']],
    ['the count of a name', 'SecRule &ARGS:a "@eq 2" "id:1"', A_AND_B, ['ARGS']],
    ['a count of nothing', 'SecRule &REQUEST_HEADERS:Foo "@eq 0" "id:1"', A_AND_B, ['REQUEST_HEADERS']],
    ['nothing of what is not there', 'SecRule REQUEST_HEADERS:Foo "!@rx x" "id:1"', A_AND_B, []],
    ['not what is excluded', 'SecRule ARGS|!ARGS:a "@rx ." "id:1"', A_AND_B, ['ARGS:b']],
    ['only what stands before an exclusion', 'SecRule !ARGS:a|ARGS:b "@rx ." "id:1"', A_AND_B, ['ARGS:b']],
    ['what a negated operator does not', 'SecRule ARGS "!@rx ^t" "id:1"', A_AND_B, ['ARGS:a']],
    ['transformed values', 'SecRule ARGS "@streq ONE" "id:1,t:uppercase"', A_AND_B, ['ARGS:a']],
    ['lengths', 'SecRule ARGS "@gt 4" "id:1,t:length"', A_AND_B, ['ARGS:A']],
    ['always, on the address', 'SecAction "id:1"', A_AND_B, ['REMOTE_ADDR']],
  ])('%s', (_, rule, parts, variables) => {
    const { matches } = run([rule], parts);
    expect(matches.map(({ variable }) => variable)).toEqual(variables);
  });

  test.each<[name: string, transformations: string, value: string, values: string[]]>([
    ['the value and each changed form', 't:urlDecode,t:lowercase', '%41B', ['%41B', 'AB', 'ab']],
    ['no form twice', 't:urlDecode,t:lowercase,t:removeNulls', 'AB', ['AB', 'ab']],
    ['what says that it changed', 't:cmdLine', 'a', ['a', 'a']],
    ['the value alone where nothing changes', 't:urlDecode,t:lowercase', 'a', ['a']],
    ['nothing without transformations', 't:none', 'a', []],
  ])('multiMatch looks at %s', (_, transformations, value, values) => {
    const rule = `SecRule REQUEST_HEADERS:X "@rx ." "id:1,multiMatch,${transformations}"`;
    const { matches } = run([rule], { headers: [['X', value]] });
    expect(matches.map((match) => match.value)).toEqual(values);
  });
});

describe('chains', () => {
  test('the first link is reported with the variable of the last one', () => {
    const { matches } = run(
      ['SecRule ARGS:a "@rx ." "id:1,msg:\'first\',severity:3,chain"', 'SecRule ARGS:b "@rx t" ""'],
      A_AND_B,
    );
    expect(matches).toMatchObject([
      { ruleId: 1, variable: 'ARGS:b', message: 'first', severity: 3, value: 'two' },
    ]);
  });

  test('actions of links that matched stay done where a later link does not match', () => {
    const transaction = run(
      [
        'SecRule ARGS:a "@rx ." "id:1,chain,setvar:tx.first=+1"',
        'SecRule ARGS:b "@rx nothing" "setvar:tx.second=1"',
      ],
      A_AND_B,
    );
    expect(transaction.txValue('first')).toBe('2');
    expect(transaction.txValue('second')).toBe('');
    expect(transaction.matches).toEqual([]);
  });

  test('links see what those before them matched', () => {
    const { matches } = run(
      [
        'SecRule ARGS "@rx ^t" "id:1,chain"',
        'SecRule MATCHED_VARS "@rx ee$" "setvar:tx.name=%{MATCHED_VAR_NAME}"',
      ],
      A_AND_B,
    );
    expect(matches.map(({ variable }) => variable)).toEqual(['ARGS:A']);
  });

  test('skipAfter of any link is followed when the last one has matched', () => {
    const lines = [
      'SecRule ARGS:a "@rx ." "id:1,chain,skipAfter:END"',
      'SecRule ARGS:b "@rx two" ""',
      'SecAction "id:2"',
      'SecMarker END',
      'SecAction "id:3"',
    ];
    expect(matchedIds(run(lines, { target: '/?a=1&b=two' }))).toEqual([1, 3]);
    expect(matchedIds(run(lines, { target: '/?a=1&b=no' }))).toEqual([2, 3]);
  });
});

describe('the way through the rules', () => {
  test.each<[name: string, lines: string[], ids: number[]]>([
    [
      'skip passes over rules and whole chains',
      [
        'SecAction "id:1,skip:2"',
        'SecRule ARGS "@rx ." "id:2,chain"',
        'SecRule ARGS "@rx ." ""',
        'SecAction "id:3"',
        'SecAction "id:4"',
      ],
      [1, 4],
    ],
    [
      'markers are not counted',
      ['SecAction "id:1,skip:1"', 'SecMarker M', 'SecAction "id:2"', 'SecAction "id:3"'],
      [1, 3],
    ],
    [
      'skipAfter a rule',
      ['SecAction "id:1,skipAfter:3"', 'SecAction "id:2"', 'SecAction "id:3"', 'SecAction "id:4"'],
      [1, 4],
    ],
    [
      'to nowhere',
      ['SecAction "id:1,skipAfter:NONE"', 'SecAction "id:2"', 'SecAction "id:3,phase:5"'],
      [1, 3],
    ],
    ['back is nowhere', ['SecMarker M', 'SecAction "id:1,skipAfter:M"', 'SecAction "id:2"'], [1]],
    [
      'a marker stands in every phase',
      [
        'SecAction "id:1,phase:2,skipAfter:M"',
        'SecAction "id:2,phase:2"',
        'SecMarker M',
        'SecAction "id:3,phase:2"',
        'SecAction "id:4"',
      ],
      [4, 1, 3],
    ],
    [
      'phases one after another',
      ['SecAction "id:1,phase:5"', 'SecAction "id:2,phase:2"', 'SecAction "id:3,phase:1"'],
      [3, 2, 1],
    ],
    [
      'allow leaves out all but logging',
      ['SecAction "id:1,allow"', 'SecAction "id:2"', 'SecAction "id:3,phase:3"', 'SecAction "id:4,phase:5"'],
      [1, 4],
    ],
    [
      'allow:request leaves answers in',
      ['SecAction "id:1,allow:request"', 'SecAction "id:2,phase:2"', 'SecAction "id:3,phase:3"'],
      [1, 3],
    ],
    [
      'allow:phase is for one phase',
      ['SecAction "id:1,allow:phase"', 'SecAction "id:2"', 'SecAction "id:3,phase:2"'],
      [1, 3],
    ],
    [
      'deny leaves out all but logging',
      ['SecAction "id:1,deny"', 'SecAction "id:2"', 'SecAction "id:3,phase:2"', 'SecAction "id:4,phase:5"'],
      [1, 4],
    ],
    [
      'ctl:ruleEngine=Off ends everything',
      ['SecAction "id:1,ctl:ruleEngine=Off"', 'SecAction "id:2"', 'SecAction "id:3,phase:5"'],
      [1],
    ],
  ])('%s', (_, lines, ids) => {
    expect(matchedIds(run(lines, A_AND_B))).toEqual(ids);
  });

  test('a rule that ends the transaction does so at its first value', () => {
    const transaction = run(['SecRule ARGS "@rx ." "id:1,deny,status:429,setvar:tx.n=+1"'], A_AND_B);
    expect(transaction.interruption).toMatchObject({ kind: 'deny', ruleId: 1, phase: 1, status: 429 });
    expect(transaction.isEnforced).toBe(true);
    expect(transaction.txValue('n')).toBe('1');
  });

  test('in detection only all rules run, and the first that would have ended it is told', () => {
    const transaction = run([
      'SecRuleEngine DetectionOnly',
      'SecAction "id:1,deny"',
      'SecAction "id:2,drop"',
      'SecAction "id:3,allow"',
      'SecAction "id:4"',
    ]);
    expect(matchedIds(transaction)).toEqual([1, 2, 3, 4]);
    expect(transaction.interruption).toMatchObject({ kind: 'deny', ruleId: 1 });
    expect(transaction.isEnforced).toBe(false);
  });

  test('block does what the defaults of its phase say', () => {
    const lines = ['SecDefaultAction "phase:2,log,deny,status:406"', 'SecAction "id:1,phase:2,block"'];
    expect(run(lines).interruption).toMatchObject({ ruleId: 1, status: 406 });
  });

  test('redirect says where to, with macros', () => {
    const { interruption } = run(['SecAction "id:1,status:307,redirect:\'/why/%{REMOTE_ADDR}\'"']);
    expect(interruption).toMatchObject({ kind: 'redirect', status: 307, location: '/why/192.0.2.7' });
  });
});

describe('variables of TX', () => {
  test.each<[name: string, setVars: string, value: string]>([
    ['is set', 'setvar:tx.x=5', '5'],
    ['is 1 without a value', 'setvar:tx.x', '1'],
    ['counts up', 'setvar:tx.x=5,setvar:tx.x=+3', '8'],
    ['counts down, never below zero', 'setvar:tx.x=5,setvar:tx.x=-7', '0'],
    ['counts by another variable', 'setvar:tx.y=4,setvar:tx.x=+%{tx.y}', '4'],
    ['counts by what a negative number is behind a sign', 'setvar:tx.y=-4,setvar:tx.x=+%{tx.y}', '0'],
    ['counts from where a text begins', 'setvar:tx.x=12ab,setvar:tx.x=+1', '13'],
    ['is unset', 'setvar:tx.x=5,setvar:!tx.x', ''],
    ['has a name in any case', 'setvar:tx.X=5', '5'],
    ['has a name with a macro', 'setvar:tx.y=x,setvar:tx.%{tx.y}=5', '5'],
    ['keeps macros of nothing out', "setvar:'tx.x=a%{tx.none}b'", 'ab'],
    ['knows the rule', "setvar:'tx.x=%{rule.id}'", '1'],
  ])('%s', (_, setVars, value) => {
    expect(run([`SecAction "id:1,${setVars}"`]).txValue('x')).toBe(value);
  });

  test('what a match captures stays until the next one that captures', () => {
    const transaction = run(
      [
        'SecRule ARGS:a "@rx (o)(n)(x)?" "id:1,capture,setvar:tx.all=%{tx.0}-%{tx.1}-%{tx.2}-%{tx.3}"',
        'SecRule ARGS:b "@rx w" "id:2,capture,setvar:tx.later=%{tx.0}-%{tx.1}"',
        'SecRule ARGS:b "@rx (t)" "id:3"',
      ],
      A_AND_B,
    );
    expect(transaction.txValue('all')).toBe('on-o-n-');
    expect(transaction.txValue('later')).toBe('w-');
    expect(transaction.txValue('0')).toBe('w');
  });

  test('a pattern finds those that are set, in order', () => {
    const { matches } = run([
      'SecAction "id:1,setvar:tx.h_b=1,setvar:tx.h_a=2,setvar:tx.other=3,setvar:tx.h_b=4,nolog"',
      'SecRule TX:/^h_/ "@rx ." "id:2"',
    ]);
    expect(matches.map(({ variable, value }) => [variable, value])).toEqual([
      ['TX:h_b', '4'],
      ['TX:h_a', '2'],
    ]);
  });

  test('is set once for each value that matches, with the value as the operator saw it', () => {
    const transaction = run(
      [
        'SecRule ARGS "@rx ^T" "id:1,t:uppercase,setvar:tx.n=+1,setvar:tx.last=%{MATCHED_VAR_NAME}=%{MATCHED_VAR}"',
      ],
      A_AND_B,
    );
    expect(transaction.txValue('n')).toBe('2');
    expect(transaction.txValue('last')).toBe('ARGS:A=THREE');
  });

  test('a comparison sees numbers that counting left', () => {
    const lines = [
      'SecAction "id:1,nolog,setvar:tx.score=+5,setvar:tx.limit=5"',
      'SecRule TX:score "@ge %{tx.limit}" "id:2"',
      'SecRule TX:score "@gt %{tx.limit}" "id:3"',
      'SecRule TX:score "!@lt 5" "id:4"',
      'SecRule TX:none "@eq 0" "id:5"',
      'SecRule &TX:none "@eq 0" "id:6"',
      'SecRule &TX:score "@eq 1" "id:7"',
    ];
    expect(matchedIds(run(lines))).toEqual([2, 4, 6, 7]);
  });
});

describe('ctl', () => {
  const REMOVED = [
    "SecRule ARGS \"@rx .\" \"id:100,msg:'about SQL',tag:'attack-sqli',tag:'x/y'\"",
    "SecAction \"id:200,msg:'other',tag:'attack-xss'\"",
    'SecAction "id:300"',
  ];

  test.each<[control: string, ids: number[]]>([
    ['ruleRemoveById=200', [100, 100, 100, 300]],
    ['ruleRemoveById=150-300', [100, 100, 100]],
    ['ruleRemoveByTag=attack-', [300]],
    ['ruleRemoveByTag=^y', [100, 100, 100, 200, 300]],
    ['ruleRemoveByMsg=SQL$', [200, 300]],
    ['ruleRemoveTargetById=100;ARGS:a', [100, 200, 300]],
    ['ruleRemoveTargetById=100-110;ARGS', [200, 300]],
    ['ruleRemoveTargetByTag=sqli;ARGS:b', [100, 100, 200, 300]],
    ['ruleRemoveTargetByMsg=SQL;ARGS:B', [100, 100, 200, 300]],
    ['ruleRemoveTargetById=200;ARGS:a', [100, 100, 100, 200, 300]],
  ])('%s', (control, ids) => {
    expect(matchedIds(run([`SecAction "id:1,nolog,ctl:${control}"`, ...REMOVED], A_AND_B))).toEqual(ids);
  });

  test('names a body processor, or none of the body', () => {
    const body: RequestParts = {
      method: 'POST',
      body: 'q=in+body',
      headers: [['Content-Type', 'text/plain']],
    };
    const rule = 'SecRule ARGS:q "@streq in body" "id:2,phase:2"';
    expect(matchedIds(run([rule], body))).toEqual([]);
    expect(
      matchedIds(run(['SecAction "id:1,nolog,ctl:requestBodyProcessor=URLENCODED"', rule], body)),
    ).toEqual([2]);
    const off = run(['SecAction "id:1,nolog,ctl:requestBodyAccess=Off"', rule], body);
    expect([matchedIds(off), off.wantsRequestBody]).toEqual([[], false]);
  });

  test('DetectionOnly holds from there on', () => {
    const transaction = run([
      'SecAction "id:1,ctl:ruleEngine=DetectionOnly"',
      'SecAction "id:2,deny"',
      'SecAction "id:3"',
    ]);
    expect([matchedIds(transaction), transaction.isEnforced]).toEqual([[1, 2, 3], false]);
  });
});

describe('what is told of a match', () => {
  test('scores as they grew, and what was added by which value', () => {
    const { matches } = run(['SecRule ARGS "@rx ^t" "id:1,setvar:tx.score=+5,setvar:tx.other=+1"'], A_AND_B);
    expect(matches.map(({ scores }) => scores)).toEqual([
      [
        { name: 'score', value: 5 },
        { name: 'other', value: 1 },
      ],
      [
        { name: 'score', value: 10 },
        { name: 'other', value: 2 },
      ],
    ]);
  });

  test('512 bytes around what matched', () => {
    const value = `${'a'.repeat(5_000)}evil${'b'.repeat(5_000)}`;
    const { matches } = run(['SecRule REQUEST_HEADERS:X "@rx evil" "id:1"'], { headers: [['X', value]] });
    expect(matches[0]?.value).toHaveLength(512);
    expect(matches[0]).toMatchObject({ matchedAt: 128, matchedLength: 4 });
  });

  test('names are escaped', () => {
    expect(run(['SecRule ARGS "@rx ." "id:1"'], { target: '/?a%00%5c%ff=1' }).matches[0]?.variable).toBe(
      'ARGS:a\\x00\\\\\\xff',
    );
  });

  test('message and data with macros, but without the rule itself', () => {
    const { matches } = run(
      ['SecRule ARGS:a "@rx n" "id:1,capture,msg:\'%{tx.0} %{rule.id}\',logdata:\'%{MATCHED_VAR}\'"'],
      A_AND_B,
    );
    expect(matches[0]).toMatchObject({ message: 'n ', logData: 'one' });
  });

  test('nothing of rules that say nolog', () => {
    expect(run(['SecAction "id:1,nolog"', 'SecAction "id:2,nolog,deny"']).matches).toEqual([]);
  });

  test('the most severe that matched', () => {
    const transaction = run([
      'SecAction "id:1,severity:4,nolog"',
      'SecAction "id:2,severity:2,nolog"',
      'SecAction "id:3,severity:5,nolog"',
      'SecAction "id:4,nolog,setvar:tx.worst=%{HIGHEST_SEVERITY}"',
    ]);
    expect(transaction.txValue('worst')).toBe('2');
  });
});
