import { type Kysely, sql } from 'kysely';
import type { NodeBeat, NodeRecord, SharedRecords } from '../../core/shared-records.ts';
import { changesAfter, lastChange, pruneChanges } from './change-feed.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

/** The clock of the database: those of the gateways may differ. */
const NOW_MS = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

async function beat(db: Kysely<Tables>, { id, name, version, applied, leaseMs }: NodeBeat): Promise<void> {
  await db
    .insertInto('nodes')
    .values({ id, name, version, applied, lease_ms: leaseMs, beats: 1, beat_at_ms: NOW_MS })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        applied,
        beats: eb('nodes.beats', '+', 1),
        beat_at_ms: NOW_MS,
      })),
    )
    .execute();
}

async function listNodes(db: Kysely<Tables>): Promise<NodeRecord[]> {
  const rows = await db
    .selectFrom('nodes')
    .selectAll()
    .select(sql<number>`${NOW_MS} - beat_at_ms`.as('age_ms'))
    .orderBy('name')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    version: row.version,
    applied: Number(row.applied),
    leaseMs: Number(row.lease_ms),
    beat: `${row.beats}@${row.beat_at_ms}`,
    beatAgeMs: Math.max(0, Number(row.age_ms)),
  }));
}

/** What gateways on one PostgreSQL database know of each other; `watch` are connections for this alone. */
export function sqlSharedRecords(watch: Connection): SharedRecords {
  return {
    position: () => watch.query(lastChange),
    changesAfter: (position) => watch.query((db) => changesAfter(db, position)),
    beat: (node) => watch.query((db) => beat(db, node)),
    nodes: () => watch.query(listNodes),
    removeNodes: (ids) =>
      watch.query(async (db) => {
        if (ids.length > 0) await db.deleteFrom('nodes').where('id', 'in', ids).execute();
      }),
    pruneChanges: (keep) => watch.query((db) => pruneChanges(db, keep)),
  };
}
