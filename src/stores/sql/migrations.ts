import { sql, type Transaction } from 'kysely';
import { Unavailable } from '../../core/errors.ts';
import { createAdaptiveActions } from './adaptive-action-store.ts';
import type { Connection, DialectName } from './connection.ts';
import { DATABASE } from './failures.ts';
import { createLimitActivity } from './limit-activity-store.ts';
import { createOauth } from './oauth-schema.ts';
import type { Tables } from './tables.ts';
import { createUsers } from './user-tables.ts';
import { createWaf } from './waf-tables.ts';

/** One step of the schema; its number is its position in the list, counted from 1. */
interface Migration {
  readonly name: string;
  up(db: Transaction<Tables>, dialect: DialectName): Promise<void>;
}

async function createKeys(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('api_keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('prefix', 'text', (column) => column.notNull())
    .addColumn('salt', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('roles', 'text', (column) => column.notNull())
    .addColumn('tier', 'text', (column) => column.notNull())
    .addColumn('limited_to', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('key_usage')
    .addColumn('key_id', 'text', (column) =>
      column.primaryKey().references('api_keys.id').onDelete('cascade'),
    )
    .addColumn('requests', 'bigint', (column) => column.notNull())
    .addColumn('errors', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at_ms', 'bigint', (column) => column.notNull())
    .execute();
}

async function createDecisions(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('decisions')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('effect', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('api', 'text', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('decisions_by_id').on('decisions').column('id').execute();
}

async function createNotices(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('notices')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('dedupe_key', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('announce_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('notices_once', ['kind', 'dedupe_key'])
    .execute();
  await db.schema.createIndex('notices_by_age').on('notices').column('created_at_ms').execute();
  await db.schema
    .createTable('notice_deliveries')
    .addColumn('notice_id', 'text', (column) => column.notNull().references('notices.id').onDelete('cascade'))
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('error', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('notice_deliveries_key', ['notice_id', 'target'])
    .execute();
  await db.schema
    .createIndex('notice_deliveries_due')
    .on('notice_deliveries')
    .columns(['state', 'next_at_ms'])
    .execute();
}

/** From now on the database numbers decisions, because several gateways may write them. */
async function numberDecisions(db: Transaction<Tables>, dialect: DialectName): Promise<void> {
  // SQLite numbers the rows of a table whose key is `integer`, PostgreSQL those whose key is `bigserial`.
  await db.schema.alterTable('decisions').renameTo('decisions_before').execute();
  await db.schema.dropIndex('decisions_by_id').execute();
  await db.schema
    .createTable('decisions')
    .addColumn('seq', dialect === 'sqlite' ? 'integer' : 'bigserial', (column) => column.primaryKey())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('effect', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('api', 'text', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .execute();
  const columns = sql.raw('id, at_ms, effect, reason, api, record');
  await sql`insert into decisions (${columns}) select ${columns} from decisions_before order by seq`.execute(
    db,
  );
  await db.schema.dropTable('decisions_before').execute();
  await db.schema.createIndex('decisions_by_id').on('decisions').column('id').execute();
}

/** Keys from before are those of partners: replaced by hand. */
async function extendKeys(db: Transaction<Tables>): Promise<void> {
  const texts = {
    kind: 'partner',
    client_id: '',
    own_limits: '',
    predecessor_id: '',
    successor_id: '',
    delivery: '',
  };
  for (const [name, value] of Object.entries(texts)) {
    await db.schema
      .alterTable('api_keys')
      .addColumn(name, 'text', (column) => column.notNull().defaultTo(value))
      .execute();
  }
  for (const name of ['rotated_at_ms', 'rotate_every_days', 'next_rotation_at_ms']) {
    await db.schema
      .alterTable('api_keys')
      .addColumn(name, 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
  }
}

async function createChanges(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('change_counter')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('last', 'bigint', (column) => column.notNull())
    .execute();
  await db.insertInto('change_counter').values({ name: 'changes', last: 0 }).execute();
  await db.schema
    .createTable('changes')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('nodes')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('applied', 'bigint', (column) => column.notNull())
    .addColumn('lease_ms', 'bigint', (column) => column.notNull())
    .addColumn('beats', 'bigint', (column) => column.notNull())
    .addColumn('beat_at_ms', 'bigint', (column) => column.notNull())
    .execute();
}

async function countActivity(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .alterTable('key_usage')
    .addColumn('total_us', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createTable('key_latency')
    .addColumn('key_id', 'text', (column) => column.notNull().references('api_keys.id').onDelete('cascade'))
    .addColumn('bucket', 'integer', (column) => column.notNull())
    .addColumn('requests', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('key_latency_key', ['key_id', 'bucket'])
    .execute();
  await db.schema
    .createTable('key_activity')
    .addColumn('key_id', 'text', (column) => column.notNull().references('api_keys.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('requests', 'bigint', (column) => column.notNull())
    .addColumn('first_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('key_activity_key', ['key_id', 'kind', 'value'])
    .execute();
}

async function createTokenRevocations(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('token_revocations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('before_ms', 'bigint', (column) => column.notNull())
    .addColumn('until_ms', 'bigint', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute();
}

async function createLimitExceptions(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('limit_exceptions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('change', 'text', (column) => column.notNull())
    .addColumn('api', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('limit_id', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('approved_by', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .execute();
}

/**
 * THE LIST of schema steps. Append only: a step that was released never changes.
 *
 * Shape: columns are `text`, `integer` and `bigint`, which mean the same in every database.
 */
export const MIGRATIONS: readonly Migration[] = [
  { name: 'api keys and their usage', up: createKeys },
  { name: 'recent decisions', up: createDecisions },
  { name: 'notices and their deliveries', up: createNotices },
  { name: 'users', up: createUsers },
  { name: 'decisions number themselves', up: numberDecisions },
  { name: 'kinds, limits and rotation of keys', up: extendKeys },
  { name: 'changes and gateways', up: createChanges },
  { name: 'authorization server', up: createOauth },
  { name: 'latency and activity of keys', up: countActivity },
  { name: 'revocations of tokens', up: createTokenRevocations },
  { name: 'what limits did', up: createLimitActivity },
  { name: 'actions of adaptive limits', up: createAdaptiveActions },
  { name: 'exceptions from limits', up: createLimitExceptions },
  { name: 'governance of rules', up: createWaf },
];

/** `PGWY` in ASCII: which of the locks that applications may take in a PostgreSQL database is that of the schema. */
const SCHEMA_LOCK = 0x50475759;

/** The version of the schema in the database; 0 for an empty one. */
async function schemaVersion(db: Transaction<Tables>): Promise<number> {
  await db.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('version', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('applied_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  const row = await db
    .selectFrom('schema_migrations')
    .select((eb) => eb.fn.max('version').as('version'))
    .executeTakeFirst();
  return Number(row?.version ?? 0);
}

/**
 * Brings the schema up to date, in one transaction: all steps that are missing, or none.
 *
 * Safety: PostgreSQL lets one gateway at a time in here, until its transaction ends; a SQLite file is held by one
 * process anyway.
 * Errors: Unavailable for a database that a newer version has changed.
 */
export async function prepareSchema(
  { name, dialect, transaction }: Connection,
  nowMs: number,
): Promise<void> {
  await transaction(async (tx) => {
    if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${SCHEMA_LOCK})`.execute(tx);
    const version = await schemaVersion(tx);
    if (version > MIGRATIONS.length) {
      throw new Unavailable(
        DATABASE,
        `The database ${name} was written by a newer Portcullis (schema ${version}, this one knows ` +
          `${MIGRATIONS.length}): run that version again, or restore a backup from before the upgrade.`,
      );
    }
    for (let at = version; at < MIGRATIONS.length; at++) {
      const migration = MIGRATIONS[at] as Migration;
      await migration.up(tx, dialect);
      await tx
        .insertInto('schema_migrations')
        .values({ version: at + 1, name: migration.name, applied_at_ms: nowMs })
        .execute();
    }
  });
}
