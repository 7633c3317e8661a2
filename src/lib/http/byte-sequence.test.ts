import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseByteSequence, parseByteSequences } from './byte-sequence.ts';

describe('parseByteSequence', () => {
  test('what is encoded is read', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseByteSequence(`:${Buffer.from(bytes).toString('base64')}:`)).toEqual(bytes);
      }),
    );
  });

  test.each([
    ['no colons', 'AAAA'],
    ['one colon', ':AAAA'],
    ['a parameter', ':AAAA:;a=1'],
    ['blanks', ': AAAA:'],
    ['blanks around', ' :AAAA:'],
    ['base64url', ':-_-_:'],
    ['no padding', ':AA:'],
    ['too much padding', ':AAAA====:'],
    ['bits that nobody reads', ':AB==:'],
    ['two', ':AAAA:, :AAAA:'],
    ['PEM', '-----BEGIN CERTIFICATE-----'],
    ['nothing', ''],
  ])('%s is none', (_what, text) => {
    expect(parseByteSequence(text)).toBeNull();
  });
});

describe('parseByteSequences', () => {
  test.each([
    [':AAAA:', 1],
    [':AAAA:,:AAAA:', 2],
    [':AAAA: \t, :AAAA:', 2],
    [':AAAA:,', -1],
    [',:AAAA:', -1],
    ['', -1],
    [':AAAA:,:AAAA:,:AAAA:', -1],
  ])('%s', (text, count) => {
    expect(parseByteSequences(text, 2)?.length ?? -1).toBe(count);
  });
});
