import type { Kysely, Transaction } from 'kysely';
import type { KeyUsage, KeyUsageNote, UsageStore } from '../../core/key-usage.ts';
import { LATENCY_BUCKETS } from '../../lib/apikey/latency-histogram.ts';
import { addActivity, listActivity } from './activity-rows.ts';
import { type Connection, piecesOf } from './connection.ts';
import type { Tables } from './tables.ts';

const PIECE = 500;

/**
 * Adds up several counts of one key, because one statement may touch a row only once; in the order of ids, so that
 * two gateways never wait for each other.
 */
function sumByKey(batch: readonly KeyUsageNote[]): KeyUsageNote[] {
  const sums = new Map<string, KeyUsageNote>();
  for (const usage of batch) {
    const sum = sums.get(usage.keyId);
    sums.set(usage.keyId, sum === undefined ? usage : addNotes(sum, usage));
  }
  return [...sums.values()].sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
}

function addNotes(one: KeyUsageNote, other: KeyUsageNote): KeyUsageNote {
  return {
    keyId: one.keyId,
    requests: one.requests + other.requests,
    errors: one.errors + other.errors,
    lastUsedAtMs: Math.max(one.lastUsedAtMs, other.lastUsedAtMs),
    totalUs: one.totalUs + other.totalUs,
    latency: one.latency.map((count, bucket) => count + (other.latency[bucket] ?? 0)),
    activity: [...one.activity, ...other.activity],
  };
}

async function knownKeys(db: Kysely<Tables>, piece: readonly KeyUsageNote[]): Promise<Set<string>> {
  const ids = piece.map((usage) => usage.keyId);
  const rows = await db.selectFrom('api_keys').select('id').where('id', 'in', ids).execute();
  return new Set(rows.map((row) => row.id));
}

async function addPiece(tx: Transaction<Tables>, piece: readonly KeyUsageNote[]): Promise<void> {
  const known = await knownKeys(tx, piece);
  const notes = piece.filter((usage) => known.has(usage.keyId));
  if (notes.length === 0) return;
  await addTotals(tx, notes);
  for (const buckets of piecesOf(latencyRows(notes), PIECE)) await addLatency(tx, buckets);
  await addActivity(tx, notes);
}

async function addTotals(tx: Transaction<Tables>, notes: readonly KeyUsageNote[]): Promise<void> {
  await tx
    .insertInto('key_usage')
    .values(
      notes.map((usage) => ({
        key_id: usage.keyId,
        requests: usage.requests,
        errors: usage.errors,
        last_used_at_ms: usage.lastUsedAtMs,
        total_us: Math.round(usage.totalUs),
      })),
    )
    .onConflict((conflict) =>
      conflict.column('key_id').doUpdateSet((eb) => ({
        requests: eb('key_usage.requests', '+', eb.ref('excluded.requests')),
        errors: eb('key_usage.errors', '+', eb.ref('excluded.errors')),
        total_us: eb('key_usage.total_us', '+', eb.ref('excluded.total_us')),
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

function latencyRows(notes: readonly KeyUsageNote[]) {
  return notes.flatMap(({ keyId, latency }) =>
    latency.flatMap((requests, bucket) => (requests === 0 ? [] : [{ key_id: keyId, bucket, requests }])),
  );
}

async function addLatency(
  tx: Transaction<Tables>,
  rows: readonly { key_id: string; bucket: number; requests: number }[],
): Promise<void> {
  await tx
    .insertInto('key_latency')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(['key_id', 'bucket']).doUpdateSet((eb) => ({
        requests: eb('key_latency.requests', '+', eb.ref('excluded.requests')),
      })),
    )
    .execute();
}

/** The usage of one key, or of all. */
async function readUsage(db: Kysely<Tables>, keyId: string | null): Promise<KeyUsage[]> {
  let totals = db.selectFrom('key_usage').selectAll();
  let buckets = db.selectFrom('key_latency').selectAll();
  if (keyId !== null) {
    totals = totals.where('key_id', '=', keyId);
    buckets = buckets.where('key_id', '=', keyId);
  }
  const latency = new Map<string, number[]>();
  for (const { key_id, bucket, requests } of await buckets.execute()) {
    const counts = latency.get(key_id) ?? new Array<number>(LATENCY_BUCKETS).fill(0);
    if (bucket >= 0 && bucket < LATENCY_BUCKETS) counts[bucket] = Number(requests);
    latency.set(key_id, counts);
  }
  return (await totals.execute()).map((row) => ({
    keyId: row.key_id,
    requests: Number(row.requests),
    errors: Number(row.errors),
    lastUsedAtMs: Number(row.last_used_at_ms),
    totalUs: Number(row.total_us),
    latency: latency.get(row.key_id) ?? new Array<number>(LATENCY_BUCKETS).fill(0),
  }));
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

    findUsage: (keyId) => connection.query(async (db) => (await readUsage(db, keyId))[0] ?? null),

    listUsage: () => connection.query((db) => readUsage(db, null)),

    listActivity: (keyId) => connection.query((db) => listActivity(db, keyId)),
  };
}
