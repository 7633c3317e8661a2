import fc from 'fast-check';
import { expect, test } from 'vitest';
import { engineOf, matchedIds, type RequestParts, runAll } from '../../../../test/support/rule-engine.ts';
import { BudgetReached, type LongMatch } from '../operator.ts';

const RULES = `
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecDefaultAction "phase:2,log,pass"
SecAction "id:1,setvar:tx.limit=3,setvar:tx.starts=+1"
SecRule ARGS|REQUEST_HEADERS "@contains evil" "id:2,t:lowercase,setvar:tx.score=+%{tx.limit},setvar:tx.n_%{MATCHED_VAR_NAME}=+1"
SecRule ARGS "!@rx ^[a-z]+$" "id:3,capture,multiMatch,t:urlDecode,t:lowercase,setvar:tx.score=+1,setvar:tx.last=%{tx.0}"
SecRule ARGS_NAMES "@rx (a)(b)?" "id:4,chain,capture,setvar:tx.chain=+1"
SecRule MATCHED_VARS "@rx c" "setvar:tx.chain=+10,chain"
SecRule TX:1 "@streq a" "setvar:tx.chain=+100"
SecRule TX:score "@ge 3" "id:5,deny,skipAfter:END"
SecAction "id:6"
SecMarker END
SecRule ARGS:/^b/ "@within %{tx.last} c" "id:7,phase:2,skip:1"
SecAction "id:8,setvar:tx.eighth=+1"
SecAction "id:9,phase:5,setvar:tx.ends=+1"
`;

const word = fc.stringMatching(/^(?:[abcE%41 ]|evil){0,6}$/);
const requests = fc.record({
  pairs: fc.array(fc.tuple(fc.stringMatching(/^[abc]{0,3}$/), word), { maxLength: 8 }),
  times: fc.constantFrom(1, 1, 1, 400),
});

test('rules that are run in slices do what they do at once', () => {
  const engine = engineOf(RULES);
  const names = ['starts', 'score', 'chain', 'last', 'eighth', 'ends', '0', '1', 'n_args:a'];
  fc.assert(
    fc.property(requests, ({ pairs, times }) => {
      const one = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
      const query = Array<string>(times).fill(one).join('&').slice(0, 20_000);
      const parts: RequestParts = {
        target: '/?x=1',
        method: 'POST',
        headers: [['Content-Type', 'application/x-www-form-urlencoded']],
        body: query,
      };
      const [whole, sliced] = [runAll(engine, parts), runAll(engine, parts, null, true)];
      expect(sliced.matches).toEqual(whole.matches);
      expect(sliced.interruption).toEqual(whole.interruption);
      expect(names.map((name) => sliced.txValue(name))).toEqual(names.map((name) => whole.txValue(name)));
    }),
    { numRuns: 150 },
  );
});

test('an operator that is stepped is asked again where it was', () => {
  let steps = 0;
  const long: LongMatch = {
    step: () => (++steps < 5 ? null : true),
    captures: () => ['found', 'f'],
  };
  const engine = engineOf(
    'SecRuleEngine On\nSecRule ARGS:a "@containsWord never-in-it" "id:1,phase:1,log,pass,capture,setvar:tx.n=+1,setvar:tx.got=%{tx.1}"',
    {},
    {
      skips: false,
      operators: new Map([['containsword', () => ({ needs: null, test: () => false, begin: () => long })]]),
    },
  );
  const transaction = runAll(engine, { target: `/?a=${'x'.repeat(3_000)}` }, null, true);
  expect(steps).toBe(5);
  expect([transaction.txValue('n'), transaction.txValue('got')]).toEqual(['1', 'f']);
});

test.each(['', '!'])(
  'an operator that gives up leaves the transaction incomplete, and matches nothing: %s@',
  (not) => {
    const test = (): never => {
      throw new BudgetReached('too much');
    };
    const engine = engineOf(
      `SecRuleEngine On
SecRule ARGS "${not}@containsWord a" "id:1,phase:1,log,deny"
SecRule TX:/^MSC_/ "!@streq 0" "id:2,phase:2,log,pass"`,
      {},
      { skips: false, operators: new Map([['containsword', () => ({ needs: null, test })]]) },
    );
    const transaction = runAll(engine, { target: '/?a=aaa' });
    expect(transaction.interruption).toBeNull();
    expect(transaction.incomplete).toBe('Rule 1 reached its bound on the work for one value.');
    expect(matchedIds(transaction)).toEqual([2]);
  },
);

test('a rule that would only note what it matches leaves nothing incomplete when it gives up', () => {
  const test = (): never => {
    throw new BudgetReached('too much');
  };
  const engine = engineOf(
    'SecRule ARGS "@containsWord a" "id:1,phase:1,log,deny"',
    {},
    { skips: false, operators: new Map([['containsword', () => ({ needs: null, test })]]) },
  );
  const overrides = {
    tx: new Map<string, string>(),
    isLogOnly: () => true,
    isRemoved: () => false,
    removedTargets: () => null,
  };
  expect(runAll(engine, { target: '/?a=aaa' }, overrides).incomplete).toBe('');
});
