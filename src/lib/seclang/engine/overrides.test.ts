import { describe, expect, test } from 'vitest';
import { engineOf, matchedIds, runAll } from '../../../../test/support/rule-engine.ts';
import type { VariableRef } from '../syntax/rule.ts';
import type { Overrides } from '../transaction.ts';

const RULES = `
SecRuleEngine On
SecDefaultAction "phase:1,log,pass"
SecRule &TX:level "@eq 0" "id:1,nolog,setvar:tx.level=1"
SecRule ARGS "@rx bad" "id:10,setvar:tx.score=+5,setvar:tx.seen=yes"
SecRule ARGS:a "@rx bad" "id:20,chain,setvar:tx.score=+1"
SecRule ARGS:b "@rx bad" "setvar:tx.score=+2"
SecRule TX:score "@ge 5" "id:90,phase:2,deny"
`;

const NOTHING: Overrides = {
  tx: new Map(),
  isLogOnly: () => false,
  isRemoved: () => false,
  removedTargets: () => null,
};

const argument = (selector: VariableRef['selector']): VariableRef => ({
  name: 'ARGS',
  selector,
  isCount: false,
  isExclusion: false,
});

const engine = engineOf(RULES);
const run = (overrides: Partial<Overrides>, target = '/?a=bad&b=bad') => {
  const transaction = runAll(engine, { target }, { ...NOTHING, ...overrides });
  return {
    ids: matchedIds(transaction),
    score: transaction.txValue('score'),
    blocked: transaction.interruption?.ruleId ?? 0,
    transaction,
  };
};

describe('overrides of one transaction', () => {
  test('without any', () => {
    expect(run({})).toMatchObject({ ids: [10, 10, 20, 90], score: '13', blocked: 90 });
  });

  test('a variable of TX is there before the first rule', () => {
    expect(run({ tx: new Map([['level', '4']]) }).transaction.txValue('level')).toBe('4');
    expect(run({}).transaction.txValue('level')).toBe('1');
  });

  test('a removed rule does not run', () => {
    expect(run({ isRemoved: (id) => id === 10 })).toMatchObject({ ids: [20], score: '3', blocked: 0 });
  });

  test('a rule that is only noted matches, sets, but adds nothing', () => {
    const { ids, score, blocked, transaction } = run({ isLogOnly: (id) => id === 10 });
    expect([ids, score, blocked]).toEqual([[10, 10, 20], '3', 0]);
    expect(transaction.txValue('seen')).toBe('yes');
    expect(transaction.matches.map(({ isLogOnly }) => isLogOnly)).toEqual([true, true, false]);
  });

  test('links of a chain that is only noted add nothing', () => {
    expect(run({ isLogOnly: (id) => id === 20 }).score).toBe('10');
  });

  test('a rule that is only noted ends nothing', () => {
    expect(run({ isLogOnly: (id) => id === 90 })).toMatchObject({ ids: [10, 10, 20, 90], blocked: 0 });
  });

  test.each<[name: string, ref: VariableRef, ids: number[]]>([
    ['by its name', argument({ kind: 'literal', text: 'A' }), [10, 20, 90]],
    ['by a pattern', argument({ kind: 'pattern', source: '^[ab]$' }), [20]],
    ['all of a collection', argument(null), [20]],
    ['another collection', { ...argument(null), name: 'REQUEST_HEADERS' }, [10, 10, 20, 90]],
  ])('a variable is taken out of a rule: %s', (_, ref, ids) => {
    expect(run({ removedTargets: (id) => (id === 10 ? [ref] : null) }).ids).toEqual(ids);
  });
});
