import type { Kysely, Selectable } from 'kysely';
import type {
  DueDelivery,
  NoticeDelivery,
  NoticeKind,
  NoticePayload,
  NoticeRecord,
  NoticeStore,
} from '../../core/notices.ts';
import type { Connection } from './connection.ts';
import { damaged } from './failures.ts';
import type { Tables } from './tables.ts';

type NoticeRow = Selectable<Tables['notices']>;
type DeliveryRow = Selectable<Tables['notice_deliveries']>;

/** Notices and copies that one round takes at most. */
const ROUND = 100;
const MAX_ERROR_CHARS = 300;

const deliveryOf = (row: DeliveryRow): NoticeDelivery => ({
  target: row.target,
  state: row.state as NoticeDelivery['state'],
  attempts: Number(row.attempts),
  atMs: Number(row.next_at_ms),
  error: row.error,
});

async function withDeliveries(
  connection: Connection,
  db: Kysely<Tables>,
  rows: readonly NoticeRow[],
): Promise<NoticeRecord[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const copies = await db
    .selectFrom('notice_deliveries')
    .selectAll()
    .where('notice_id', 'in', ids)
    .orderBy('target')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as NoticeKind,
    dedupeKey: row.dedupe_key,
    payload: parsePayload(connection, row),
    createdAtMs: Number(row.created_at_ms),
    deliveries: copies.filter(({ notice_id }) => notice_id === row.id).map(deliveryOf),
  }));
}

function parsePayload(connection: Connection, row: NoticeRow): NoticePayload {
  try {
    return JSON.parse(row.payload) as NoticePayload;
  } catch {
    throw damaged(connection.name, `notice ${row.id} cannot be read`);
  }
}

async function add(db: Kysely<Tables>, record: Omit<NoticeRecord, 'deliveries'>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('notices')
    .values({
      id: record.id,
      kind: record.kind,
      dedupe_key: record.dedupeKey,
      payload: JSON.stringify(record.payload),
      created_at_ms: record.createdAtMs,
      announce_at_ms: record.createdAtMs,
    })
    .onConflict((conflict) => conflict.columns(['kind', 'dedupe_key']).doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows) > 0;
}

/** Safety: of two gateways that see the same row, the one whose update finds it unchanged has it. */
async function claimNew(db: Kysely<Tables>, nowMs: number, untilMs: number): Promise<NoticeRow[]> {
  const rows = await db
    .selectFrom('notices')
    .selectAll()
    .where('announce_at_ms', '>', 0)
    .where('announce_at_ms', '<=', nowMs)
    .orderBy('created_at_ms')
    .limit(ROUND)
    .execute();
  const claimed: NoticeRow[] = [];
  for (const row of rows) {
    const { numUpdatedRows } = await db
      .updateTable('notices')
      .set({ announce_at_ms: untilMs })
      .where('id', '=', row.id)
      .where('announce_at_ms', '=', row.announce_at_ms)
      .executeTakeFirst();
    if (Number(numUpdatedRows) === 1) claimed.push(row);
  }
  return claimed;
}

async function announce(db: Kysely<Tables>, id: string, targets: readonly string[], nowMs: number) {
  await db.transaction().execute(async (tx) => {
    await tx.updateTable('notices').set({ announce_at_ms: 0 }).where('id', '=', id).execute();
    if (targets.length === 0) return;
    const rows = targets.map((target) => ({
      notice_id: id,
      target,
      state: 'pending',
      attempts: 0,
      next_at_ms: nowMs,
      error: '',
    }));
    await tx
      .insertInto('notice_deliveries')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['notice_id', 'target']).doNothing())
      .execute();
  });
}

async function due(
  connection: Connection,
  db: Kysely<Tables>,
  targets: readonly string[],
  nowMs: number,
): Promise<DueDelivery[]> {
  if (targets.length === 0) return [];
  const copies = await db
    .selectFrom('notice_deliveries')
    .selectAll()
    .where('state', '=', 'pending')
    .where('target', 'in', targets)
    .where('next_at_ms', '<=', nowMs)
    .orderBy('next_at_ms')
    .limit(ROUND)
    .execute();
  if (copies.length === 0) return [];
  const ids = [...new Set(copies.map(({ notice_id }) => notice_id))];
  const rows = await db.selectFrom('notices').selectAll().where('id', 'in', ids).execute();
  const notices = new Map((await withDeliveries(connection, db, rows)).map((notice) => [notice.id, notice]));
  return copies.flatMap(({ notice_id, target, attempts, next_at_ms }) => {
    const notice = notices.get(notice_id);
    const found = { target, attempts: Number(attempts), nextAtMs: Number(next_at_ms) };
    return notice === undefined ? [] : [{ notice, ...found }];
  });
}

async function claim(
  db: Kysely<Tables>,
  { notice, target, nextAtMs }: DueDelivery,
  untilMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('notice_deliveries')
    .set((eb) => ({ next_at_ms: untilMs, attempts: eb('attempts', '+', 1) }))
    .where('notice_id', '=', notice.id)
    .where('target', '=', target)
    .where('state', '=', 'pending')
    .where('next_at_ms', '=', nextAtMs)
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

async function prune(db: Kysely<Tables>, beforeMs: number, nowMs: number): Promise<void> {
  await db.deleteFrom('notices').where('created_at_ms', '<', beforeMs).execute();
  const abandonedMs = nowMs - 7 * 86_400_000;
  await db
    .updateTable('notice_deliveries')
    .set({ state: 'failed', error: 'No gateway delivered it within 7 days of its time.' })
    .where('state', '=', 'pending')
    .where('next_at_ms', '<', abandonedMs)
    .execute();
}

/** The outbox of notices in the database. */
export function sqlNoticeStore(connection: Connection): NoticeStore {
  return {
    add: (record) => connection.query((db) => add(db, record)),

    list: (kind, limit) =>
      connection.query(async (db) => {
        let query = db.selectFrom('notices').selectAll();
        if (kind !== '') query = query.where('kind', '=', kind);
        const rows = await query.orderBy('created_at_ms', 'desc').orderBy('id').limit(limit).execute();
        return withDeliveries(connection, db, rows);
      }),

    claimNew: (nowMs, untilMs) =>
      connection.query(async (db) => withDeliveries(connection, db, await claimNew(db, nowMs, untilMs))),

    announce: (id, targets, nowMs) => connection.query((db) => announce(db, id, targets, nowMs)),

    due: (targets, nowMs) => connection.query((db) => due(connection, db, targets, nowMs)),

    claim: (delivery, untilMs) => connection.query((db) => claim(db, delivery, untilMs)),

    settle: (id, { target, state, atMs, error }) =>
      connection.query(async (db) => {
        await db
          .updateTable('notice_deliveries')
          .set({ state, next_at_ms: atMs, error: error.slice(0, MAX_ERROR_CHARS) })
          .where('notice_id', '=', id)
          .where('target', '=', target)
          .execute();
      }),

    prune: (beforeMs, nowMs) => connection.query((db) => prune(db, beforeMs, nowMs)),
  };
}
