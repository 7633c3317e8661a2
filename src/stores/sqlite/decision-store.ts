import type { Insertable, Kysely, Transaction } from 'kysely';
import { journalFacts, parseJournalRecord } from '../../core/journal-record.ts';
import type { DecisionEntry, DecisionFilter, DecisionStore } from '../../core/records.ts';
import { type Connection, piecesOf } from './connection.ts';
import type { Tables } from './tables.ts';

/** How many decisions are kept, and for how long. */
export interface DecisionBounds {
  readonly maxCount: number;
  readonly maxAgeMs: number;
}

/** Rows per statement, and rows that one pruning step looks at. */
const PIECE = 500;

type Row = Insertable<Tables['decisions']>;

function rowOf(entry: DecisionEntry, seq: number): Row {
  const record = parseJournalRecord(entry.record);
  const facts = record === null ? null : journalFacts(record);
  return {
    seq,
    id: entry.id,
    at_ms: entry.atMs,
    effect: facts?.effect ?? '',
    reason: facts?.reason ?? '',
    api: facts?.apiId ?? '',
    record: entry.record,
  };
}

const entryOf = (row: { id: string; at_ms: number; record: string }): DecisionEntry => ({
  id: row.id,
  atMs: Number(row.at_ms),
  record: row.record,
});

async function deleteOldest(db: Kysely<Tables> | Transaction<Tables>, count: number): Promise<number> {
  const result = await db
    .deleteFrom('decisions')
    .where('seq', 'in', (eb) => eb.selectFrom('decisions').select('seq').orderBy('seq').limit(count))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Deletes those of the oldest rows that are too old: never reads more than one piece. */
async function deleteExpired(db: Kysely<Tables>, beforeMs: number): Promise<number> {
  const result = await db
    .deleteFrom('decisions')
    .where('seq', 'in', (eb) =>
      eb
        .selectFrom(
          eb.selectFrom('decisions').select(['seq', 'at_ms']).orderBy('seq').limit(PIECE).as('oldest'),
        )
        .select('oldest.seq')
        .where('oldest.at_ms', '<', beforeMs),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

function listDecisions(db: Kysely<Tables>, filter: DecisionFilter) {
  let query = db
    .selectFrom('decisions')
    .select(['id', 'at_ms', 'record'])
    .orderBy('seq', 'desc')
    .limit(filter.limit);
  if (filter.effect !== '') query = query.where('effect', '=', filter.effect);
  if (filter.reason !== '') query = query.where('reason', '=', filter.reason);
  if (filter.api !== '') query = query.where('api', '=', filter.api);
  return query.execute();
}

/** The recent decisions in the database. `count` and `lastSeq` are what the table holds now. */
export function sqliteDecisionStore(
  connection: Connection,
  bounds: DecisionBounds,
  held: { count: number; lastSeq: number },
): DecisionStore {
  let { count, lastSeq } = held;

  /** Adds a batch and takes out as many of the oldest, twice over while there are too many. */
  const add = async (db: Kysely<Tables>, batch: readonly DecisionEntry[]): Promise<void> => {
    const rows = batch.map((entry) => rowOf(entry, ++lastSeq));
    const surplus = Math.min(count + rows.length - bounds.maxCount, 2 * rows.length);
    const deleted = await db.transaction().execute(async (tx) => {
      for (const piece of piecesOf(rows, PIECE)) await tx.insertInto('decisions').values(piece).execute();
      return surplus > 0 ? deleteOldest(tx, surplus) : 0;
    });
    count += rows.length - deleted;
  };

  return {
    addDecisions: (batch) =>
      connection.query(async (db) => {
        if (batch.length > 0) await add(db, batch);
      }),

    findDecision: (id) =>
      connection.query(async (db) => {
        const row = await db
          .selectFrom('decisions')
          .select(['id', 'at_ms', 'record'])
          .where('id', '=', id)
          .orderBy('seq', 'desc')
          .limit(1)
          .executeTakeFirst();
        return row === undefined ? null : entryOf(row);
      }),

    listDecisions: (filter) => connection.query(async (db) => (await listDecisions(db, filter)).map(entryOf)),

    pruneDecisions: (nowMs) =>
      connection.query(async (db) => {
        const surplus = count - bounds.maxCount;
        const deleted =
          surplus > 0
            ? await deleteOldest(db, Math.min(surplus, PIECE))
            : await deleteExpired(db, nowMs - bounds.maxAgeMs);
        count -= deleted;
        return deleted;
      }),
  };
}
