import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHost } from './host.ts';

test.each([
  ['Example.COM', 'example.com', null],
  ['example.com.', 'example.com', null],
  ['example.com:8080', 'example.com', 8080],
  ['a_b-c.d', 'a_b-c.d', null],
  ['localhost:1', 'localhost', 1],
  ['1.2.3.4:65535', '1.2.3.4', 65535],
  ['1.2.3.4.', '1.2.3.4', null],
  ['4.example', '4.example', null],
  ['0xabc.example', '0xabc.example', null],
  ['xn--caf-dma.example', 'xn--caf-dma.example', null],
  ['[::1]', '[::1]', null],
  ['[2001:DB8:0::1]:443', '[2001:db8::1]', 443],
  ['[::ffff:1.2.3.4]:80', '1.2.3.4', 80],
])('%s', (text, host, port) => {
  expect(parseHost(text)).toEqual({ host, port });
});

test.each([
  '',
  '.',
  '..',
  'a..b',
  '.a',
  'a..',
  ':80',
  'a:',
  'a:0',
  'a:65536',
  'a:+1',
  'a:080808',
  'a:8 ',
  'a:80:80',
  'u@a',
  'a b',
  'a/b',
  'a?b',
  'a#b',
  'a%41',
  'caf\u00e9',
  'a,b',
  'a\\b',
  '1.2.3',
  '127.1',
  '256.1.1.1',
  '01.2.3.4',
  '2130706433',
  '0x7f000001',
  'a.0x',
  'a.123',
  '1.2.3.4.5',
  '[]',
  '[',
  ']',
  '[::1',
  '::1',
  '[::1]a',
  '[::1]:',
  '[::1]]',
  '[1.2.3.4]',
  '[a]',
  '[fe80::1%25eth0]',
  '[v1.a]',
  '*',
  'a*',
  'a\0',
  'a\r\n',
  'a\n',
  'a'.repeat(254),
])('%j is refused', (text) => {
  expect(parseHost(text)).toBeNull();
});

test('what comes out goes in again', () => {
  const text = fc.string({ unit: fc.constantFrom(...'aA1.:[]-_0x8@/ '), maxLength: 16 });
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        fc.domain(),
        fc.ipV4(),
        fc.ipV6().map((ip) => `[${ip}]`),
      ),
      (value) => {
        const host = parseHost(value);
        if (host !== null) expect(parseHost(host.host)).toEqual({ host: host.host, port: null });
      },
    ),
    { numRuns: 5000 },
  );
});

test('agrees with the WHATWG parser', () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((ip) => `[${ip}]`),
  );
  fc.assert(
    fc.property(host, (value) => {
      const parsed = parseHost(value);
      expect(parsed).not.toBeNull();
      const name = new URL(`http://${value}/`).hostname;
      if (!name.startsWith('[::ffff:')) expect(parsed?.host).toBe(name);
    }),
  );
});
