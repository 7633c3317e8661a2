import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJwks } from './jwks.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' });
const ed = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
const publicRsa = rsa.publicKey.export({ format: 'jwk' });
const publicEc = p256.publicKey.export({ format: 'jwk' });
const oct = { kty: 'oct', k: Buffer.alloc(32, 1).toString('base64url') };

describe('parseJwks', () => {
  test.each<[string, JsonWebKey]>([
    ['RSA', publicRsa],
    ['RSA for signatures', { ...publicRsa, use: 'sig', alg: 'PS384', key_ops: ['verify'] }],
    ['P-256', { ...publicEc, alg: 'ES256' }],
    ['Ed25519', { ...ed, alg: 'EdDSA' }],
    ['with a certificate', { ...publicRsa, x5c: ['AAAA'], x5t: 'x' }],
  ])('takes a key: %s', (_, jwk) => {
    const { keys, skipped } = parseJwks({ keys: [{ ...jwk, kid: 'k' }] }) ?? { keys: [], skipped: [] };
    expect(skipped).toEqual([]);
    expect(keys).toMatchObject([{ kid: 'k', alg: jwk.alg ?? '' }]);
    expect(keys[0]?.key.type).toBe('public');
  });

  test.each<[string, unknown]>([
    ['a private RSA key', rsa.privateKey.export({ format: 'jwk' })],
    ['a private EC key', p256.privateKey.export({ format: 'jwk' })],
    ['1024 bits', small],
    ['a curve of others', k256],
    ['a key for agreement', x25519],
    ['a key for encryption', { ...publicRsa, use: 'enc' }],
    ['use that is no text', { ...publicRsa, use: ['sig'] }],
    ['a key to encrypt with', { ...publicRsa, key_ops: ['encrypt'] }],
    ['operations that are no list', { ...publicRsa, key_ops: 'verify' }],
    ['an algorithm of another type', { ...publicRsa, alg: 'HS256' }],
    ['an algorithm of another curve', { ...publicEc, alg: 'ES384' }],
    ['an algorithm for encryption', { ...publicRsa, alg: 'RSA-OAEP' }],
    ['no algorithm', { ...publicRsa, alg: 'none' }],
    ['a point that is not on the curve', { ...publicEc, x: publicEc.y, y: publicEc.x }],
    ['a curve of another type', { ...publicEc, crv: 'Ed25519' }],
    ['an Edwards key said to be EC', { ...ed, kty: 'EC', y: ed.x }],
    ['no modulus', { ...publicRsa, n: undefined }],
    ['a modulus that is no text', { ...publicRsa, n: 7 }],
    ['kid that is no text', { ...publicRsa, kid: 7 }],
    ['a long kid', { ...publicRsa, kid: 'k'.repeat(257) }],
    ['a secret', oct],
    ['a secret in a public key', { ...publicRsa, k: 'AAAA' }],
    ['no type', {}],
    ['null', null],
    ['text', 'key'],
  ])('skips %s and keeps the others', (_, jwk) => {
    const { keys, skipped } = parseJwks({ keys: [jwk, { ...publicRsa, kid: 'good' }] }) ?? {
      keys: [],
      skipped: [],
    };
    expect(keys.map((key) => key.kid)).toEqual(['good']);
    expect(skipped).toHaveLength(1);
    expect(skipped[0]).toMatch(/^Key 1 .*\.$/);
  });

  test('takes secrets from files only, and long ones only', () => {
    expect(parseJwks({ keys: [oct] }, true)?.keys[0]?.key.type).toBe('secret');
    const short = { ...oct, k: Buffer.alloc(31).toString('base64url') };
    expect(parseJwks({ keys: [short] }, true)?.keys).toEqual([]);
    expect(parseJwks({ keys: [{ ...oct, alg: 'HS512' }] }, true)?.keys).toEqual([]);
  });

  test('says nothing of a secret', () => {
    const jwk = rsa.privateKey.export({ format: 'jwk' });
    const told = JSON.stringify(parseJwks({ keys: [jwk, oct] })?.skipped);
    for (const part of [jwk.d, jwk.p, oct.k]) expect(told).not.toContain(part);
  });

  test('keeps keys of the same kid, and a hundred at most', () => {
    const keys = Array.from({ length: 150 }, () => ({ ...publicEc, kid: 'same' }));
    const parsed = parseJwks({ keys });
    expect(parsed?.keys).toHaveLength(100);
    expect(parsed?.skipped).toEqual(['50 keys after the first 100 are not read.']);
  });

  test.each([null, 7, 'x', [], {}, { keys: null }, { keys: {} }])('%j is no key set', (json) => {
    expect(parseJwks(json)).toBeNull();
  });

  test('never throws', () => {
    const jwk = fc.record({
      kty: fc.constantFrom('RSA', 'EC', 'OKP', 'oct'),
      n: fc.string(),
      e: fc.string(),
      x: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(jwk, fc.jsonValue())), (keys) => {
        const parsed = parseJwks({ keys }, true);
        expect((parsed?.keys.length ?? 0) + (parsed?.skipped.length ?? 0)).toBe(keys.length);
      }),
    );
  });
});
