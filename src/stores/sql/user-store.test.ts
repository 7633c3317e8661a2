import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { describeUserStore } from '../../../test/support/user-store.ts';
import { userRecord } from '../../../test/support/users.ts';
import { Unavailable } from '../../core/errors.ts';
import { pauseMs } from './login-attempts.ts';
import { openDatabase } from './open-database.ts';

const dir = mkdtempSync(join(tmpdir(), 'portcullis-users-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let count = 0;
const clock = { nowMs: () => 1_000 };
const open = (path = join(dir, `${count++}.db`)) =>
  openDatabase({ location: { kind: 'sqlite', path }, clock });

describeUserStore(() => open());

test.each(["update users set roles = '{'", "update users set attributes = 'null'"])(
  'users that are damaged are no users with fewer rights: %s',
  async (statement) => {
    const path = join(dir, `${count++}.db`);
    const database = await open(path);
    await database.users.create(userRecord('a'));
    await database.close();
    const raw = new SqliteDatabase(path);
    raw.exec(statement);
    raw.close();
    const again = await open(path);
    await expect(again.users.find('a')).rejects.toBeInstanceOf(Unavailable);
    await again.close();
  },
);

test('pauses grow, to an hour at most', () => {
  expect([9, 10, 11, 12, 16, 17, 100, 1e9].map(pauseMs)).toEqual([
    0, 30_000, 60_000, 120_000, 1_920_000, 3_600_000, 3_600_000, 3_600_000,
  ]);
});
