import { describe, expect, test } from 'vitest';
import type { Rule, SetVar, VariableRef } from '../syntax/rule.ts';
import { fingerprintOf, roleOf } from './rule-meaning.ts';

const variable = (name: string, change: Partial<VariableRef> = {}): VariableRef => ({
  ...{ name, selector: null, isCount: false, isExclusion: false },
  ...change,
});
const add = (key: string, value: SetVar['value']): SetVar => ({
  ...{ collection: 'TX', key: [key], change: 'add', value },
});
const finding = add('inbound_anomaly_score_pl1', [{ name: 'TX', key: 'critical_anomaly_score' }]);
const rule = (change: Partial<Rule> = {}): Rule => ({
  id: 1,
  phase: 2,
  at: { file: 'a.conf', line: 1 },
  variables: [variable('ARGS')],
  operator: { name: 'rx', isNegated: false, argument: ['a'] },
  transformations: ['lowercase'],
  multiMatch: false,
  capture: false,
  disruption: { kind: 'block', argument: [], status: 0 },
  isLogged: true,
  isAudited: true,
  message: ['m'],
  logData: [],
  severity: 2,
  tags: ['attack-sqli'],
  revision: '',
  version: '',
  setVars: [],
  collections: [],
  expireVars: [],
  deprecateVars: [],
  ctls: [],
  skip: 0,
  skipAfter: '',
  sanitizes: [],
  namespaces: new Map(),
  chained: null,
  ...change,
});
const pass = { kind: 'pass', argument: [], status: 0 } as const;
const deny = { kind: 'deny', argument: [], status: 403 } as const;
const tx = [variable('TX')];

describe('roleOf', () => {
  test.each<[string, Rule, ReturnType<typeof roleOf>]>([
    ['blocks because of an argument', rule(), 'detect'],
    ['adds to a score and passes', rule({ disruption: pass, setVars: [finding] }), 'detect'],
    ['adds a number to a score', rule({ disruption: pass, setVars: [add('my_score', ['5'])] }), 'detect'],
    ['looks at what other rules counted, and adds', rule({ variables: tx, setVars: [finding] }), 'detect'],
    ['ends a request because of a score', rule({ variables: tx, disruption: deny }), 'score'],
    [
      'sums scores up',
      rule({
        variables: tx,
        disruption: pass,
        setVars: [add('blocking_score', [{ name: 'TX', key: 'inbound_anomaly_score_pl1' }])],
      }),
      'score',
    ],
    ['denies whatever comes', rule({ variables: [], operator: null, disruption: deny }), 'score'],
    [
      'sets a limit',
      rule({ operator: null, disruption: pass, setVars: [add('max_args', ['255'])] }),
      'prepare',
    ],
    ['takes a target out', rule({ disruption: pass }), 'prepare'],
    [
      'a chain that blocks',
      rule({ disruption: pass, chained: rule({ id: 0, variables: tx, setVars: [finding] }) }),
      'detect',
    ],
    [
      'a chain about scores that looks at the request too',
      rule({ variables: tx, chained: rule({ disruption: pass }) }),
      'detect',
    ],
  ])('%s', (_, one, role) => expect(roleOf(one)).toBe(role));
});

describe('fingerprintOf', () => {
  const of = (change: Partial<Rule> = {}, content: string | null = null) =>
    fingerprintOf(rule(change), () => content);

  test.each<[string, Partial<Rule>]>([
    ['another place', { at: { file: 'b.conf', line: 9 } }],
    ['other words', { message: ['n'], logData: ['x'], tags: [], severity: 0, version: 'v2', revision: '3' }],
    ['another id', { id: 2 }],
    ['less to look at', { variables: [variable('ARGS'), variable('ARGS', { isExclusion: true })] }],
  ])('%s does not change it', (_, change) => expect(of(change)).toBe(of()));

  test.each<[string, Partial<Rule>]>([
    ['another pattern', { operator: { name: 'rx', isNegated: false, argument: ['b'] } }],
    ['the opposite', { operator: { name: 'rx', isNegated: true, argument: ['a'] } }],
    ['a macro', { operator: { name: 'rx', isNegated: false, argument: [{ name: 'TX', key: 'a' }] } }],
    ['another transformation', { transformations: [] }],
    ['more to look at', { variables: [variable('ARGS'), variable('REQUEST_BODY')] }],
    ['another selector', { variables: [variable('ARGS', { selector: { kind: 'literal', text: 'a' } })] }],
    [
      'a pattern as selector',
      { variables: [variable('ARGS', { selector: { kind: 'pattern', source: 'a' } })] },
    ],
    ['another phase', { phase: 1 }],
    ['another action', { disruption: deny }],
    ['another score', { setVars: [finding] }],
    ['a chain', { chained: rule({ id: 0 }) }],
  ])('%s changes it', (_, change) => expect(of(change)).not.toBe(of()));

  test('the file that an operator names is part of the meaning', () => {
    expect(new Set([of({}, null), of({}, 'a\n'), of({}, 'a\nb\n')]).size).toBe(3);
  });
});
