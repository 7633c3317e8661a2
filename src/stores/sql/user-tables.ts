import type { Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/** The schema step of users, their recovery codes and their accounts at other providers. */
export async function createUsers(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_key', 'text', (column) => column.notNull().unique())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('email_verified', 'integer', (column) => column.notNull())
    .addColumn('display_name', 'text', (column) => column.notNull())
    .addColumn('roles', 'text', (column) => column.notNull())
    .addColumn('attributes', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('totp_secret', 'text', (column) => column.notNull())
    .addColumn('totp_step', 'bigint', (column) => column.notNull())
    .addColumn('totp_required', 'integer', (column) => column.notNull())
    .addColumn('failed_attempts', 'bigint', (column) => column.notNull())
    .addColumn('paused_until_ms', 'bigint', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('disabled_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('credentials_changed_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_login_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('user_recovery_codes')
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('user_recovery_codes_key', ['user_id', 'hash'])
    .execute();
  await db.schema
    .createTable('user_links')
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('user_links_key', ['issuer', 'subject'])
    .execute();
  await db.schema.createIndex('user_links_by_user').on('user_links').column('user_id').execute();
}
