import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ip, parseIp } from '../../lib/ip/address.ts';
import { CountryLookup, loadCountryDatabase, packagedDatabase } from './country-database.ts';

const lookup = new CountryLookup();
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-geo-'));
  lookup.use(loadCountryDatabase(packagedDatabase()));
});
afterAll(() => rmSync(dir, { recursive: true }));

test.each([
  ['8.8.8.8', 'US'],
  ['::ffff:8.8.8.8', 'US'],
  ['5.9.0.1', 'DE'],
  ['2001:4860:4860::8888', 'US'],
  ['2a01:4f8::1', 'DE'],
  // The file says AU and JP for some of these.
  ['192.168.1.1', ''],
  ['203.0.113.7', ''],
  ['2001:db8::1', ''],
  ['10.0.0.1', ''],
  ['127.0.0.1', ''],
  ['100.64.0.1', ''],
  ['255.255.255.255', ''],
  ['::1', ''],
  ['fe80::1', ''],
  ['fd00::1', ''],
  ['2002:808:808::1', ''],
  ['64:ff9b::808:808', ''],
])('%s is in %j', (address, country) => {
  expect(lookup.find(parseIp(address) as Ip)).toBe(country);
});

test('without a database nothing is known', () => {
  expect(new CountryLookup().find(parseIp('8.8.8.8') as Ip)).toBe('');
});

test.each([
  ['geo-whois-asn-country-ipv4.mmdb', /for IPv4 addresses only/],
  ['geo-whois-asn-country-ipv6.mmdb', /knows no countries of IPv4 addresses/],
])('%s is refused: half of all addresses would have a wrong country, or none', (name, sentence) => {
  const path = packagedDatabase().replace('geo-whois-asn-country.mmdb', name);
  expect(() => loadCountryDatabase(path)).toThrow(sentence);
});

test('what is no database is refused with a sentence', () => {
  expect(() => loadCountryDatabase(join(dir, 'absent.mmdb'))).toThrow(/cannot be read: ENOENT/);
  for (const [name, bytes] of [
    ['empty', ''],
    ['text', 'country,DE\n'.repeat(1000)],
    ['marker', '\xab\xcd\xefMaxMind.com'],
  ] as const) {
    const path = join(dir, name);
    writeFileSync(path, bytes, 'latin1');
    expect(() => loadCountryDatabase(path)).toThrow(/has not the MMDB format/);
  }
});
