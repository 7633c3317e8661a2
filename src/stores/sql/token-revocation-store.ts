import type { Kysely, Selectable } from 'kysely';
import type { TokenRevocation, TokenRevocationStore } from '../../core/token-revocations.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

function revocationOf(row: Selectable<Tables['token_revocations']>): TokenRevocation {
  return {
    id: row.id,
    issuer: row.issuer,
    kind: row.kind === 'jti' ? 'jti' : 'subject',
    value: row.value,
    beforeMs: Number(row.before_ms),
    untilMs: Number(row.until_ms),
    createdAtMs: Number(row.created_at_ms),
  };
}

async function widen(db: Kysely<Tables>, revocation: TokenRevocation): Promise<void> {
  const { id, issuer, kind, value, beforeMs, untilMs, createdAtMs } = revocation;
  const times = { before_ms: beforeMs, until_ms: untilMs };
  await db.deleteFrom('token_revocations').where('until_ms', '<=', createdAtMs).execute();
  await db
    .insertInto('token_revocations')
    .values({ id, issuer, kind, value, ...times, created_at_ms: createdAtMs })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  for (const column of ['before_ms', 'until_ms'] as const) {
    await db
      .updateTable('token_revocations')
      .set({ [column]: times[column] })
      .where('id', '=', id)
      .where(column, '<', times[column])
      .execute();
  }
}

/** The revocations of tokens in the database. */
export function sqlTokenRevocationStore(connection: Connection): TokenRevocationStore {
  return {
    add: (revocation) => connection.change('token-revocation', revocation.id, (db) => widen(db, revocation)),

    list: (nowMs) =>
      connection.query(async (db) => {
        const rows = await db
          .selectFrom('token_revocations')
          .selectAll()
          .where('until_ms', '>', nowMs)
          .orderBy('created_at_ms', 'desc')
          .orderBy('id')
          .execute();
        return rows.map(revocationOf);
      }),

    find: (id) =>
      connection.query(async (db) => {
        const row = await db
          .selectFrom('token_revocations')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst();
        return row === undefined ? null : revocationOf(row);
      }),
  };
}
