import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Unavailable } from '../../core/errors.ts';
import { type Connection, connection } from './connection.ts';
import { DATABASE } from './failures.ts';
import { prepareSchema } from './migrations.ts';
import { findHolder, removeNameTag, saveNameTag } from './name-tag.ts';
import { explainSqlite } from './sqlite-failures.ts';
import type { Tables } from './tables.ts';

/** The embedded database, held by this process alone until it is closed. */
export interface SqliteConnection extends Connection {
  close(): Promise<void>;
}

/** `PGWY` in ASCII: tells our files from those of other programs. */
const APPLICATION_ID = 0x50475759;

/** Makes the file if there is none, so that only its owner can read it and what SQLite puts beside it. */
function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Never open a file that exists: closing it again would drop the locks that this process may hold on it.
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
}

function refuseForeign(path: string, raw: SqliteDatabase.Database): void {
  if (raw.pragma('application_id', { simple: true }) === APPLICATION_ID) return;
  const { tables } = raw.prepare('select count(*) as tables from sqlite_master').get() as { tables: number };
  if (tables === 0) return;
  throw new Unavailable(
    DATABASE,
    `The database ${path} belongs to another program: name another file in \`store.url\`.`,
  );
}

function quickCheck(path: string, raw: SqliteDatabase.Database): void {
  const found = raw.pragma('quick_check(1)', { simple: true });
  if (found === 'ok') return;
  const what = String(found).split('\n')[0] as string;
  throw new Unavailable(
    DATABASE,
    `The database ${path} is damaged: stop the gateway, move the file away and restore it from a backup (${what}).`,
  );
}

/**
 * Opens the file for this process alone.
 *
 * Safety: the lock is SQLite's own, on the file itself: the system drops it when the process dies, however it
 * dies, so there are no stale locks and no race for taking one over. Full synchronisation: a commit that was
 * acknowledged survives the loss of power.
 */
function openFile(path: string, busyTimeoutMs: number): SqliteDatabase.Database {
  const raw = new SqliteDatabase(path, { timeout: busyTimeoutMs });
  try {
    raw.pragma('locking_mode = EXCLUSIVE');
    raw.pragma('trusted_schema = OFF');
    raw.pragma('cell_size_check = ON');
    refuseForeign(path, raw);
    raw.pragma('journal_mode = WAL');
    raw.pragma('synchronous = FULL');
    raw.pragma('fullfsync = ON');
    raw.pragma('foreign_keys = ON');
    raw.pragma('journal_size_limit = 67108864');
    quickCheck(path, raw);
    raw.pragma(`application_id = ${APPLICATION_ID}`);
    return raw;
  } catch (error) {
    raw.close();
    throw error;
  }
}

/** Says who holds the file, where the lock file tells. */
function withHolder(path: string, failure: unknown): unknown {
  const isBusy = failure instanceof Unavailable && failure.message.includes('in use by another process');
  const holder = isBusy ? findHolder(path) : null;
  if (holder === null) return failure;
  return new Unavailable(
    DATABASE,
    `The database ${path} is in use by process ${holder.pid} since ${new Date(holder.sinceMs).toISOString()}: ` +
      'stop that one, or name another file in `store.url`.',
    { cause: failure },
  );
}

/**
 * Opens the embedded database and brings its schema up to date.
 *
 * Errors: Unavailable for a damaged, foreign, newer or locked file and for a folder that cannot be written.
 */
export async function openSqlite(
  file: string,
  busyTimeoutMs: number,
  nowMs: number,
): Promise<SqliteConnection> {
  const path = resolve(file);
  let raw: SqliteDatabase.Database | null = null;
  try {
    createFile(path);
    raw = openFile(path, busyTimeoutMs);
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: raw }) });
    const open = connection(path, 'sqlite', db, (error) => explainSqlite(path, error));
    await prepareSchema(open, nowMs);
    saveNameTag(path, nowMs);
    return {
      ...open,
      close: async () => {
        removeNameTag(path);
        await db.destroy();
      },
    };
  } catch (error) {
    raw?.close();
    throw withHolder(path, explainSqlite(path, error));
  }
}
