import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hashSecret, matchesSecret } from './secret-hash.ts';

const salt = '00112233445566778899aabbccddeeff';

describe('hashSecret', () => {
  test('is SHA-256 of salt bytes and secret', () => {
    const expected = createHash('sha256').update(Buffer.from(salt, 'hex')).update('s3cret').digest('hex');
    expect(hashSecret('s3cret', salt)).toBe(expected);
  });

  test('does not leave parts of a longer secret in a shorter one', () => {
    const short = hashSecret('abc', salt);
    hashSecret('x'.repeat(100), 'ff'.repeat(64));
    expect(hashSecret('abc', salt)).toBe(short);
  });

  test.each([
    ['a'.repeat(129), salt],
    ['a', 'ff'.repeat(65)],
  ])('refuses what does not fit', (secret, saltHex) => {
    expect(() => hashSecret(secret, saltHex)).toThrow(RangeError);
  });
});

describe('matchesSecret', () => {
  const stored = hashSecret('right', salt);

  test.each([
    ['right', salt, stored, true],
    ['wrong', salt, stored, false],
    ['right', salt.replace('0', '1'), stored, false],
    ['right', salt, '', false],
    ['right', salt, `${stored}0`, false],
    ['right', salt, stored.toUpperCase(), false],
    ['', salt, stored, false],
  ])('%s with salt %s against %s is %s', (secret, saltHex, hashHex, expected) => {
    expect(matchesSecret(secret, saltHex, hashHex)).toBe(expected);
  });
});
