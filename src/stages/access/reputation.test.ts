import { expect, test } from 'vitest';
import { ANY_ROUTE, contextOf, runNow } from '../../../test/support/stage-context.ts';
import { CONTINUE } from '../../core/decision.ts';
import type { Ports } from '../../core/ports.ts';
import { NO_TRUST } from '../../core/trust.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';
import { NetworkSet, packNetworks } from '../../lib/ip/network-set.ts';
import { access } from './access.ts';

const LISTS: Readonly<Record<string, readonly string[]>> = {
  '/lists/bad.txt': ['203.0.113.0/24', '2001:db8:bad::/48'],
  '/lists/worse.txt': ['198.51.100.9'],
};

function decide(block: object, client: string, isAttack: boolean): string {
  const trust = {
    ...NO_TRUST,
    reputationList: (file: string) =>
      new NetworkSet(packNetworks((LISTS[file] ?? []).map((text) => parseCidr(text) as Cidr))),
  };
  const ports = { attack: { isOn: () => isAttack }, clock: { nowMs: () => 0 } } as unknown as Ports;
  const { head } = access.compile(access.schema.parse(block), { ...ANY_ROUTE, trust }, ports);
  if (head === undefined) return 'no check';
  const decision = runNow(head, contextOf({ client }));
  return decision === CONTINUE ? 'passes' : decision.reason;
}

const BAD = { files: ['/lists/bad.txt', '/lists/worse.txt'] };

test.each([
  [{ reputation: BAD }, '203.0.113.7', 'access.reputation', 'access.reputation'],
  [{ reputation: BAD }, '198.51.100.9', 'access.reputation', 'access.reputation'],
  [{ reputation: BAD }, '198.51.100.8', 'passes', 'passes'],
  [{ reputation: BAD }, '::ffff:203.0.113.7', 'access.reputation', 'access.reputation'],
  [{ reputation: BAD }, '::ffff:cb00:7107', 'access.reputation', 'access.reputation'],
  [{ reputation: BAD }, '2001:db8:bad:1::1', 'access.reputation', 'access.reputation'],
  [{ reputation: { ...BAD, when: 'attack' } }, '203.0.113.7', 'passes', 'access.reputation'],
  [{ reputation: { ...BAD, except: ['203.0.113.7'] } }, '203.0.113.7', 'passes', 'passes'],
  [
    { reputation: { ...BAD, except: ['203.0.113.7'] } },
    '203.0.113.8',
    'access.reputation',
    'access.reputation',
  ],
  // allow wins, deny wins over both
  [{ reputation: BAD, allow: ['203.0.113.0/24'] }, '203.0.113.7', 'passes', 'passes'],
  [{ reputation: BAD, allow: ['10.0.0.0/8'] }, '203.0.113.7', 'access.denied', 'access.denied'],
  [{ reputation: BAD, deny: ['203.0.113.7'] }, '203.0.113.7', 'access.denied', 'access.denied'],
  [
    { reputation: { ...BAD, except: ['203.0.113.7'] }, deny: ['203.0.113.7'] },
    '203.0.113.7',
    'access.denied',
    'access.denied',
  ],
])('%j, %s: %s, in an attack %s', (block, client, calm, attacked) => {
  expect(decide(block, client, false)).toBe(calm);
  expect(decide(block, client, true)).toBe(attacked);
});

test('lists that nobody is looked for on are reported as weak', () => {
  const config = access.schema.parse({ reputation: BAD, allow: ['10.0.0.0/8'] });
  expect(access.weaknesses?.(config).map(({ pointer }) => pointer)).toEqual(['/reputation']);
});
