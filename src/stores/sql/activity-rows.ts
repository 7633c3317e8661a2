import type { Insertable, Kysely, Transaction } from 'kysely';
import {
  ACTIVITY_KINDS,
  type ActivityKind,
  type KeyActivity,
  type KeyUsageNote,
  MAX_ACTIVITY_VALUES,
} from '../../core/key-usage.ts';
import { piecesOf } from './connection.ts';
import type { Tables } from './tables.ts';

const PIECE = 200;

/** Adds up what has the same value, oldest first use and latest last use. */
function sumByValue(activity: readonly KeyActivity[]): KeyActivity[] {
  const sums = new Map<string, KeyActivity>();
  for (const entry of activity) {
    const key = `${entry.kind} ${entry.value}`;
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, entry);
    else
      sums.set(key, {
        ...entry,
        requests: sum.requests + entry.requests,
        firstAtMs: Math.min(sum.firstAtMs, entry.firstAtMs),
        lastAtMs: Math.max(sum.lastAtMs, entry.lastAtMs),
      });
  }
  return [...sums.values()];
}

/** How many values of each kind are kept of some keys, by `key kind`. */
async function countValues(
  db: Kysely<Tables>,
  keyIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('key_activity')
    .select((eb) => ['key_id', 'kind', eb.fn.countAll().as('count')])
    .where('key_id', 'in', keyIds)
    .groupBy(['key_id', 'kind'])
    .execute();
  return new Map(rows.map(({ key_id, kind, count }) => [`${key_id} ${kind}`, Number(count)]));
}

/** Puts values that find no place any more together under ''. */
async function withinBounds(
  db: Kysely<Tables>,
  keyId: string,
  kind: ActivityKind,
  entries: readonly KeyActivity[],
  kept: number,
): Promise<KeyActivity[]> {
  const most = MAX_ACTIVITY_VALUES[kind];
  if (kept + entries.length <= most) return [...entries];
  const rows = await db
    .selectFrom('key_activity')
    .select('value')
    .where('key_id', '=', keyId)
    .where('kind', '=', kind)
    .execute();
  const known = new Set(rows.map(({ value }) => value));
  let room = Math.max(0, most - known.size);
  const placed = entries.map((entry) =>
    known.has(entry.value) || room-- > 0 ? entry : { ...entry, value: '' },
  );
  return sumByValue(placed);
}

/** Adds what keys were used for. */
export async function addActivity(tx: Transaction<Tables>, notes: readonly KeyUsageNote[]): Promise<void> {
  const used = notes.filter(({ activity }) => activity.length > 0);
  if (used.length === 0) return;
  const counts = await countValues(
    tx,
    used.map(({ keyId }) => keyId),
  );
  const rows: ActivityRow[] = [];
  for (const { keyId, activity } of used) {
    const sums = sumByValue(activity);
    for (const kind of ACTIVITY_KINDS) {
      const own = sums.filter((entry) => entry.kind === kind);
      const kept = counts.get(`${keyId} ${kind}`) ?? 0;
      for (const entry of await withinBounds(tx, keyId, kind, own, kept)) rows.push(rowOf(keyId, entry));
    }
  }
  for (const piece of piecesOf(rows, PIECE)) await upsert(tx, piece);
}

type ActivityRow = Insertable<Tables['key_activity']>;

function rowOf(keyId: string, { kind, value, requests, firstAtMs, lastAtMs }: KeyActivity): ActivityRow {
  return { key_id: keyId, kind, value, requests, first_at_ms: firstAtMs, last_at_ms: lastAtMs };
}

async function upsert(tx: Transaction<Tables>, rows: readonly ActivityRow[]): Promise<void> {
  await tx
    .insertInto('key_activity')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(['key_id', 'kind', 'value']).doUpdateSet((eb) => ({
        requests: eb('key_activity.requests', '+', eb.ref('excluded.requests')),
        first_at_ms: eb
          .case()
          .when('key_activity.first_at_ms', '<', eb.ref('excluded.first_at_ms'))
          .then(eb.ref('key_activity.first_at_ms'))
          .else(eb.ref('excluded.first_at_ms'))
          .end(),
        last_at_ms: eb
          .case()
          .when('key_activity.last_at_ms', '>', eb.ref('excluded.last_at_ms'))
          .then(eb.ref('key_activity.last_at_ms'))
          .else(eb.ref('excluded.last_at_ms'))
          .end(),
      })),
    )
    .execute();
}

export async function listActivity(db: Kysely<Tables>, keyId: string): Promise<KeyActivity[]> {
  const rows = await db
    .selectFrom('key_activity')
    .selectAll()
    .where('key_id', '=', keyId)
    .orderBy('kind')
    .orderBy('first_at_ms')
    .execute();
  return rows.flatMap((row) => {
    const kind = ACTIVITY_KINDS.find((known) => known === row.kind);
    if (kind === undefined) return [];
    return [
      {
        kind,
        value: row.value,
        requests: Number(row.requests),
        firstAtMs: Number(row.first_at_ms),
        lastAtMs: Number(row.last_at_ms),
      },
    ];
  });
}
