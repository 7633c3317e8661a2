import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIp, type Ip, ipv6Of, networkOf, parseIp, prefixOf } from './address.ts';

const word = fc.oneof(fc.constantFrom(0, 1, 0xffff, 0xffffffff), fc.nat({ max: 0xffffffff }));
const anyIp: fc.Arbitrary<Ip> = fc.oneof(
  fc.tuple(word, word, word, word).map(([a, b, c, d]) => ipv6Of(a, b, c, d)),
  word.map((d) => ipv6Of(0, 0, 0xffff, d)),
);

test.each([
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8::', '2001:db8::'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0db8::0001', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['0:0:1::', '0:0:1::'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['::1.2.3.4', '::102:304'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['0:0:0:0:0:FFFF:c000:0201', '192.0.2.1'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
])('%s is %s', (text, canonical) => {
  const ip = parseIp(text) as Ip;
  expect(formatIp(ip)).toBe(canonical);
  expect(ip.family).toBe(canonical.includes(':') ? 6 : 4);
});

test.each([
  '',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '1.2.3.04',
  '00.0.0.0',
  '256.0.0.1',
  '1.2.3.-4',
  '0x7f.0.0.1',
  '1.2.3.4 ',
  ' 1.2.3.4',
  '1..2.3',
  '.1.2.3',
  '1.2.3.',
  '127.1',
  '2130706433',
  '１.2.3.4',
  ':',
  ':::',
  '1:',
  ':1',
  '::1::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '::1:2:3:4:5:6:7:8',
  '12345::',
  'g::',
  'fe80::1%eth0',
  '[::1]',
  '::1]',
  '1.2.3.4:80',
  '::1.2.3',
  '::1.2.3.4:5',
  '1:2:3:4:5:6:7:1.2.3.4',
  '::01.2.3.4',
  '1.2.3.4::',
  '::.1.2.3.4',
  '::12345.1.1.1',
  '0000:0000:0000:0000:0000:ffff:255.255.255.2555',
  '-1::',
  '+1::',
])('%j is no address', (text) => {
  expect(parseIp(text)).toBeNull();
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(anyIp, (ip) => {
      expect(parseIp(formatIp(ip))).toEqual(ip);
    }),
  );
});

test('any text gives an address or null', () => {
  const alphabet = fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:::..[]%/ '), maxLength: 50 });
  fc.assert(
    fc.property(alphabet, (text) => {
      const ip = parseIp(text);
      if (ip !== null) expect(parseIp(formatIp(ip))).toEqual(ip);
    }),
    { numRuns: 3000 },
  );
});

test('agrees with the platform about IPv6', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const ip = parseIp(text);
      expect(ip).not.toBeNull();
      if (ip?.family === 6) expect(`[${formatIp(ip)}]`).toBe(new URL(`http://[${text}]/`).hostname);
    }),
  );
});

test.each([
  ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2::/64'],
  ['2001:db8:1:2:3:4:5:6', 48, '2001:db8:1::/48'],
  ['2001:db8::ffff', 128, '2001:db8::ffff/128'],
  ['2001:db8::1', 0, '::/0'],
  ['192.0.2.255', 24, '192.0.2.0/24'],
  ['192.0.2.255', 64, '192.0.2.255/32'],
  ['255.255.255.255', 1, '128.0.0.0/1'],
])('prefixOf(%s, %d) is %s', (text, bits, key) => {
  expect(prefixOf(parseIp(text) as Ip, bits)).toBe(key);
});

test('a network of IPv6 stays IPv6', () => {
  fc.assert(
    fc.property(anyIp, fc.nat({ max: 128 }), (ip, bits) => {
      expect(networkOf(ip, bits).family).toBe(ip.family);
    }),
  );
});
