import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decoyHash, hashPassword, isOfOtherCost, matchesPassword, RECOMMENDED_COST } from './argon2.ts';

const CHEAP = { memoryKib: 64, passes: 1, lanes: 1 };

describe('hashPassword', () => {
  test('is a PHC string with its parameters, a salt of 16 and a tag of 32 bytes', async () => {
    const encoded = await hashPassword('correct horse', CHEAP, randomBytes);
    expect(encoded).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await matchesPassword('correct horse', encoded)).toBe(true);
    expect(await matchesPassword('correct horsE', encoded)).toBe(false);
  });

  test('two hashes of one password differ', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => hashPassword('same', CHEAP, randomBytes)));
    expect(one).not.toBe(two);
  });

  test('recommended: 64 MiB, three passes, four lanes', async () => {
    const encoded = await hashPassword('x', RECOMMENDED_COST, randomBytes);
    expect(encoded).toMatch(/\$m=65536,t=3,p=4\$/);
    expect(await matchesPassword('x', encoded)).toBe(true);
  });

  test('does not end at a NUL', async () => {
    const encoded = await hashPassword('abc\0def', CHEAP, randomBytes);
    expect(await matchesPassword('abc', encoded)).toBe(false);
    expect(await matchesPassword('abc\0xyz', encoded)).toBe(false);
  });
});

// Source: echo -n portcullis | argon2 somesaltsomesalt -id -t 2 -k 64 -p 1 -l 32 -e, with the reference program.
test('verifies a hash that the reference implementation made', async () => {
  const encoded =
    '$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$EaxdcH555EdfY5kjd8Tl1ck6WI0Ux7mA0QF1yzOE3yc';
  expect(await matchesPassword('portcullis', encoded)).toBe(true);
  expect(await matchesPassword('Portcullis', encoded)).toBe(false);
});

describe('matchesPassword', () => {
  test.each([
    '',
    'plain',
    '$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=16$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=9999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=7,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA',
  ])('nothing matches %j', async (encoded) => {
    expect(await matchesPassword('', encoded)).toBe(false);
    expect(isOfOtherCost(encoded, CHEAP)).toBe(true);
  });
});

test('a decoy is a hash of the same cost that no password has', async () => {
  const decoy = decoyHash(CHEAP, randomBytes);
  expect(isOfOtherCost(decoy, CHEAP)).toBe(false);
  expect(decoy).not.toBe(decoyHash(CHEAP, randomBytes));
  for (const password of ['', 'password', decoy]) expect(await matchesPassword(password, decoy)).toBe(false);
});

test('isOfOtherCost', async () => {
  const encoded = await hashPassword('x', CHEAP, randomBytes);
  expect(isOfOtherCost(encoded, CHEAP)).toBe(false);
  for (const more of [{ memoryKib: 128 }, { passes: 2 }, { lanes: 2 }]) {
    expect(isOfOtherCost(encoded, { ...CHEAP, ...more })).toBe(true);
  }
});
