import type { Kysely, Transaction } from 'kysely';
import type { ChangeKind, RecordChanges } from '../../core/shared-records.ts';
import type { Tables } from './tables.ts';

/** Changes that one round reads at most. */
const ROUND = 1_000;

/**
 * Notes in the transaction of a change that the record changed.
 *
 * Safety: the number is taken by updating the one row of the counter, which keeps every other writer of a change waiting
 * until this transaction ends. So changes become visible in the order of their numbers, and a transaction that is
 * rolled back leaves no gap: a sequence of PostgreSQL has neither property.
 */
export async function noteChange(tx: Transaction<Tables>, kind: ChangeKind, id: string): Promise<void> {
  const { last } = await tx
    .updateTable('change_counter')
    .set((eb) => ({ last: eb('last', '+', 1) }))
    .where('name', '=', 'changes')
    .returning('last')
    .executeTakeFirstOrThrow();
  await tx.insertInto('changes').values({ seq: last, kind, id }).execute();
}

/** Number of the latest change. */
export async function lastChange(db: Kysely<Tables>): Promise<number> {
  const row = await db
    .selectFrom('change_counter')
    .select('last')
    .where('name', '=', 'changes')
    .executeTakeFirstOrThrow();
  return Number(row.last);
}

/** Reads what changed after a number; not whole where the numbers after it are gone, or belong to another history. */
export async function changesAfter(db: Kysely<Tables>, after: number): Promise<RecordChanges> {
  const last = await lastChange(db);
  const lost = { position: last, ids: new Map(), isWhole: false, isLast: true };
  // The database was restored from a backup.
  if (last < after) return lost;
  const rows = await db
    .selectFrom('changes')
    .select(['seq', 'kind', 'id'])
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(ROUND)
    .execute();
  const first = rows[0];
  if (first === undefined) return last > after ? lost : { ...lost, isWhole: true };
  if (Number(first.seq) !== after + 1) return lost;
  const ids = new Map<ChangeKind, Set<string>>();
  for (const { kind, id } of rows) {
    const known = ids.get(kind as ChangeKind);
    if (known === undefined) ids.set(kind as ChangeKind, new Set([id]));
    else known.add(id);
  }
  const position = Number(rows.at(-1)?.seq);
  return { position, ids, isWhole: true, isLast: rows.length < ROUND };
}

/** Deletes all changes but the latest. */
export async function pruneChanges(db: Kysely<Tables>, keep: number): Promise<void> {
  const last = await lastChange(db);
  await db
    .deleteFrom('changes')
    .where('seq', '<=', last - keep)
    .execute();
}
