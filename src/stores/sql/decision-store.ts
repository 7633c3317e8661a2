import type { Insertable, Kysely } from 'kysely';
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

function rowOf(entry: DecisionEntry): Row {
  const record = parseJournalRecord(entry.record);
  const facts = record === null ? null : journalFacts(record);
  return {
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

/**
 * Deletes the oldest rows beyond a number, and no more of them than `most`.
 *
 * Cost: two looks at the end of an index. Numbers that were given to no row count as rows: the bound is met early.
 */
async function deleteSurplus(db: Kysely<Tables>, maxCount: number, most: number): Promise<number> {
  // Two looks, because SQLite reads the whole table for both ends at once.
  const { first, last } = await db
    .selectNoFrom((eb) => [
      eb
        .selectFrom('decisions')
        .select(({ fn }) => fn.min('seq').as('first'))
        .as('first'),
      eb
        .selectFrom('decisions')
        .select(({ fn }) => fn.max('seq').as('last'))
        .as('last'),
    ])
    .executeTakeFirstOrThrow();
  const surplus = last === null ? 0 : Number(last) - Number(first) + 1 - maxCount;
  if (surplus <= 0) return 0;
  const before = Number(first) + Math.min(surplus, most);
  const result = await db.deleteFrom('decisions').where('seq', '<', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Deletes those of the oldest rows that are too old: never reads more than one piece. */
async function deleteExpired(db: Kysely<Tables>, beforeMs: number): Promise<number> {
  const oldest = await db
    .selectFrom('decisions')
    .select(['seq', 'at_ms'])
    .orderBy('seq')
    .limit(PIECE)
    .execute();
  const last = oldest.findLast((row) => Number(row.at_ms) < beforeMs);
  if (last === undefined) return 0;
  const result = await db
    .deleteFrom('decisions')
    .where('seq', '<=', last.seq)
    .where('at_ms', '<', beforeMs)
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

/** The recent decisions in the database. */
export function sqlDecisionStore(connection: Connection, bounds: DecisionBounds): DecisionStore {
  return {
    /** Adds a batch and takes out as many of the oldest, twice over while there are too many. */
    addDecisions: (batch) =>
      batch.length === 0
        ? Promise.resolve()
        : connection.transaction(async (tx) => {
            for (const piece of piecesOf(batch, PIECE))
              await tx.insertInto('decisions').values(piece.map(rowOf)).execute();
            await deleteSurplus(tx, bounds.maxCount, 2 * batch.length);
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
      connection.query(
        async (db) =>
          (await deleteSurplus(db, bounds.maxCount, PIECE)) ||
          (await deleteExpired(db, nowMs - bounds.maxAgeMs)),
      ),
  };
}
