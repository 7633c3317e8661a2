import type { Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/** The tables of the authorization server. */
export async function createOauth(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('oauth_clients')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('class', 'text', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('disabled_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('oauth_keys')
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('kid', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('active_from_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('oauth_keys_primary', ['purpose', 'generation'])
    .execute();
  await createArtifacts(db);
}

async function createArtifacts(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('oauth_artifacts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('grant_ref', 'text', (column) => column.notNull())
    .addColumn('alias', 'text', (column) => column.notNull())
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('client', 'text', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('consumed_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  for (const column of ['grant_ref', 'alias', 'account', 'client', 'expires_at_ms'] as const) {
    await db.schema
      .createIndex(`oauth_artifacts_by_${column}`)
      .on('oauth_artifacts')
      .column(column)
      .execute();
  }
}
