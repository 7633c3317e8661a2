import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  engineOf,
  matchedIds,
  type RequestParts,
  requestInput,
  runAll,
} from '../../../../test/support/rule-engine.ts';
import type { Overrides, RuleEngine } from '../transaction.ts';

const variable = fc.constantFrom('a', 'b', 'c');
const number = fc.nat(3);
const comparison = fc
  .tuple(fc.constantFrom('lt', 'ge', 'eq', 'gt', 'le'), number)
  .map(([name, limit]) => `@${name} ${limit}`);
const change = fc
  .tuple(variable, fc.constantFrom('=1', '=2', '=+1', '=-1', '=%{tx.a}'))
  .map(([name, value]) => `setvar:tx.${name}${value}`);
const onward = fc.oneof(
  fc.nat(3).map((marker) => `skipAfter:M${marker}`),
  fc.integer({ min: 1, max: 3 }).map((count) => `skip:${count}`),
  fc.constant('nolog'),
);
const numbers = fc.oneof(
  variable.map((name) => `TX:${name}`),
  variable.map((name) => `&TX:${name}`),
  fc.tuple(variable, variable).map(([one, other]) => `TX:${one}|&TX:${other}`),
  fc.constantFrom('&ARGS', '&ARGS:x', '&TX:/^a/'),
);

/** What follows `SecRule` or `SecAction`, and actions. */
const rule = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(numbers, comparison, onward)
      .map(([of, how, then]) => [`SecRule ${of} "${how}"`, `nolog,${then}`]),
  },
  fc
    .tuple(variable, comparison, change)
    .map(([of, how, then]) => [`SecRule TX:${of} "!${how}"`, `nolog,${then}`]),
  fc.tuple(variable, comparison).map(([of, how]) => [`SecRule TX:${of} "${how}"`, 'log,capture']),
  fc.tuple(variable, variable).map(([one, other]) => [`SecRule TX:${one} "@ge %{tx.${other}}"`, 'log']),
  change.map((then) => ['SecAction', `nolog,${then}`]),
  variable.map((name) => ['SecRule ARGS "@contains x"', `log,setvar:!tx.${name}`]),
  fc.tuple(change, onward).map(([then, on]) => ['SecRule ARGS "@contains x"', `log,${then},${on}`]),
  fc
    .tuple(change, onward)
    .map(([then, on]) => [
      'SecRule ARGS "@contains y"',
      `log,chain,${on},${then}"\nSecRule TX:a "@ge 1" "setvar:tx.c=3`,
    ]),
  fc.nat(30).map((id) => ['SecRule ARGS_NAMES "@contains x"', `log,ctl:ruleRemoveById=${id + 1}`]),
  fc
    .tuple(fc.nat(30), variable)
    .map(([id, name]) => ['SecRule ARGS "@contains y"', `log,ctl:ruleRemoveTargetById=${id + 1};TX:${name}`]),
  fc.constant(['SecRule ARGS "@contains stop"', 'log,deny']),
  fc.constant(['SecRule ARGS "@contains off"', 'log,ctl:ruleEngine=Off']),
);
const reader = fc.constantFrom(
  ['SecRule MATCHED_VAR "@contains 1"', 'log'],
  ['SecRule MATCHED_VAR_NAME "@endsWith a"', 'log'],
  ['SecRule TX:a "@contains %{MATCHED_VAR}"', 'log'],
);

type Part = readonly string[] | number;

/** Rules and markers of two phases. Every third program reads what other rules have matched. */
const programs = fc
  .tuple(
    fc.array(fc.oneof({ weight: 5, arbitrary: rule as fc.Arbitrary<Part> }, fc.nat(3)), {
      minLength: 3,
      maxLength: 30,
    }),
    fc.array(fc.tuple(fc.nat(20), reader), { maxLength: 2 }),
    fc.nat(2),
    fc.array(fc.constantFrom(1, 2), { minLength: 32, maxLength: 32 }),
  )
  .map(([parts, readers, kind, phases]) => {
    const all: Part[] = [...parts];
    if (kind === 0) for (const [place, part] of readers) all.splice(place, 0, part);
    const lines = all.map((part, at) => {
      if (typeof part === 'number') return `SecMarker M${part}`;
      const [what, actions] = part as [string, string];
      return `${what} "id:${at + 1},phase:${phases[at] ?? 1},pass,${actions}"`;
    });
    return ['SecRuleEngine On', 'SecDefaultAction "phase:1,log,pass"', ...lines].join('\n');
  });

const queries = fc.array(
  fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('x', 'y', 'xy', 'stop', 'off', '1', '')),
  { maxLength: 3 },
);
const overrides: fc.Arbitrary<Overrides | null> = fc.option(
  fc
    .tuple(fc.nat(30), fc.nat(30), fc.dictionary(variable, number.map(String)))
    .map(([removed, logged, tx]) => ({
      tx: new Map(Object.entries(tx)),
      isLogOnly: (id: number) => id === logged,
      isRemoved: (id: number) => id === removed,
      removedTargets: () => null,
    })),
);

function outcomeOf(engine: RuleEngine, parts: RequestParts, said: Overrides | null, isSliced: boolean) {
  const transaction = runAll(engine, parts, said, isSliced);
  const { matches, interruption } = transaction;
  return { matches, interruption, tx: ['a', 'b', 'c', '0'].map((name) => transaction.txValue(name)) };
}

test('what comparisons lead past has nothing to say that is missed', () => {
  fc.assert(
    fc.property(
      programs,
      fc.array(fc.tuple(queries, overrides, fc.boolean()), { minLength: 1, maxLength: 4 }),
      (text, requests) => {
        const engine = engineOf(text);
        const plain = engineOf(text, {}, { skips: false });
        for (const [query, said, isSliced] of requests) {
          const parts = { target: `/?${query.map(([name, value]) => `${name}=${value}`).join('&')}` };
          const expected = outcomeOf(plain, parts, said, false);
          // What is overridden alike more than once begins from what was found out the time before.
          for (let time = 0; time < 3; time++)
            expect(outcomeOf(engine, parts, said, isSliced)).toEqual(expected);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a transaction without phase 1 has none of what its first rules set', () => {
  const engine = engineOf(
    'SecAction "id:1,phase:1,nolog,pass,setvar:tx.a=1"\nSecRule TX:a "@eq 1" "id:2,phase:2,log,pass"',
  );
  const matchesFrom = (first: 1 | 2): readonly number[] => {
    const transaction = engine.begin(requestInput({}), null);
    for (const phase of first === 1 ? ([1, 2] as const) : ([2] as const))
      transaction.run(phase, Number.POSITIVE_INFINITY);
    return matchedIds(transaction);
  };
  expect([matchesFrom(1), matchesFrom(2), matchesFrom(1)]).toEqual([[2], [], [2]]);
});
