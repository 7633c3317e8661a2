import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIp } from './address.ts';
import { cidrProblem, parseCidr } from './cidr.ts';

test.each([
  ['10.0.0.0/8', '10.0.0.0', 8],
  ['0.0.0.0/0', '0.0.0.0', 0],
  ['192.0.2.1', '192.0.2.1', 32],
  ['2001:db8::/32', '2001:db8::', 32],
  ['::/0', '::', 0],
  ['::1', '::1', 128],
  ['::ffff:10.0.0.0/104', '10.0.0.0', 8],
  ['::ffff:0:0/96', '0.0.0.0', 0],
  ['::ffff:192.0.2.1', '192.0.2.1', 32],
])('%s', (text, address, bits) => {
  const cidr = parseCidr(text);
  expect(cidr && formatIp(cidr.ip)).toBe(address);
  expect(cidr?.bits).toBe(bits);
  expect(cidrProblem(text)).toBeNull();
});

test.each([
  ['10.0.0.1/8', '"10.0.0.0/8" for the network or "10.0.0.1"'],
  ['2001:db8::1/64', '"2001:db8::/64"'],
  ['::ffff:10.0.0.0/8', '"10.0.0.0/8"'],
  ['10.0.0.0/33', 'from 0 to 32'],
  ['10.0.0.0/', 'from 0 to 32'],
  ['10.0.0.0/08', 'from 0 to 32'],
  ['10.0.0.0/-1', 'from 0 to 32'],
  ['10.0.0.0/8/8', 'from 0 to 32'],
  ['::/129', 'from 0 to 128'],
  ['10.0.0.0/255.0.0.0', '"10.0.0.0/8"'],
  ['10.0.0.0/255.255.255.255', '"10.0.0.0/32"'],
  ['10.0.0.0/255.0.255.0', 'from 0 to 32'],
  ['10.0.0/8', 'not an IPv4 or IPv6 address'],
  ['010.0.0.0/8', 'leading zero'],
  ['fe80::1%eth0', 'zone'],
  ['[::1]', 'brackets'],
  ['', 'not an IPv4 or IPv6 address'],
  [' 10.0.0.0/8', 'not an IPv4 or IPv6 address'],
])('%j is refused with advice', (text, advice) => {
  expect(parseCidr(text)).toBeNull();
  expect(cidrProblem(text)).toContain(advice);
});

test('any text is a network or has a problem, never both', () => {
  const text = fc.string({ unit: fc.constantFrom(...'0123456789abf:./% '), maxLength: 24 });
  fc.assert(
    fc.property(text, (t) => {
      expect(parseCidr(t) === null).toBe(cidrProblem(t) !== null);
    }),
  );
});
