import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Artifact, ArtifactStore } from '../../core/oauth-records.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

/** Rows that one pruning step deletes at most. */
const PIECE = 500;

type Row = Tables['oauth_artifacts'];

function rowOf(artifact: Artifact): Insertable<Row> {
  return {
    id: artifact.id,
    kind: artifact.kind,
    payload: artifact.payload,
    grant_ref: artifact.grant,
    alias: artifact.alias,
    account: artifact.account,
    client: artifact.client,
    expires_at_ms: artifact.expiresAtMs,
    consumed_at_ms: artifact.consumedAtMs,
  };
}

function artifactOf(row: Selectable<Row>): Artifact {
  return {
    id: row.id,
    kind: row.kind,
    payload: row.payload,
    grant: row.grant_ref,
    alias: row.alias,
    account: row.account,
    client: row.client,
    expiresAtMs: Number(row.expires_at_ms),
    consumedAtMs: Number(row.consumed_at_ms),
  };
}

/** What a later save replaces: a use that is on record is not among it. */
function changesOf({ id: _, consumed_at_ms: __, ...changes }: Insertable<Row>): Partial<Insertable<Row>> {
  return changes;
}

async function save(db: Kysely<Tables>, artifact: Artifact): Promise<void> {
  const row = rowOf(artifact);
  await db
    .insertInto('oauth_artifacts')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(changesOf(row)))
    .execute();
}

async function saveOnce(db: Kysely<Tables>, artifact: Artifact, nowMs: number): Promise<boolean> {
  const row = rowOf(artifact);
  const result = await db
    .insertInto('oauth_artifacts')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(changesOf(row)).where('oauth_artifacts.expires_at_ms', '<=', nowMs),
    )
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

async function consume(db: Kysely<Tables>, id: string, nowMs: number): Promise<boolean> {
  const result = await db
    .updateTable('oauth_artifacts')
    .set({ consumed_at_ms: Math.max(1, nowMs) })
    .where('id', '=', id)
    .where('consumed_at_ms', '=', 0)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

async function deleteWhere(
  db: Kysely<Tables>,
  column: 'grant_ref' | 'account' | 'client',
  value: string,
  kind: string,
): Promise<number> {
  if (value === '') return 0;
  let query = db.deleteFrom('oauth_artifacts').where(column, '=', value);
  if (kind !== '') query = query.where('kind', '=', kind);
  const result = await query.executeTakeFirst();
  return Number(result.numDeletedRows);
}

async function prune(db: Kysely<Tables>, beforeMs: number): Promise<number> {
  const result = await db
    .deleteFrom('oauth_artifacts')
    .where('id', 'in', (eb) =>
      eb.selectFrom('oauth_artifacts').select('id').where('expires_at_ms', '<', beforeMs).limit(PIECE),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** What the authorization server gave out, in the database. */
export function sqlArtifactStore(connection: Connection): ArtifactStore {
  return {
    save: (artifact) => connection.query((db) => save(db, artifact)),
    saveOnce: (artifact, nowMs) => connection.query((db) => saveOnce(db, artifact, nowMs)),
    consume: (id, nowMs) => connection.query((db) => consume(db, id, nowMs)),
    find: (id) =>
      connection.query(async (db) => {
        const row = await db
          .selectFrom('oauth_artifacts')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst();
        return row === undefined ? null : artifactOf(row);
      }),
    findByAlias: (kind, alias) =>
      connection.query(async (db) => {
        const row = await db
          .selectFrom('oauth_artifacts')
          .selectAll()
          .where('alias', '=', alias)
          .where('kind', '=', kind)
          .executeTakeFirst();
        return row === undefined ? null : artifactOf(row);
      }),
    delete: (id) =>
      connection.query(async (db) => {
        await db.deleteFrom('oauth_artifacts').where('id', '=', id).execute();
      }),
    deleteGrant: (kind, grant) =>
      connection.query(async (db) => {
        await deleteWhere(db, 'grant_ref', grant, kind);
      }),
    deleteAccount: (kind, account) => connection.query((db) => deleteWhere(db, 'account', account, kind)),
    deleteClient: (client) => connection.query((db) => deleteWhere(db, 'client', client, '')),
    prune: (beforeMs) => connection.query((db) => prune(db, beforeMs)),
  };
}
