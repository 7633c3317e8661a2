import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBase64Url } from './base64url.ts';

test('reads what it wrote', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = Buffer.from(bytes).toString('base64url');
      expect(parseBase64Url(text)).toEqual(Buffer.from(bytes));
    }),
  );
});

test('each sequence of bytes has one spelling', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
      const bytes = parseBase64Url(text);
      return bytes === null || bytes.toString('base64url') === text;
    }),
  );
});

test.each(['A', 'AAAAA', 'AB', 'AAB', 'AA==', 'AAA=', 'A A', 'AA\n', '+A', '/A', 'AÀ', 'AA.', 'AA\0'])(
  'refuses %j',
  (text) => {
    expect(parseBase64Url(text)).toBeNull();
  },
);
