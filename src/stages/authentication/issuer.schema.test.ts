import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { IssuerFacts } from '../../core/stage.ts';
import { issuerSchema, issuerWeaknesses } from './issuer.schema.ts';

const small = { id: 'company', issuer: 'https://auth.company.com' };

describe('issuerSchema', () => {
  test('has safe defaults', () => {
    const parsed: IssuerFacts = issuerSchema.parse(small);
    expect(parsed).toEqual({
      ...small,
      algorithms: ['RS256'],
      requiredClaims: ['sub', 'iss', 'exp', 'iat', 'aud'],
      clockToleranceS: 60,
      maxIatSkewS: 300,
      refreshS: 3600,
      maxStaleS: 86_400,
    });
    expect(issuerWeaknesses(issuerSchema.parse(small))).toEqual([]);
  });

  test('lets operators add required claims, never take one away', () => {
    expect(issuerSchema.parse({ ...small, requiredClaims: ['jti', 'exp'] }).requiredClaims).toEqual([
      'sub',
      'iss',
      'exp',
      'iat',
      'aud',
      'jti',
    ]);
  });

  test.each([
    [{ issuer: 'auth.company.com' }],
    [{ issuer: 'http://auth.company.com' }],
    [{ id: 'a b' }],
    [{ id: '' }],
    [{ algorithms: [] }],
    [{ algorithms: ['none'] }],
    [{ algorithms: ['rs256'] }],
    [{ algorithms: ['HS256'] }],
    [{ algorithms: ['HS256'], jwks: { url: 'https://auth.company.com/jwks' } }],
    [{ jwks: { url: 'http://auth.company.com/jwks' } }],
    [{ jwks: { url: 'https://user:pass@auth.company.com/jwks' } }],
    [{ jwks: { url: 'http://127.0.0.1.evil.example/jwks' } }],
    [{ jwks: { url: 'http://localhost@evil.example/jwks' } }],
    [{ jwks: { url: 'file:///etc/passwd' } }],
    [{ jwks: { url: 'https://a.example', file: 'x' } }],
    [{ jwks: {} }],
    [{ clockToleranceS: -1 }],
    [{ clockToleranceS: 1e9 }],
    [{ clockToleranceS: '60' }],
    [{ refreshS: 1 }],
    [{ unknown: 1 }],
  ])('refuses %j', (change) => {
    expect(issuerSchema.safeParse({ ...small, ...change }).success).toBe(false);
  });

  test.each([
    [{ jwks: { url: 'http://127.0.0.1:8080/jwks' } }],
    [{ jwks: { url: 'http://[::1]:8080/jwks' } }],
    [{ issuer: 'http://localhost:8080/realm' }],
    [{ issuer: 'http://auth.internal', jwks: { file: './jwks.json' } }],
    [{ algorithms: ['HS256'], jwks: { file: './secret.json' } }],
  ])('takes %j', (change) => {
    expect(issuerSchema.safeParse({ ...small, ...change }).success).toBe(true);
  });

  test('has a JSON Schema', () => {
    expect(() => z.toJSONSchema(issuerSchema, { io: 'input' })).not.toThrow();
  });
});

test('weaknesses are reported where they are', () => {
  const weak = issuerSchema.parse({
    ...small,
    algorithms: ['RS256', 'HS256'],
    jwks: { file: './jwks.json' },
    clockToleranceS: 61,
    maxIatSkewS: 301,
    maxStaleS: 86_401,
  });
  expect(issuerWeaknesses(weak).map((weakness) => weakness.pointer)).toEqual([
    '/algorithms/1',
    '/clockToleranceS',
    '/maxIatSkewS',
    '/maxStaleS',
  ]);
});
