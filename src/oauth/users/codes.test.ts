import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newRecoveryCodes, normalRecoveryCode } from './recovery-codes.ts';
import { newTotpSecret, stepOfCode, totpUri } from './totp.ts';

/** RFC 6238, appendix B: the ASCII secret `12345678901234567890` in base32, and its last six digits. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('stepOfCode', () => {
  test.each([
    [59, '287082', 1],
    [1_111_111_109, '081804', 37_037_036],
    [1_111_111_111, '050471', 37_037_037],
    [1_234_567_890, '005924', 41_152_263],
    [2_000_000_000, '279037', 66_666_666],
    [20_000_000_000, '353130', 666_666_666],
  ])('at second %i the code is %s of step %i', (second, code, step) => {
    const atMs = second * 1000;
    expect(stepOfCode(SECRET, code, atMs)).toBe(step);
    expect(stepOfCode(SECRET, code, atMs + 30_000)).toBe(step);
    expect(stepOfCode(SECRET, code, atMs - 30_000)).toBe(step);
    expect(stepOfCode(SECRET, code, atMs + 60_000)).toBe(0);
    expect(stepOfCode(SECRET, code, atMs - 60_000)).toBe(0);
  });
});

test('a secret has 160 bits, and the address names issuer and user', () => {
  expect(newTotpSecret()).toMatch(/^[A-Z2-7]{32}$/);
  expect(newTotpSecret()).not.toBe(newTotpSecret());
  const url = new URL(totpUri(SECRET, 'auth.test', 'a:b?c&d'));
  expect(url.protocol).toBe('otpauth:');
  expect(url.searchParams.get('secret')).toBe(SECRET);
  expect(url.searchParams.get('issuer')).toBe('auth.test');
  expect([...url.searchParams.keys()]).not.toContain('d');
});

describe('recovery codes', () => {
  test('are ten different ones of 80 bits that can be read aloud', () => {
    const codes = newRecoveryCodes(randomBytes);
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) {
      expect(code).toMatch(/^(?:[a-hj-np-z2-9]{4}-){3}[a-hj-np-z2-9]{4}$/);
      expect(normalRecoveryCode(` ${code.toUpperCase().replaceAll('-', ' ')} `)).toBe(
        code.replaceAll('-', ''),
      );
    }
  });

  test('spell every bit', () => {
    const [zeros] = newRecoveryCodes((size) => new Uint8Array(size));
    const [ones] = newRecoveryCodes((size) => new Uint8Array(size).fill(255));
    expect([zeros, ones]).toEqual(['aaaa-aaaa-aaaa-aaaa', '9999-9999-9999-9999']);
  });

  test.each(['', '123456', 'aaaa-aaaa-aaaa-aaa', 'aaaa-aaaa-aaaa-aaaa-a', 'aaaa-aaaa-aaaa-aaa1'])(
    '%j is none',
    (text) => {
      expect(normalRecoveryCode(text)).toBe('');
    },
  );
});
