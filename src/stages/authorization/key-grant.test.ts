import { expect, test } from 'vitest';
import type { Ip } from '../../lib/ip/address.ts';
import { parseIp } from '../../lib/ip/address.ts';
import { checkKeyGrant } from './key-grant.ts';

const COUNTRY_OF = new Map([
  ['5.9.0.1', 'DE'],
  ['8.8.8.8', 'US'],
]);
const countries = { find: ({ words: [, , , word] }: Ip) => COUNTRY_OF.get(textOf(word)) ?? '' };
const textOf = (word: number) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.');

test.each<[string[], string, string | null]>([
  [[], '8.8.8.8', null],
  [[], '10.0.0.1', null],
  [['DE'], '5.9.0.1', null],
  [['FR', 'DE'], '5.9.0.1', null],
  [['DE'], '8.8.8.8', 'The key is limited to other countries.'],
  [['DE'], '10.0.0.1', 'The key is limited to countries, and nobody knows the one of this address.'],
  [['DE'], '::1', 'The key is limited to countries, and nobody knows the one of this address.'],
])('a key for %j from %s', (wanted, address, detail) => {
  const grant = { apis: [], endpoints: [], methods: [], countries: wanted };
  const ctx = { method: 'GET', client: parseIp(address) as Ip };
  const decision = checkKeyGrant(grant, 'orders', 'orders', ctx, countries);
  expect(decision?.detail ?? null).toBe(detail);
  expect(decision?.reason ?? 'authz.key-scope').toBe('authz.key-scope');
});
