import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstNonUtf8 } from './utf8.ts';

const fault = fc.constantFrom(
  [0x80],
  [0xff],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xe2, 0x82],
  [0xf4, 0x90, 0x80, 0x80],
  [0xc3],
  [0x80, 0x80, 0x80, 0x80],
);

test('finds the first fault', () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 }).map((t) => Buffer.from(t.toWellFormed()));
  fc.assert(
    fc.property(text, fault, fc.uint8Array({ maxLength: 60 }), (good, bad, more) => {
      expect(firstNonUtf8(good)).toBe(-1);
      expect(firstNonUtf8(Buffer.concat([good, Uint8Array.from([...bad, 0x61]), more]))).toBe(good.length);
    }),
    { numRuns: 3000 },
  );
});

test('agrees with the platform about any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const at = firstNonUtf8(bytes);
      expect(at < 0).toBe(isUtf8(bytes));
      if (at >= 0) expect(isUtf8(bytes.subarray(0, at))).toBe(true);
    }),
  );
});
