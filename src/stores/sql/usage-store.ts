import type { Kysely, Transaction } from 'kysely';
import type { KeyUsage, UsageStore } from '../../core/records.ts';
import { type Connection, piecesOf } from './connection.ts';
import type { Tables } from './tables.ts';

const PIECE = 500;

/**
 * Adds up several counts of one key, because one statement may touch a row only once; in the order of ids, so that
 * two gateways never wait for each other.
 */
function sumByKey(batch: readonly KeyUsage[]): KeyUsage[] {
  const sums = new Map<string, KeyUsage>();
  for (const usage of batch) {
    const sum = sums.get(usage.keyId);
    sums.set(usage.keyId, {
      keyId: usage.keyId,
      requests: usage.requests + (sum?.requests ?? 0),
      errors: usage.errors + (sum?.errors ?? 0),
      lastUsedAtMs: Math.max(usage.lastUsedAtMs, sum?.lastUsedAtMs ?? 0),
    });
  }
  return [...sums.values()].sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
}

async function knownKeys(db: Kysely<Tables>, piece: readonly KeyUsage[]): Promise<Set<string>> {
  const ids = piece.map((usage) => usage.keyId);
  const rows = await db.selectFrom('api_keys').select('id').where('id', 'in', ids).execute();
  return new Set(rows.map((row) => row.id));
}

async function addPiece(tx: Transaction<Tables>, piece: readonly KeyUsage[]): Promise<void> {
  const known = await knownKeys(tx, piece);
  const rows = piece
    .filter((usage) => known.has(usage.keyId))
    .map((usage) => ({
      key_id: usage.keyId,
      requests: usage.requests,
      errors: usage.errors,
      last_used_at_ms: usage.lastUsedAtMs,
    }));
  if (rows.length === 0) return;
  await tx
    .insertInto('key_usage')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('key_id').doUpdateSet((eb) => ({
        requests: eb('key_usage.requests', '+', eb.ref('excluded.requests')),
        errors: eb('key_usage.errors', '+', eb.ref('excluded.errors')),
        last_used_at_ms: eb
          .case()
          .when('key_usage.last_used_at_ms', '>', eb.ref('excluded.last_used_at_ms'))
          .then(eb.ref('key_usage.last_used_at_ms'))
          .else(eb.ref('excluded.last_used_at_ms'))
          .end(),
      })),
    )
    .execute();
}

/** The usage of keys in the database. */
export function sqlUsageStore(connection: Connection): UsageStore {
  return {
    addUsage: (batch) =>
      batch.length === 0
        ? Promise.resolve()
        : connection.transaction(async (tx) => {
            for (const piece of piecesOf(sumByKey(batch), PIECE)) await addPiece(tx, piece);
          }),

    findUsage: (keyId) =>
      connection.query(async (db) => {
        const row = await db
          .selectFrom('key_usage')
          .selectAll()
          .where('key_id', '=', keyId)
          .executeTakeFirst();
        if (row === undefined) return null;
        return {
          keyId: row.key_id,
          requests: Number(row.requests),
          errors: Number(row.errors),
          lastUsedAtMs: Number(row.last_used_at_ms),
        };
      }),
  };
}
