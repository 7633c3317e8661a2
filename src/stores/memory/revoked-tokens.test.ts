import { expect, test } from 'vitest';
import type { TokenRevocation } from '../../core/token-revocations.ts';
import { MemoryRevokedTokens } from './revoked-tokens.ts';

const ISSUER = 'https://a.example';
const revocation = (change: Partial<TokenRevocation>): TokenRevocation => ({
  id: 'x',
  issuer: ISSUER,
  kind: 'jti',
  value: 'j1',
  beforeMs: 0,
  untilMs: 1,
  createdAtMs: 0,
  ...change,
});

test.each<[Partial<TokenRevocation>, [string, string, string, number], boolean]>([
  [{}, [ISSUER, 'j1', 'alice', 5], true],
  [{}, [ISSUER, 'j2', 'alice', 5], false],
  [{}, ['https://b.example', 'j1', 'alice', 5], false],
  [{}, [ISSUER, '', 'j1', 5], false],
  [{ kind: 'subject', value: 'alice', beforeMs: 10_000 }, [ISSUER, 'j', 'alice', 9_999], true],
  [{ kind: 'subject', value: 'alice', beforeMs: 10_000 }, [ISSUER, 'j', 'alice', 10_000], false],
  [{ kind: 'subject', value: 'alice', beforeMs: 10_000 }, [ISSUER, 'alice', 'bob', 0], false],
])('%o: %j is revoked: %s', (change, token, expected) => {
  expect(new MemoryRevokedTokens([revocation(change)]).isRevoked(...token)).toBe(expected);
});

test('takes up what is told, and a caller sees that something changed', () => {
  const tokens = new MemoryRevokedTokens();
  const before = tokens.version;
  tokens.update({ records: [revocation({})], deleted: [], isAll: false });
  expect([tokens.version > before, tokens.isRevoked(ISSUER, 'j1', 's', 0)]).toEqual([true, true]);
  tokens.update({ records: [], deleted: ['x'], isAll: false });
  expect(tokens.isRevoked(ISSUER, 'j1', 's', 0)).toBe(false);
  tokens.update({ records: [revocation({})], deleted: [], isAll: true });
  tokens.update({ records: [revocation({ id: 'y', value: 'j2' })], deleted: [], isAll: true });
  expect(['j1', 'j2'].map((jti) => tokens.isRevoked(ISSUER, jti, 's', 0))).toEqual([false, true]);
});
