import fc from 'fast-check';
import { expect, test } from 'vitest';
import { percentEncode } from './percent.ts';

test.each([
  ['alice', 'alice'],
  ['auth0|alice@company.com', 'auth0|alice@company.com'],
  ['Alice Smith', 'Alice%20Smith'],
  ['100%', '100%25'],
  ['a,b', 'a%2Cb'],
  ['"a\\b"', '%22a%5Cb%22'],
  ['Zoë', 'Zo%C3%AB'],
  ['€', '%E2%82%AC'],
  ['😀', '%F0%9F%98%80'],
  ['a\r\nX-Admin: true', 'a%0D%0AX-Admin:%20true'],
  ['a\0b\x7f', 'a%00b%7F'],
  ['\u2028', '%E2%80%A8'],
  // What Latin-1 would cut to CR LF, were it written without looking.
  ['\u010d\u010a', '%C4%8D%C4%8A'],
  ['\ud800', '%ED%A0%80'],
  ['\udc00x', '%ED%B0%80x'],
])('%j is written %j', (text, written) => {
  expect(percentEncode(text)).toBe(written);
});

test('whatever comes in, visible ASCII without commas and quotes comes out, and decodes to what came in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const written = percentEncode(text);
      expect(written).toMatch(/^[!#-+\--[\]-~]*$/);
      if (text.isWellFormed()) expect(decodeURIComponent(written)).toBe(text);
    }),
  );
});

test('two texts never become one', () => {
  const unit = fc.integer({ min: 0xd7ff, max: 0xe001 }).map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.string({ unit }), fc.string({ unit }), (one, other) => {
      expect(percentEncode(one) === percentEncode(other)).toBe(one === other);
    }),
  );
});
