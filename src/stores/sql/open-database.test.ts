import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PLAIN_KEY } from '../../../test/support/plain-key.ts';
import { Unavailable } from '../../core/errors.ts';
import type { ApiKeyRecord } from '../../core/ports.ts';
import { connection } from './connection.ts';
import { sqlKeyStore } from './key-store.ts';
import { MIGRATIONS } from './migrations.ts';
import { type Database, openDatabase } from './open-database.ts';
import { explainSqlite } from './sqlite-failures.ts';
import type { Tables } from './tables.ts';

const clock = { nowMs: () => Date.UTC(2026, 10, 23) };
let dir: string;
let path: string;
let opened: Database[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-db-'));
  path = join(dir, 'data', 'portcullis.db');
  opened = [];
});

afterEach(async () => {
  for (const database of opened) await database.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(at = path): Promise<Database> {
  const database = await openDatabase({ location: { kind: 'sqlite', path: at }, clock, busyTimeoutMs: 20 });
  opened.push(database);
  return database;
}

async function close(database: Database): Promise<void> {
  opened = opened.filter((other) => other !== database);
  await database.close();
}

async function failure(run: () => Promise<unknown>): Promise<Unavailable> {
  const error = await run().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Unavailable);
  return error as Unavailable;
}

function keyRecord(id: string): ApiKeyRecord {
  return {
    ...PLAIN_KEY,
    id,
    name: `name of ${id}`,
    prefix: 'pk_AbCdE',
    salt: '00ff',
    hash: 'ab'.repeat(32),
    owner: 'team',
    scopes: ['orders:read'],
    roles: [],
    tier: 'pro',
    grant: { apis: ['orders'], endpoints: [], methods: ['GET'], countries: [] },
    createdAtMs: 1,
    expiresAtMs: 0,
    revokedAtMs: 0,
  };
}

async function fill(count: number): Promise<void> {
  const database = await open();
  for (let i = 0; i < count; i++) await database.keys.create(keyRecord(`k${i}`));
  await close(database);
}

describe('openDatabase', () => {
  test('creates folder and file for the owner only, and takes its lock file away again', async () => {
    const database = await open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'data')).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(`${path}.lock`, 'utf8'))).toEqual({
      pid: process.pid,
      sinceMs: clock.nowMs(),
    });
    await close(database);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  test('finds again what it wrote, with the migrations applied once', async () => {
    await fill(2);
    const again = await open();
    expect(await again.keys.find('k1')).toEqual(keyRecord('k1'));
    await close(again);
    const raw = new SqliteDatabase(path, { readonly: true });
    expect(raw.prepare('select version from schema_migrations order by version').pluck().all()).toEqual(
      MIGRATIONS.map((_, at) => at + 1),
    );
    raw.close();
  });

  test('names the process that holds the file', async () => {
    await open();
    expect((await failure(() => open())).message).toBe(
      `The database ${path} is in use by process ${process.pid} since 2026-11-23T00:00:00.000Z: ` +
        'stop that one, or name another file in `store.url`.',
    );
  });

  test('takes over the lock file of a process that died', async () => {
    await fill(1);
    writeFileSync(`${path}.lock`, '{"pid":1,"sinceMs":5}');
    await open();
    expect(JSON.parse(readFileSync(`${path}.lock`, 'utf8')).pid).toBe(process.pid);
  });

  test('says so when the lock is held by a program without a lock file', async () => {
    await fill(1);
    const raw = new SqliteDatabase(path);
    raw.exec('begin exclusive');
    expect((await failure(() => open())).message).toMatch(/in use by another process: stop that one/);
    raw.close();
  });

  test('refuses a file that is no database and leaves it as it is', async () => {
    const text = 'orders,customers\n'.repeat(300);
    const file = join(dir, 'list.csv');
    writeFileSync(file, text);
    expect((await failure(() => open(file))).message).toBe(
      `The file ${file} is not a database: move it away, or name another file in \`store.url\`.`,
    );
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('refuses the database of another program and leaves it as it is', async () => {
    const file = join(dir, 'other.db');
    const raw = new SqliteDatabase(file);
    raw.exec('create table bookmarks (url text)');
    raw.close();
    const before = readFileSync(file);
    expect((await failure(() => open(file))).message).toMatch(/belongs to another program/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('refuses the schema of a newer version', async () => {
    await fill(1);
    const raw = new SqliteDatabase(path);
    raw.exec("insert into schema_migrations values (99, 'from the future', 1)");
    raw.close();
    expect((await failure(() => open())).message).toContain(
      `newer Portcullis (schema 99, this one knows ${MIGRATIONS.length}): run`,
    );
  });

  test('refuses a damaged file at open', async () => {
    await fill(200);
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 2 * 4096, 6 * 4096);
    writeFileSync(path, bytes);
    expect((await failure(() => open())).message).toMatch(/is damaged: stop the gateway, move the file away/);
  });

  test('refuses a truncated file at open', async () => {
    await fill(200);
    writeFileSync(path, readFileSync(path).subarray(0, 3 * 4096 + 100));
    expect((await failure(() => open())).message).toMatch(/is damaged/);
  });

  test.each([
    '',
    '[]',
    'null',
    '{"apis":["orders"]}',
    '{"apis":"orders","endpoints":[],"methods":[]}',
    '{"ap',
  ])('reports a grant that reads %j as damage', async (grant) => {
    await fill(1);
    const raw = new SqliteDatabase(path);
    raw.prepare('update api_keys set limited_to = ?').run(grant);
    raw.close();
    const database = await open();
    expect((await failure(() => database.keys.find('k0'))).message).toMatch(
      /is damaged.*key k0 cannot be read/,
    );
    await failure(() => database.keys.list());
  });

  test('reports damage that SQLite only notices when it reads the page', async () => {
    await fill(200);
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096, bytes.length);
    writeFileSync(path, bytes);
    // Opened without the check, as if the damage had come later.
    const raw = new SqliteDatabase(path);
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: raw }) });
    const keys = sqlKeyStore(connection(path, 'sqlite', db, (error) => explainSqlite(path, error)));
    expect((await failure(() => keys.list())).message).toMatch(/is damaged: stop the gateway/);
    expect((await failure(() => keys.create(keyRecord('new')))).message).toMatch(
      /is damaged: stop the gateway/,
    );
    raw.close();
  });

  test.each([
    ['a folder', () => dir, /cannot be opened: `store.url` must name a file/],
    [
      'a path through a file',
      () => {
        writeFileSync(join(dir, 'file'), '');
        return join(dir, 'file', 'portcullis.db');
      },
      /cannot be opened: `store.url` must name a file in a folder/,
    ],
  ])('refuses %s', async (_, at, sentence) => {
    expect((await failure(() => open(at()))).message).toMatch(sentence);
  });

  test.runIf(process.getuid?.() === 0)('says that a folder cannot be written', async () => {
    const locked = join(dir, 'locked');
    mkdirSync(locked);
    chmodSync(dir, 0o755);
    process.seteuid?.('nobody');
    try {
      expect((await failure(() => open(join(locked, 'portcullis.db')))).message).toMatch(
        /cannot be written: give this user the right to write the file and its folder/,
      );
    } finally {
      process.seteuid?.(0);
    }
  });

  test('says so when it is used after closing', async () => {
    const database = await open();
    await close(database);
    expect((await failure(() => database.keys.list())).message).toMatch(/was closed/);
  });
});
