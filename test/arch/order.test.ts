import { describe, expect, test } from 'vitest';
import type { StageName } from '../../src/core/stage.ts';
import { STAGES } from '../../src/stages/index.ts';

const order = STAGES.map(({ stage }) => stage.name);

/** Why one stage stands before another: what goes wrong when it does not. */
const ARGUMENTS: readonly (readonly [first: StageName, second: StageName, why: string])[] = [
  ['protocol', 'access', 'nothing may interpret a message that is not acceptable HTTP'],
  ['access', 'limit-address', 'a denied address gets nothing, not even a counter in the table'],
  ['access', 'cors', 'a denied address does not learn which origins are listed'],
  ['access', 'authentication', 'a denied address cannot make the gateway verify signatures'],
  ['limit-address', 'cors', 'a flood of preflights counts, because answering one is work'],
  ['limit-address', 'authentication', 'refusing a flood must be cheaper than authenticating it'],
  ['cors', 'authentication', 'a preflight carries no credentials (Fetch, 4.8)'],
  ['access', 'login', 'a denied address takes no place in the table of logins'],
  ['limit-address', 'login', 'a flood must be refused before it costs a lock that threads share'],
  ['cors', 'login', 'a preflight tries no password; and a browser may read why its login was refused'],
  ['cors', 'strangers', 'a preflight shows no credentials, whoever sends it'],
  ['access', 'strangers', 'a denied address is told so, and is no part of what is thinned out'],
  [
    'limit-address',
    'strangers',
    'a flood from one address is refused by its limit, not at the cost of all strangers',
  ],
  ['strangers', 'login', 'a thread that cannot keep up takes no lock that threads share'],
  ['strangers', 'authentication', 'refusing must be cheaper than authenticating'],
  ['authentication', 'behaviour', 'nobody gets another kept out by claiming to be it'],
  ['behaviour', 'overload', 'who is kept out takes no place of one who is served'],
  ['behaviour', 'authorization', 'who is kept out cannot go on probing what it may do'],
  ['authentication', 'overload', 'a tier that is only claimed buys nothing'],
  ['overload', 'limit-principal', 'a request that is not served burns no quota'],
  ['overload', 'validation', 'no body is held for a request that is not served'],
  ['login', 'authentication', 'a blocked address has no signature verified and no key looked up'],
  ['login', 'validation', 'a blocked address does not make the gateway read bodies'],
  ['cors', 'limit-principal', 'a preflight has no caller to count it for'],
  [
    'authentication',
    'limit-principal',
    'a caller is counted by its verified identity, never by a claimed one',
  ],
  ['authentication', 'authorization', 'rights belong to a verified caller'],
  ['limit-principal', 'authorization', 'a caller over its limit cannot probe what it may do'],
  ['authorization', 'limit-outcome', 'what may not be done takes no place among what is done'],
  [
    'limit-principal',
    'limit-outcome',
    'a caller that asks too often holds no place that one who may ask could use',
  ],
  ['limit-outcome', 'validation', 'no body is read for what would be refused anyway'],
  ['authorization', 'validation', 'bodies are read only for callers who may send them'],
  ['authentication', 'waf', 'strangers cannot make the gateway hold bodies and run rules over them'],
  ['authorization', 'waf', 'rules cost more than any other stage, so they look at what may be done only'],
  ['limit-principal', 'waf', 'a caller over its limit costs no rules'],
  ['limit-outcome', 'waf', 'no body is held for what would be refused anyway'],
  ['waf', 'validation', 'an attack is recorded as one, not as JSON that is not well-formed'],
  ['authentication', 'validation', 'strangers cannot make the gateway hold bodies in memory'],
];

describe('the order of the stages', () => {
  test.each(ARGUMENTS)('%s before %s: %s', (first, second) => {
    expect(order.indexOf(first)).toBeGreaterThanOrEqual(0);
    expect(order.indexOf(first)).toBeLessThan(order.indexOf(second));
  });

  test('protocol first: it is what everything else relies on', () => {
    expect(order[0]).toBe('protocol');
  });

  test('hardening last: it sees every answer as it will be, refusals and CORS fields included', () => {
    expect(order.at(-1)).toBe('hardening');
  });

  test('each stage stands there once', () => {
    expect(new Set(order).size).toBe(order.length);
    expect(new Set(STAGES.map(({ stage }) => stage.key)).size).toBe(order.length);
  });

  test.each(STAGES.map(({ stage, why }) => [stage.name, why] as const))(
    '%s says why it stands there',
    (_, why) => {
      expect(why).toMatch(/^[A-Z].{20,}\.$/);
    },
  );
});
