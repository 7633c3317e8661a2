import type { Kysely, Selectable, Transaction } from 'kysely';
import type {
  ActionDriver,
  AdaptiveAction,
  AdaptiveActions,
  AdaptiveKind,
} from '../../core/adaptive-actions.ts';
import type { Connection } from './connection.ts';
import { damaged } from './failures.ts';
import type { Tables } from './tables.ts';

type Row = Selectable<Tables['adaptive_actions']>;

/** Rows that one statement writes. */
const BATCH = 50;
const MOST_LISTED = 10_000;
/** Scores are kept as whole numbers. */
const SCALE = 1_000;

/** Makes the table; a step of the schema. */
export async function createAdaptiveActions(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('adaptive_actions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('client', 'text', (column) => column.notNull())
    .addColumn('is_address', 'integer', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('since_ms', 'bigint', (column) => column.notNull())
    .addColumn('until_ms', 'bigint', (column) => column.notNull())
    .addColumn('mode', 'text', (column) => column.notNull())
    .addColumn('share_thousandths', 'integer', (column) => column.notNull())
    .addColumn('score_thousandths', 'integer', (column) => column.notNull())
    .addColumn('drivers', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('adaptive_actions_by_time').on('adaptive_actions').column('at_ms').execute();
}

function rowOf(action: AdaptiveAction): Row {
  return {
    id: action.id,
    kind: action.kind,
    client: action.client,
    is_address: action.isAddress ? 1 : 0,
    at_ms: action.atMs,
    since_ms: action.sinceMs,
    until_ms: action.untilMs,
    mode: action.mode,
    share_thousandths: Math.round(action.share * SCALE),
    score_thousandths: Math.round(action.score * SCALE),
    drivers: JSON.stringify(action.drivers),
  };
}

function actionOf(connection: Connection, row: Row): AdaptiveAction {
  return {
    id: row.id,
    kind: row.kind as AdaptiveKind,
    client: row.client,
    isAddress: Number(row.is_address) === 1,
    atMs: Number(row.at_ms),
    sinceMs: Number(row.since_ms),
    untilMs: Number(row.until_ms),
    mode: row.mode === 'enforce' ? 'enforce' : 'observe',
    share: Number(row.share_thousandths) / SCALE,
    score: Number(row.score_thousandths) / SCALE,
    drivers: parseDrivers(connection, row),
  };
}

function parseDrivers(connection: Connection, row: Row): ActionDriver[] {
  try {
    return JSON.parse(row.drivers) as ActionDriver[];
  } catch {
    throw damaged(connection.name, `adaptive action ${row.id} cannot be read`);
  }
}

async function prune(db: Kysely<Tables>, beforeMs: number, keep: number): Promise<void> {
  await db.deleteFrom('adaptive_actions').where('at_ms', '<', beforeMs).execute();
  const oldest = await db
    .selectFrom('adaptive_actions')
    .select('at_ms')
    .orderBy('at_ms', 'desc')
    .offset(keep)
    .limit(1)
    .executeTakeFirst();
  if (oldest !== undefined)
    await db.deleteFrom('adaptive_actions').where('at_ms', '<=', oldest.at_ms).execute();
}

/** The actions of adaptive limits in the database. */
export function sqlAdaptiveActions(connection: Connection): AdaptiveActions {
  return {
    add: (actions) =>
      connection.query(async (db) => {
        for (let at = 0; at < actions.length; at += BATCH) {
          const rows = actions.slice(at, at + BATCH).map(rowOf);
          await db
            .insertInto('adaptive_actions')
            .values(rows)
            .onConflict((conflict) => conflict.column('id').doNothing())
            .execute();
        }
      }),

    list: (fromMs, toMs, limit = MOST_LISTED) =>
      connection.query(async (db) => {
        const rows = await db
          .selectFrom('adaptive_actions')
          .selectAll()
          .where('at_ms', '>=', fromMs)
          .where('at_ms', '<', toMs)
          .orderBy('at_ms', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .execute();
        return rows.reverse().map((row) => actionOf(connection, row));
      }),

    prune: (beforeMs, keep) => connection.query((db) => prune(db, beforeMs, keep)),
  };
}
