import type { Insertable, Kysely, Transaction } from 'kysely';
import {
  LIMIT_HOURS_KEPT_DAYS,
  type LimitActivityStore,
  type LimitedKind,
  type LimitedRequests,
  type LimitHour,
  MAX_LIMITED_PER_HOUR,
} from '../../core/limit-activity.ts';
import { DAY_MS } from '../../lib/time/day.ts';
import { type Connection, piecesOf } from './connection.ts';
import type { Tables } from './tables.ts';

const PIECE = 100;
const MAX_TEXT = 256;

type Row = Insertable<Tables['limited_requests']>;

/** The two tables of what limits did. */
export async function createLimitActivity(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable('limit_hours')
    .addColumn('hour_ms', 'bigint', (column) => column.primaryKey())
    .addColumn('requests', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('limited_requests')
    .addColumn('hour_ms', 'bigint', (column) => column.notNull())
    .addColumn('tier', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('client', 'text', (column) => column.notNull())
    .addColumn('limit_label', 'text', (column) => column.notNull())
    .addColumn('refused', 'bigint', (column) => column.notNull())
    .addColumn('observed', 'bigint', (column) => column.notNull())
    .addColumn('last_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('limited_requests_key', ['hour_ms', 'tier', 'kind', 'client', 'limit_label'])
    .execute();
}

const keyOf = ({ tier, kind, client, limit_label }: Row): string =>
  JSON.stringify([tier, kind, client, limit_label]);

function rowOf(hourMs: number, limited: LimitedRequests): Row {
  return {
    hour_ms: hourMs,
    tier: limited.tier.slice(0, MAX_TEXT),
    kind: limited.kind,
    client: limited.client.slice(0, MAX_TEXT),
    limit_label: limited.limit.slice(0, MAX_TEXT),
    refused: limited.refused,
    observed: limited.observed,
    last_at_ms: limited.lastAtMs,
  };
}

/** Adds up rows of one key: a statement may touch a row only once. In one order, so that gateways never wait for each other. */
function sumRows(rows: readonly Row[]): Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const sum = sums.get(keyOf(row));
    if (sum === undefined) sums.set(keyOf(row), row);
    else
      sums.set(keyOf(row), {
        ...sum,
        refused: Number(sum.refused) + Number(row.refused),
        observed: Number(sum.observed) + Number(row.observed),
        last_at_ms: Math.max(Number(sum.last_at_ms), Number(row.last_at_ms)),
      });
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** Puts what finds no place in its hour any more together under no client. */
async function withinBounds(tx: Transaction<Tables>, hourMs: number, rows: readonly Row[]): Promise<Row[]> {
  const { count } = await tx
    .selectFrom('limited_requests')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('hour_ms', '=', hourMs)
    .executeTakeFirstOrThrow();
  if (Number(count) + rows.length <= MAX_LIMITED_PER_HOUR) return [...rows];
  const kept = await tx.selectFrom('limited_requests').selectAll().where('hour_ms', '=', hourMs).execute();
  const known = new Set(kept.map(keyOf));
  let room = Math.max(0, MAX_LIMITED_PER_HOUR - known.size);
  return sumRows(
    rows.map((row) => (known.has(keyOf(row)) || room-- > 0 ? row : { ...row, kind: '', client: '' })),
  );
}

async function addHour(tx: Transaction<Tables>, { hourMs, requests, limited }: LimitHour): Promise<void> {
  await tx
    .insertInto('limit_hours')
    .values({ hour_ms: hourMs, requests })
    .onConflict((conflict) =>
      conflict.column('hour_ms').doUpdateSet((eb) => ({
        requests: eb('limit_hours.requests', '+', eb.ref('excluded.requests')),
      })),
    )
    .execute();
  if (limited.length === 0) return;
  const rows = await withinBounds(tx, hourMs, sumRows(limited.map((each) => rowOf(hourMs, each))));
  for (const piece of piecesOf(rows, PIECE)) await upsert(tx, piece);
}

async function upsert(tx: Transaction<Tables>, rows: readonly Row[]): Promise<void> {
  await tx
    .insertInto('limited_requests')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(['hour_ms', 'tier', 'kind', 'client', 'limit_label']).doUpdateSet((eb) => ({
        refused: eb('limited_requests.refused', '+', eb.ref('excluded.refused')),
        observed: eb('limited_requests.observed', '+', eb.ref('excluded.observed')),
        last_at_ms: eb
          .case()
          .when('limited_requests.last_at_ms', '>', eb.ref('excluded.last_at_ms'))
          .then(eb.ref('limited_requests.last_at_ms'))
          .else(eb.ref('excluded.last_at_ms'))
          .end(),
      })),
    )
    .execute();
}

async function listHours(db: Kysely<Tables>, fromMs: number, toMs: number): Promise<LimitHour[]> {
  const hours = await db
    .selectFrom('limit_hours')
    .selectAll()
    .where('hour_ms', '>=', fromMs)
    .where('hour_ms', '<', toMs)
    .orderBy('hour_ms')
    .execute();
  const rows = await db
    .selectFrom('limited_requests')
    .selectAll()
    .where('hour_ms', '>=', fromMs)
    .where('hour_ms', '<', toMs)
    .execute();
  const byHour = new Map<number, LimitedRequests[]>(hours.map(({ hour_ms }) => [Number(hour_ms), []]));
  for (const row of rows)
    byHour.get(Number(row.hour_ms))?.push({
      tier: row.tier,
      kind: row.kind as LimitedKind,
      client: row.client,
      limit: row.limit_label,
      refused: Number(row.refused),
      observed: Number(row.observed),
      lastAtMs: Number(row.last_at_ms),
    });
  return hours.map(({ hour_ms, requests }) => ({
    hourMs: Number(hour_ms),
    requests: Number(requests),
    limited: byHour.get(Number(hour_ms)) ?? [],
  }));
}

/** What limits did, by hour, in the database. */
export function sqlLimitActivityStore(connection: Connection): LimitActivityStore {
  return {
    addHours: (hours) =>
      hours.length === 0
        ? Promise.resolve()
        : connection.transaction(async (tx) => {
            for (const hour of hours) await addHour(tx, hour);
          }),

    listHours: (fromMs, toMs) => connection.query((db) => listHours(db, fromMs, toMs)),

    pruneHours: (nowMs) =>
      connection.query(async (db) => {
        const beforeMs = nowMs - LIMIT_HOURS_KEPT_DAYS * DAY_MS;
        await db.deleteFrom('limited_requests').where('hour_ms', '<', beforeMs).execute();
        await db.deleteFrom('limit_hours').where('hour_ms', '<', beforeMs).execute();
      }),
  };
}
