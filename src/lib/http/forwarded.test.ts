import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIp, type Ip, parseIp } from '../ip/address.ts';
import { clientFrom, parseForwarded, parseXForwardedFor } from './forwarded.ts';

const show = (ip: Ip | null) => ip && formatIp(ip);

test.each([
  ['', []],
  [' ', []],
  ['1.2.3.4', ['1.2.3.4']],
  ['1.2.3.4, 5.6.7.8,\t::1', ['1.2.3.4', '5.6.7.8', '::1']],
  ['1.2.3.4:80, [2001:db8::1]:443, [::1], 2001:db8::2', ['1.2.3.4', '2001:db8::1', '::1', '2001:db8::2']],
  ['::ffff:1.2.3.4, [::ffff:1.2.3.4]:1', ['1.2.3.4', '1.2.3.4']],
  ['unknown, 1.2.3.4', [null, '1.2.3.4']],
  [',1.2.3.4,', [null, '1.2.3.4', null]],
  [
    '1.2.3.4:, 1.2.3.4:x, [1.2.3.4], [::1, ::1], [::1]x, 1.2.3.4 5.6.7.8',
    [null, null, null, null, null, null, null],
  ],
])('X-Forwarded-For: %s', (value, expected) => {
  expect(parseXForwardedFor(value).map(show)).toEqual(expected);
});

const hop = (node: string | null, proto: string | null = null, host: string | null = null) => ({
  for: node,
  proto,
  host,
});

test.each([
  ['for=1.2.3.4', [hop('1.2.3.4')]],
  ['for="_gazonk"', [hop(null)]],
  ['For="[2001:db8:cafe::17]:4711"', [hop('2001:db8:cafe::17')]],
  ['for=192.0.2.60;proto=HTTP;by=203.0.113.43', [hop('192.0.2.60', 'http')]],
  ['for=192.0.2.43, for=198.51.100.17', [hop('192.0.2.43'), hop('198.51.100.17')]],
  ['for=_hidden, for=_SEVKISEK;host="a.b:8080"', [hop(null), hop(null, null, 'a.b:8080')]],
  ['for="1.2.3.4:_p"; proto=https ; host=a', [hop('1.2.3.4', 'https', 'a')]],
  ['for=unknown', [hop(null)]],
  ['for=rubbish, for=1.2.3.4', [hop(null), hop('1.2.3.4')]],
  ['for="1.2.3\\.4"', [hop('1.2.3.4')]],
  ['proto=https', [hop(null, 'https')]],
  ['proto="a b"', [hop(null)]],
  [';;for=1.2.3.4;', [hop('1.2.3.4')]],
  [', for=1.2.3.4, ,', [hop('1.2.3.4')]],
  ['x=y', [hop(null)]],
  ['', []],
])('Forwarded: %s', (value, expected) => {
  expect(parseForwarded(value)?.map((h) => ({ ...h, for: show(h.for) }))).toEqual(expected);
});

test.each([
  'for',
  'for=',
  'for =a',
  'for= a',
  'for=1.2.3.4:80',
  'for=[::1]',
  'for="a',
  'for=a for=b',
  'for=a;for=b',
  'for=a;FOR=b',
  '=a',
  'for="a"b',
  '"a"=b',
  'for=a;b',
  'for=\u00e9',
  'for="\n"',
])('Forwarded: %j is malformed', (value) => {
  expect(parseForwarded(value)).toBeNull();
});

test.each([
  ['no proxy is trusted', '9.9.9.9, 10.0.0.2', '8.8.8.8', '8.8.8.8'],
  ['one proxy', '9.9.9.9', '10.0.0.1', '9.9.9.9'],
  ['what the client wrote itself is not believed', '1.1.1.1, 9.9.9.9, 10.0.0.2', '10.0.0.1', '9.9.9.9'],
  ['all hops are trusted', '10.0.0.3, 10.0.0.2', '10.0.0.1', '10.0.0.3'],
  ['rubbish stops the walk', '9.9.9.9, rubbish, 10.0.0.2', '10.0.0.1', '10.0.0.2'],
  ['no entry', '', '10.0.0.1', '10.0.0.1'],
  ['mapped spelling of a trusted proxy', '9.9.9.9, ::ffff:10.0.0.2', '10.0.0.1', '9.9.9.9'],
])('%s', (_, chain, peer, client) => {
  const isTrusted = (ip: Ip) => formatIp(ip).startsWith('10.');
  expect(formatIp(clientFrom(parseXForwardedFor(chain), parseIp(peer) as Ip, isTrusted))).toBe(client);
});

test('any text gives hops or null', () => {
  const text = fc.string({
    unit: fc.constantFrom('for=', 'proto=', '1.2.3.4', '"', ';', ',', ' ', '\\', '_a', '[::1]', ':'),
  });
  fc.assert(
    fc.property(text, (value) => {
      expect(Array.isArray(parseForwarded(value) ?? [])).toBe(true);
      const commas = value.split(',').length;
      if (value.trim() !== '') expect(parseXForwardedFor(value)).toHaveLength(commas);
    }),
    { numRuns: 3000 },
  );
});

test('prepending entries does not change who an untrusted hop is', () => {
  const isTrusted = (ip: Ip) => ip.words[3] >>> 24 === 10;
  fc.assert(
    fc.property(fc.string(), fc.ipV4(), (forged, real) => {
      const hop = parseIp(real) as Ip;
      if (isTrusted(hop)) return;
      const chain = parseXForwardedFor(`${forged}, ${real}, 10.0.0.2`);
      expect(clientFrom(chain, parseIp('10.0.0.1') as Ip, isTrusted)).toEqual(hop);
    }),
  );
});
