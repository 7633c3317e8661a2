import { randomBytes } from 'node:crypto';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BASE62, toBase62 } from './base62.ts';
import { crc32 } from './crc32.ts';
import { generateApiKey, parseApiKey, shownPrefix } from './key-format.ts';

const { key, id, secret } = generateApiKey('pk', randomBytes);

/** A key of any parts with the right checksum. */
const keyOf = (prefix: string, keyId: string, keySecret: string) => {
  const body = `${prefix}_${keyId}_${keySecret}`;
  return `${body}_${toBase62(zlibCrc32(body), 6)}`;
};

describe('generateApiKey', () => {
  test('makes keys that parse back', () => {
    expect(key).toMatch(/^pk_[0-9A-Za-z]{16}_[0-9A-Za-z]{30}_[0-9A-Za-z]{6}$/);
    expect(parseApiKey(key)).toEqual({ prefix: 'pk', id, secret });
    expect(generateApiKey(undefined, randomBytes).prefix).toBe('pk');
  });

  test('carries at least 160 bits of secret', () => {
    expect(secret.length * Math.log2(62)).toBeGreaterThanOrEqual(160);
  });

  test('draws each digit equally often: bytes past the last multiple of 62 are drawn again', () => {
    const bytes = [255, 248, 247, 0, 61, 62];
    let at = 0;
    const made = generateApiKey('pk', (size) =>
      Uint8Array.from({ length: size }, () => bytes[at++ % bytes.length] as number),
    );
    expect(made.id).toBe('z0z0'.repeat(4));
  });

  test.each(['p', 'ninechars', 'PK', 'p_k', 'p-k', ''])('refuses the prefix %j', (prefix) => {
    expect(() => generateApiKey(prefix, randomBytes)).toThrow(RangeError);
  });
});

describe('parseApiKey', () => {
  test.each([
    ['empty', ''],
    ['only separators', '___'],
    ['without checksum', key.slice(0, -7)],
    ['space before', ` ${key}`],
    ['space after', `${key} `],
    ['newline after', `${key}\n`],
    ['NUL inside', key.replace('_', '_\0')],
    ['a fifth part', `${key}_x`],
    ['upper-case prefix', keyOf('PK', id, secret)],
    ['prefix of one', keyOf('p', id, secret)],
    ['prefix of nine', keyOf('abcdefghi', id, secret)],
    ['id of eleven', keyOf('pk', 'a'.repeat(11), secret)],
    ['id of 33', keyOf('pk', 'a'.repeat(33), secret)],
    ['secret of 26', keyOf('pk', id, 'a'.repeat(26))],
    ['secret of 65', keyOf('pk', id, 'a'.repeat(65))],
    ['a letter of another script', keyOf('pk', `${id.slice(1)}а`, secret)],
    ['a megabyte', key + 'a'.repeat(1 << 20)],
  ])('refuses a key with %s', (_, text) => {
    expect(parseApiKey(text)).toBeNull();
  });

  test('takes any valid prefix', () => {
    expect(parseApiKey(keyOf('live2024', id, secret))?.prefix).toBe('live2024');
  });

  test('notices every change of one character and every swap of neighbours', () => {
    for (let i = 0; i < key.length; i++) {
      for (const digit of BASE62) {
        const typo = key.slice(0, i) + digit + key.slice(i + 1);
        if (typo !== key) expect(parseApiKey(typo)).toBeNull();
      }
      const swapped = key.slice(0, i) + (key[i + 1] ?? '') + key[i] + key.slice(i + 2);
      if (swapped !== key) expect(parseApiKey(swapped)).toBeNull();
    }
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseApiKey(text) === null));
  });
});

describe('shownPrefix', () => {
  test('is the first eight characters', () => {
    expect(shownPrefix(key)).toBe(key.slice(0, 8));
  });

  test('never reaches the secret, whatever the prefix and the shortest id', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{2,8}$/), (prefix) => {
        const text = keyOf(prefix, 'I'.repeat(12), 'S'.repeat(27));
        return shownPrefix(text).length === 8 && !shownPrefix(text).includes('S');
      }),
    );
  });

  test.each(['hunter22', 'correct horse battery staple', 'sk_live_51H8', 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln'])(
    'shows nothing of %j, which may be a secret of another kind',
    (text) => {
      expect(shownPrefix(text)).toBe('');
    },
  );
});

test('crc32 agrees with zlib', () => {
  expect(crc32('123456789')).toBe(0xcbf43926);
  fc.assert(fc.property(fc.stringMatching(/^[0-9A-Za-z_]*$/), (text) => crc32(text) === zlibCrc32(text)));
});
