import type { Transaction } from 'kysely';
import type { Tables } from './tables.ts';

async function createBypasses(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('waf_bypasses')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('network', 'text', (column) => column.notNull())
    .addColumn('rule_id', 'bigint', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('parameter', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('requested_by', 'text', (column) => column.notNull())
    .addColumn('approver', 'text', (column) => column.notNull())
    .addColumn('is_proven', 'integer', (column) => column.notNull())
    .addColumn('life_ms', 'bigint', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('approved_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('ended_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('ended_by', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('waf_bypass_uses')
    .addColumn('bypass_id', 'text', (column) => column.primaryKey())
    .addColumn('requests', 'bigint', (column) => column.notNull())
    .addColumn('would_block', 'bigint', (column) => column.notNull())
    .addColumn('last_at_ms', 'bigint', (column) => column.notNull())
    .execute();
}

async function createRules(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('waf_rule_sets')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('first_loaded_at_ms', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('waf_rules')
    .addColumn('record_id', 'text', (column) => column.primaryKey())
    .addColumn('rule_id', 'bigint', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('rule_set', 'text', (column) => column.notNull())
    .addColumn('category', 'text', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('first_seen_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('tried_ms', 'bigint', (column) => column.notNull())
    .addColumn('counted_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('trial_ms', 'bigint', (column) => column.notNull())
    .addColumn('decided_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('decided_by', 'text', (column) => column.notNull())
    .execute();
}

async function createActivity(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('waf_rule_hours')
    .addColumn('hour_ms', 'bigint', (column) => column.notNull())
    .addColumn('category', 'text', (column) => column.notNull())
    .addColumn('rule_id', 'bigint', (column) => column.notNull())
    .addColumn('matches', 'bigint', (column) => column.notNull())
    .addColumn('blocks', 'bigint', (column) => column.notNull())
    .addColumn('would_blocks', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('waf_rule_hours_key', ['hour_ms', 'category', 'rule_id'])
    .execute();
  await db.schema
    .createTable('waf_false_positives')
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('rule_id', 'bigint', (column) => column.notNull())
    .addColumn('category', 'text', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('was_blocked', 'integer', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('variable', 'text', (column) => column.notNull())
    .addColumn('confirmed_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('confirmed_by', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('waf_false_positives_key', ['request_id', 'rule_id'])
    .execute();
}

/** The tables of what is kept about rules. */
export async function createWaf(db: Transaction<Tables>): Promise<void> {
  await createBypasses(db);
  await createRules(db);
  await createActivity(db);
}
