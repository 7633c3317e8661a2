import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TokenRevocation } from '../../core/token-revocations.ts';
import { type Database, openDatabase } from './open-database.ts';

const NOW_MS = 1_000_000;
let dir: string;
let database: Database;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-revocations-'));
  const location = { kind: 'sqlite', path: join(dir, 'portcullis.db') } as const;
  database = await openDatabase({ location, clock: { nowMs: () => NOW_MS } });
});
afterEach(async () => {
  await database.close();
  rmSync(dir, { recursive: true, force: true });
});

const revocation = (id: string, change: Partial<TokenRevocation> = {}): TokenRevocation => ({
  id,
  issuer: 'https://auth.company.com',
  kind: 'subject',
  value: 'älice',
  beforeMs: NOW_MS,
  untilMs: NOW_MS + 1000,
  createdAtMs: NOW_MS,
  ...change,
});

test('are given back as they were stored, until they can be forgotten', async () => {
  const { revocations } = database;
  await revocations.add(revocation('a'));
  await revocations.add(revocation('b', { kind: 'jti', beforeMs: 0, untilMs: NOW_MS + 5000 }));
  expect(await revocations.find('a')).toEqual(revocation('a'));
  expect(await revocations.find('c')).toBeNull();
  expect((await revocations.list(NOW_MS)).map(({ id }) => id)).toEqual(['a', 'b']);
  expect((await revocations.list(NOW_MS + 1000)).map(({ id }) => id)).toEqual(['b']);
  await revocations.add(revocation('c', { createdAtMs: NOW_MS + 1000, untilMs: NOW_MS + 9000 }));
  expect(await revocations.find('a'), 'it was deleted').toBeNull();
});

test('one of the same tokens only widens what is revoked', async () => {
  const { revocations } = database;
  await revocations.add(revocation('a', { beforeMs: 500, untilMs: NOW_MS + 9000 }));
  await revocations.add(revocation('a', { beforeMs: 900, untilMs: NOW_MS + 10 }));
  await revocations.add(revocation('a', { beforeMs: 100, untilMs: NOW_MS + 20 }));
  expect(await revocations.find('a')).toMatchObject({ beforeMs: 900, untilMs: NOW_MS + 9000 });
});
