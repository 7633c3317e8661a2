import type { Selectable } from 'kysely';
import type { ApiKeyRecord } from '../../core/ports.ts';
import type { KeyStore, Retirement } from '../../core/records.ts';
import type { Connection } from './connection.ts';
import { damaged } from './failures.ts';
import { parseKeyRow, rowOfKey } from './key-rows.ts';
import type { Tables } from './tables.ts';

/** The keys in the database. */
export function sqlKeyStore(connection: Connection): KeyStore {
  const recordOf = (row: Selectable<Tables['api_keys']>): ApiKeyRecord => {
    const record = parseKeyRow(row);
    if (record === null) throw damaged(connection.name, `key ${row.id} cannot be read`);
    return record;
  };

  const find = (id: string): Promise<ApiKeyRecord | null> =>
    connection.query(async (db) => {
      const row = await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : recordOf(row);
    });

  return {
    find,

    create: (record) =>
      connection.change('api-key', record.id, async (db) => {
        await db.insertInto('api_keys').values(rowOfKey(record)).execute();
      }),

    list: () =>
      connection.query(async (db) => {
        const rows = await db
          .selectFrom('api_keys')
          .selectAll()
          .orderBy('created_at_ms', 'desc')
          .orderBy('id')
          .execute();
        return rows.map(recordOf);
      }),

    revoke: async (id, atMs) => {
      await connection.change('api-key', id, async (db) => {
        await db
          .updateTable('api_keys')
          .set({ revoked_at_ms: Math.max(1, atMs) })
          .where('id', '=', id)
          .where('revoked_at_ms', '=', 0)
          .execute();
      });
      return find(id);
    },

    replace: async (record) => {
      await connection.change('api-key', record.id, async (db) => {
        const { id: _, revoked_at_ms, ...changes } = rowOfKey(record);
        await db
          .updateTable('api_keys')
          .set(changes)
          .set((eb) => ({
            revoked_at_ms: eb
              .case()
              .when('revoked_at_ms', '=', 0)
              .then(eb.val(revoked_at_ms))
              .else(eb.ref('revoked_at_ms'))
              .end(),
          }))
          .where('id', '=', record.id)
          .execute();
      });
      return find(record.id);
    },

    retire: async (id, change) => ((await retire(connection, id, change)) ? find(id) : null),

    postponeRotation: (id, seenMs, untilMs) =>
      connection.change('api-key', id, async (db) => {
        const { numUpdatedRows } = await db
          .updateTable('api_keys')
          .set({ next_rotation_at_ms: untilMs })
          .where('id', '=', id)
          .where('next_rotation_at_ms', '=', seenMs)
          .executeTakeFirst();
        return Number(numUpdatedRows) === 1;
      }),
  };
}

/** Safety: of two gateways that give a key a successor, one finds that it has none yet. */
function retire(connection: Connection, id: string, { successorId, atMs, endsAtMs }: Retirement) {
  return connection.change('api-key', id, async (db) => {
    const { numUpdatedRows } = await db
      .updateTable('api_keys')
      .set((eb) => ({
        successor_id: successorId,
        rotated_at_ms: atMs,
        next_rotation_at_ms: 0,
        expires_at_ms: eb
          .case()
          .when(eb.or([eb('expires_at_ms', '=', 0), eb('expires_at_ms', '>', endsAtMs)]))
          .then(eb.val(endsAtMs))
          .else(eb.ref('expires_at_ms'))
          .end(),
      }))
      .where('id', '=', id)
      .where('successor_id', '=', '')
      .executeTakeFirst();
    return Number(numUpdatedRows) === 1;
  });
}
