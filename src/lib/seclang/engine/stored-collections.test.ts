import { describe, expect, test } from 'vitest';
import { engineOf, matchedIds, type RequestParts, runAll } from '../../../../test/support/rule-engine.ts';
import { MemoryCollectionStore } from './collection-store.ts';

const START = 1_700_000_000_000;
const later = (seconds: number, more: RequestParts = {}): RequestParts => ({
  atMs: START + seconds * 1_000,
  ...more,
});

const rules = (...lines: string[]): string =>
  ['SecRuleEngine On', 'SecDefaultAction "phase:1,log,pass"', ...lines].join('\n');

/** Values of a variable of `TX` after each of some requests. */
function values(lines: readonly string[], requests: readonly RequestParts[], name = 'x'): string[] {
  const engine = engineOf(rules(...lines));
  return requests.map((parts) => runAll(engine, parts).txValue(name));
}

const COUNTING = [
  'SecAction "id:1,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.n=+1,setvar:tx.x=%{ip.n}"',
] as const;

describe('collections that outlive a transaction', () => {
  test('count on, each key by itself', () => {
    const other = { clientAddress: '192.0.2.8' };
    expect(values(COUNTING, [later(0), later(1), later(2, other), later(3)])).toEqual(['1', '2', '1', '3']);
  });

  test('do not exist before they are opened', () => {
    expect(values(['SecAction "id:1,setvar:ip.n=5,setvar:tx.x=%{ip.n}"'], [later(0)])).toEqual(['']);
  });

  test('end when they were not written for their timeout', () => {
    const lines = ['SecCollectionTimeout 600', ...COUNTING];
    expect(values(lines, [later(0), later(599), later(1_198), later(1_799)])).toEqual(['1', '2', '3', '1']);
  });

  test('expirevar ends one member', () => {
    const lines = [
      'SecAction "id:1,nolog,initcol:ip=%{REMOTE_ADDR},setvar:tx.x=%{ip.mark}%{ip.n}"',
      'SecRule &IP:mark "@eq 0" "id:2,nolog,setvar:ip.mark=a,setvar:ip.n=+1,expirevar:ip.mark=10"',
    ];
    expect(values(lines, [later(0), later(9), later(10), later(11)])).toEqual(['', 'a1', '1', 'a2']);
  });

  test('deprecatevar takes away what time has passed since the last change', () => {
    const lines = [
      'SecAction "id:1,nolog,initcol:ip=%{REMOTE_ADDR},deprecatevar:ip.n=1/10,setvar:ip.n=+3,setvar:tx.x=%{ip.n}"',
    ];
    expect(values(lines, [later(0), later(25), later(26)])).toEqual(['3', '4', '7']);
  });

  test('know what they are', () => {
    const lines = [
      'SecAction "id:1,nolog,initcol:global=g,setvar:global.any=1,setvar:\'tx.x=%{global.key} %{global.is_new} %{global.create_time} %{global.update_counter}\'"',
    ];
    expect(values(lines, [later(0), later(5)])).toEqual(['g 1 1700000000 0', 'g  1700000000 1']);
  });

  test('setsid and setuid open SESSION and USER', () => {
    const lines = [
      'SecAction "id:1,nolog,setsid:abc,setuid:ann,setvar:session.n=+1,setvar:user.n=+2"',
      'SecRule SESSION:n "@ge 2" "id:2"',
      'SecRule USER:n "@ge 4" "id:3"',
      'SecRule SESSIONID "@streq abc" "id:4"',
      'SecRule USERID "@streq ann" "id:5"',
    ];
    const engine = engineOf(rules(...lines));
    expect([later(0), later(1)].map((parts) => matchedIds(runAll(engine, parts)))).toEqual([
      [4, 5],
      [2, 3, 4, 5],
    ]);
  });

  test('two transactions at a time count together', () => {
    const store = new MemoryCollectionStore();
    const save = (n: string, before: number): void =>
      store.save('ip', 'a', new Map([['n', { name: 'n', value: n }]]), new Map([['n', before]]), 2_000);
    save('3', 0);
    save('5', 3);
    save('4', 3);
    expect(store.load('ip', 'a', 1_000)?.get('n')?.value).toBe('6');
  });

  test('are bounded: those not written for longest are forgotten', () => {
    const store = new MemoryCollectionStore(2);
    for (const key of ['a', 'b', 'a', 'c']) store.save('ip', key, new Map(), new Map(), 2_000);
    expect(['a', 'b', 'c'].filter((key) => store.load('ip', key, 1_000) !== null)).toEqual(['a', 'c']);
  });
});
