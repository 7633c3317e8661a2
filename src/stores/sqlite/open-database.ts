import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Unavailable } from '../../core/errors.ts';
import type { NoticeStore } from '../../core/notices.ts';
import type { Clock } from '../../core/ports.ts';
import type { DecisionStore, KeyStore, UsageStore } from '../../core/records.ts';
import type { UserStore } from '../../core/users.ts';
import { connection } from './connection.ts';
import { type DecisionBounds, sqliteDecisionStore } from './decision-store.ts';
import { asUnavailable, DATABASE, damaged } from './failures.ts';
import { sqliteKeyStore } from './key-store.ts';
import { MIGRATIONS, migrate, schemaVersion } from './migrations.ts';
import { findHolder, removeNameTag, saveNameTag } from './name-tag.ts';
import { sqliteNoticeStore } from './notice-store.ts';
import type { Tables } from './tables.ts';
import { sqliteUsageStore } from './usage-store.ts';
import { sqlUserStore } from './user-store.ts';

export interface DatabaseOptions {
  readonly path: string;
  readonly clock: Clock;
  /** How long to wait for another process to let go of the file. */
  readonly busyTimeoutMs?: number;
  readonly decisions?: Partial<DecisionBounds>;
}

/** The embedded database, held by this process alone until it is closed. */
export interface Database {
  readonly path: string;
  readonly keys: KeyStore;
  readonly usage: UsageStore;
  readonly decisions: DecisionStore;
  readonly notices: NoticeStore;
  readonly users: UserStore;
  close(): Promise<void>;
}

/** `PGWY` in ASCII: tells our files from those of other programs. */
const APPLICATION_ID = 0x50475759;
const DAY_MS = 86_400_000;
const DEFAULT_BOUNDS: DecisionBounds = { maxCount: 100_000, maxAgeMs: 30 * DAY_MS };

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
  if (found !== 'ok') throw damaged(path, String(found).split('\n')[0] as string);
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

async function prepareSchema(path: string, db: Kysely<Tables>, nowMs: number): Promise<void> {
  const version = await schemaVersion(db);
  if (version > MIGRATIONS.length) {
    throw new Unavailable(
      DATABASE,
      `The database ${path} was written by a newer Portcullis (schema ${version}, this one knows ` +
        `${MIGRATIONS.length}): run that version again, or restore a backup from before the upgrade.`,
    );
  }
  await migrate(db, version, nowMs);
}

async function heldDecisions(db: Kysely<Tables>): Promise<{ count: number; lastSeq: number }> {
  const row = await db
    .selectFrom('decisions')
    .select((eb) => [eb.fn.countAll().as('count'), eb.fn.max('seq').as('lastSeq')])
    .executeTakeFirst();
  return { count: Number(row?.count ?? 0), lastSeq: Number(row?.lastSeq ?? 0) };
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
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (!isMainThread) throw new Error('The database is opened in the main thread only.');
  const path = resolve(options.path);
  let raw: SqliteDatabase.Database | null = null;
  try {
    createFile(path);
    raw = openFile(path, options.busyTimeoutMs ?? 2000);
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: raw }) });
    await prepareSchema(path, db, options.clock.nowMs());
    const open = connection(path, db);
    const bounds = { ...DEFAULT_BOUNDS, ...options.decisions };
    const decisions = sqliteDecisionStore(open, bounds, await heldDecisions(db));
    saveNameTag(path, options.clock.nowMs());
    return {
      path,
      keys: sqliteKeyStore(open),
      usage: sqliteUsageStore(open),
      decisions,
      notices: sqliteNoticeStore(open),
      users: sqlUserStore(open),
      close: async () => {
        removeNameTag(path);
        await db.destroy();
      },
    };
  } catch (error) {
    raw?.close();
    throw withHolder(path, asUnavailable(path, error));
  }
}
