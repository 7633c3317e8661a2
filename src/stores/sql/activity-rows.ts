import type { Kysely, Transaction } from 'kysely';
import {
  ACTIVITY_KINDS,
  type ActivityKind,
  type KeyActivity,
  MAX_ACTIVITY_VALUES,
} from '../../core/key-usage.ts';
import { piecesOf } from './connection.ts';
import type { Tables } from './tables.ts';

const PIECE = 100;

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

/** How many values of each kind are kept of a key. */
async function countValues(db: Kysely<Tables>, keyId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('key_activity')
    .select((eb) => ['kind', eb.fn.countAll().as('count')])
    .where('key_id', '=', keyId)
    .groupBy('kind')
    .execute();
  return new Map(rows.map(({ kind, count }) => [kind, Number(count)]));
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

/** Adds what a key was used for. */
export async function addActivity(
  tx: Transaction<Tables>,
  keyId: string,
  activity: readonly KeyActivity[],
): Promise<void> {
  if (activity.length === 0) return;
  const counts = await countValues(tx, keyId);
  const sums = sumByValue(activity);
  const rows: KeyActivity[] = [];
  for (const kind of ACTIVITY_KINDS) {
    const own = sums.filter((entry) => entry.kind === kind);
    rows.push(...(await withinBounds(tx, keyId, kind, own, counts.get(kind) ?? 0)));
  }
  for (const piece of piecesOf(rows, PIECE)) await upsert(tx, keyId, piece);
}

async function upsert(tx: Transaction<Tables>, keyId: string, rows: readonly KeyActivity[]): Promise<void> {
  await tx
    .insertInto('key_activity')
    .values(
      rows.map(({ kind, value, requests, firstAtMs, lastAtMs }) => ({
        key_id: keyId,
        kind,
        value,
        requests,
        first_at_ms: firstAtMs,
        last_at_ms: lastAtMs,
      })),
    )
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
