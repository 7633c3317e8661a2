import type { Selectable } from 'kysely';
import type { OauthKey, OauthKeyStore } from '../../core/oauth-records.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

function keyOf(row: Selectable<Tables['oauth_keys']>): OauthKey {
  return {
    purpose: row.purpose as OauthKey['purpose'],
    generation: Number(row.generation),
    kid: row.kid,
    sealed: row.sealed,
    createdAtMs: Number(row.created_at_ms),
    activeFromMs: Number(row.active_from_ms),
    expiresAtMs: Number(row.expires_at_ms),
  };
}

/** The keys of the authorization server in the database. */
export function sqlOauthKeyStore(connection: Connection): OauthKeyStore {
  return {
    list: () =>
      connection.query(async (db) => {
        const rows = await db
          .selectFrom('oauth_keys')
          .selectAll()
          .orderBy('purpose')
          .orderBy('generation')
          .execute();
        return rows.map(keyOf);
      }),

    add: (key) =>
      connection.query(async (db) => {
        const result = await db
          .insertInto('oauth_keys')
          .values({
            purpose: key.purpose,
            generation: key.generation,
            kid: key.kid,
            sealed: key.sealed,
            created_at_ms: key.createdAtMs,
            active_from_ms: key.activeFromMs,
            expires_at_ms: key.expiresAtMs,
          })
          .onConflict((conflict) => conflict.columns(['purpose', 'generation']).doNothing())
          .executeTakeFirst();
        return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
      }),

    expireBefore: (purpose, generation, expiresAtMs) =>
      connection.query(async (db) => {
        await db
          .updateTable('oauth_keys')
          .set({ expires_at_ms: expiresAtMs })
          .where('purpose', '=', purpose)
          .where('generation', '<', generation)
          .where('expires_at_ms', '=', 0)
          .execute();
      }),

    prune: (nowMs) =>
      connection.query(async (db) => {
        const result = await db
          .deleteFrom('oauth_keys')
          .where('expires_at_ms', '>', 0)
          .where('expires_at_ms', '<', nowMs)
          .executeTakeFirst();
        return Number(result.numDeletedRows);
      }),
  };
}
