import { expect, test } from 'vitest';
import { type Ip, parseIp } from '../lib/ip/address.ts';
import { NetworkSet } from '../lib/ip/network-set.ts';
import { parseCountryList, parseReputation } from './access-lists.ts';

function read(text: string): { has(address: string): boolean; entries: number } | string[] {
  const list = parseReputation(text, 'bad.txt');
  if (Array.isArray(list)) return list;
  const networks = new NetworkSet(list.networks);
  return { entries: list.entries, has: (address) => networks.has(parseIp(address) as Ip) };
}

test.each([
  ['203.0.113.7\n', '203.0.113.7', true],
  ['203.0.113.7', '203.0.113.8', false],
  ['# all of it\r\n203.0.113.0/24 # a note\r\n', '203.0.113.200', true],
  ['\n  2001:db8::/32\t\n', '2001:db8::5', true],
  ['203.0.113.7', '::ffff:203.0.113.7', true],
  ['203.0.113.7', '::ffff:cb00:7107', true],
  ['::ffff:203.0.113.7', '203.0.113.7', true],
  ['\uFEFF203.0.113.7', '203.0.113.7', true],
  ['# 203.0.113.7', '203.0.113.7', false],
  ['', '203.0.113.7', false],
])('%j holds %s: %s', (text, address, isIn) => {
  expect(read(text)).toHaveProperty('has');
  expect((read(text) as { has(address: string): boolean }).has(address)).toBe(isIn);
});

test.each([
  ['203.0.113.7\nbad host\n', 'Line 2 of bad.txt: "bad host" is not an IPv4 or IPv6 address'],
  ['203.0.113.7 198.51.100.1', 'Line 1 of bad.txt: '],
  ['203.0.113.7,198.51.100.1', 'Line 1 of bad.txt: '],
  ['010.0.0.1', 'leading zero'],
  ['\n\n10.0.0.1/8', 'Line 3 of bad.txt: "10.0.0.1/8" has bits set after the first 8'],
  ['10.0.0.0/33', '"33" is not a prefix length'],
  ['::/129', '"129" is not a prefix length'],
  [`x${'1'.repeat(5000)}`, 'Line 1 of bad.txt: '],
])('%j is a mistake', (text, message) => {
  const found = read(text) as string[];
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
  expect((found[0] as string).length).toBeLessThan(400);
});

test('a file of mistakes is told in a few lines', () => {
  const found = read('x\n'.repeat(500)) as string[];
  expect(found).toHaveLength(11);
  expect(found.at(-1)).toBe('bad.txt has mistakes in 490 other lines.');
});

test.each([
  ['# embargo\nkp\nIR # since 1979\n\n', { countries: ['KP', 'IR'], entries: 2 }],
  ['', { countries: [], entries: 0 }],
  ['DE\nXX\n', ['Line 2 of bad.txt: there is no country `XX` in ISO 3166-1.']],
  ['UK', ['Line 1 of bad.txt: there is no country `UK` in ISO 3166-1; did you mean GB?.']],
  ['EU', ['Line 1 of bad.txt: there is no country `EU` in ISO 3166-1.']],
  ['North Korea', ['Line 1 of bad.txt: `NORTH KOREA` is not a country: write two capitals, such as DE.']],
])('%j is a list of countries or tells why not', (text, expected) => {
  expect(parseCountryList(text, 'bad.txt')).toEqual(expected);
});
