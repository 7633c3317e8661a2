import { expect, test } from 'vitest';
import { contextOf } from '../../../test/support/stage-context.ts';
import { NO_TRUST } from '../../core/trust.ts';
import { formatIp, type Ip } from '../../lib/ip/address.ts';
import { type AccessConfig, accessSchema } from './access.schema.ts';
import { CountryCheck, deniesUnknown } from './country-check.ts';

const HOME = new Map([
  ['192.0.2.1', 'DE'],
  ['192.0.2.2', 'NO'],
  ['192.0.2.3', 'KP'],
  ['192.0.2.4', 'US'],
  ['2001:db8::1', 'FR'],
]);
const countries = { find: (ip: Ip) => HOME.get(formatIp(ip)) ?? '' };

function check(block: object): (address: string) => string {
  const config = accessSchema.parse({ countries: block }) as AccessConfig;
  const trust = { ...NO_TRUST, countryList: (file: string) => (file === 'bad.txt' ? ['KP', 'IR'] : null) };
  const made = new CountryCheck(config.countries!, trust, countries);
  return (address) => {
    const decision = made.run(contextOf({ client: address }));
    return decision.effect === 'continue' ? '' : `${decision.reason} ${decision.detail}`;
  };
}

test.each([
  [{ allow: ['EU'] }, '192.0.2.1', ''],
  [{ allow: ['EU'] }, '2001:db8::1', ''],
  [{ allow: ['EU'] }, '192.0.2.2', 'access.country NO is not on `access.countries.allow`'],
  [{ allow: ['EEA'] }, '192.0.2.2', ''],
  [{ allow: ['EU', 'US'] }, '192.0.2.4', ''],
  [{ allow: ['EU'] }, '10.0.0.1', 'access.country nobody knows the country of the address'],
  [{ allow: ['EU'], unknown: 'allow' }, '10.0.0.1', ''],
  [{ allow: ['EU'], deny: ['DE'] }, '192.0.2.1', 'access.country DE is on `access.countries.deny`'],
  [{ allow: ['EU'], except: ['192.0.2.4'] }, '192.0.2.4', ''],
  [{ allow: ['EU'], except: ['10.0.0.0/8'] }, '10.0.0.1', ''],
  [{ deny: ['KP'] }, '192.0.2.3', 'access.country KP is on `access.countries.deny`'],
  [{ deny: ['KP'] }, '192.0.2.4', ''],
  [{ deny: ['KP'] }, '10.0.0.1', ''],
  [{ deny: ['KP'], unknown: 'deny' }, '10.0.0.1', 'access.country nobody knows the country of the address'],
  [{ files: ['bad.txt'] }, '192.0.2.3', 'access.country KP is on the list bad.txt of `access.countries`'],
  [{ files: ['bad.txt'] }, '192.0.2.4', ''],
  [
    { files: ['bad.txt'], allow: ['KP'] },
    '192.0.2.3',
    'access.country KP is on the list bad.txt of `access.countries`',
  ],
  [{ files: ['bad.txt'], except: ['192.0.2.3'] }, '192.0.2.3', ''],
])('%j and %s: %j', (block, address, expected) => {
  expect(check(block)(address)).toBe(expected);
});

test('a country that no list names is refused by the same decision every time', () => {
  const refused = check({ allow: ['EU'] });
  expect(refused('192.0.2.4')).toBe(refused('192.0.2.4'));
});

test.each([
  [{ allow: ['UK'] }, /did you mean GB\?/],
  [{ deny: ['de'] }, /write two capitals/],
  [{ deny: ['EUROPE'] }, /write two capitals/],
  [{ except: ['10.0.0.1/8'] }, /bits set/],
])('%j is refused', (block, message) => {
  expect(
    accessSchema
      .safeParse({ countries: block })
      .error?.issues.map((issue) => issue.message)
      .join(),
  ).toMatch(message);
});

test('unknown addresses are told as a weakness only where they come past a list', () => {
  expect(deniesUnknown(accessSchema.parse({ countries: { allow: ['DE'] } }).countries!)).toBe(true);
  expect(deniesUnknown(accessSchema.parse({ countries: { deny: ['DE'] } }).countries!)).toBe(false);
});
