import type { Insertable, Kysely, Selectable } from 'kysely';
import { Unavailable } from '../../core/errors.ts';
import type { OauthClient, OauthClientStore } from '../../core/oauth-records.ts';
import type { Connection } from './connection.ts';
import { DATABASE, damaged } from './failures.ts';
import type { Tables } from './tables.ts';

/** How often a change is tried that others keep overtaking. */
const MAX_TRIES = 32;

type Row = Tables['oauth_clients'];

/** What is kept of a client as one JSON text: nothing searches for it. */
type Settings = Omit<OauthClient, 'id' | 'name' | 'owner' | 'class' | 'createdAtMs' | 'disabledAtMs'>;

function rowOf(client: OauthClient): Insertable<Row> {
  const { id, name, owner, class: kind, createdAtMs, disabledAtMs, ...settings } = client;
  return {
    id,
    name,
    owner,
    class: kind,
    settings: JSON.stringify(settings),
    created_at_ms: createdAtMs,
    disabled_at_ms: disabledAtMs,
  };
}

const LISTS = [
  'grantTypes',
  'redirectUris',
  'postLogoutRedirectUris',
  'scopes',
  'resources',
  'roles',
] as const;

/**
 * The settings of a row; null when they are damaged.
 *
 * Safety: a list that cannot be read must never become an empty one: no resources means all of them.
 */
function parseSettings(text: string): Settings | null {
  try {
    const settings = JSON.parse(text) as Settings;
    const isWhole = LISTS.every((name) => Array.isArray(settings[name]) && settings[name].every(isText));
    return isWhole && Array.isArray(settings.secrets) && isText(settings.authMethod) ? settings : null;
  } catch {
    return null;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';

function clientOf(connection: Connection, row: Selectable<Row>): OauthClient {
  const settings = parseSettings(row.settings);
  if (settings === null) throw damaged(connection.name, `client ${row.id} cannot be read`);
  return {
    ...settings,
    id: row.id,
    name: row.name,
    owner: row.owner,
    class: row.class as OauthClient['class'],
    createdAtMs: Number(row.created_at_ms),
    disabledAtMs: Number(row.disabled_at_ms),
  };
}

/**
 * Changes a client.
 *
 * Safety: the update holds only if the client is still what the change was made of, so that of two at once neither undoes
 * the other: a client that is disabled while its secret is replaced stays disabled.
 */
async function changeClient(
  connection: Connection,
  db: Kysely<Tables>,
  id: string,
  change: (client: OauthClient) => OauthClient,
): Promise<OauthClient | null> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const row = await db.selectFrom('oauth_clients').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) return null;
    const changed = change(clientOf(connection, row));
    const { id: _, ...columns } = rowOf(changed);
    const result = await db
      .updateTable('oauth_clients')
      .set(columns)
      .where('id', '=', id)
      .where('settings', '=', row.settings)
      .where('disabled_at_ms', '=', row.disabled_at_ms)
      .executeTakeFirst();
    if (Number(result.numUpdatedRows) === 1) return changed;
  }
  throw new Unavailable(DATABASE, `The client ${id} is being changed by others all the time: try again.`);
}

/** The registered clients in the database. */
export function sqlOauthClientStore(connection: Connection): OauthClientStore {
  const find = (id: string): Promise<OauthClient | null> =>
    connection.query(async (db) => {
      const row = await db.selectFrom('oauth_clients').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : clientOf(connection, row);
    });

  return {
    find,

    create: (client) =>
      connection.query(async (db) => {
        const result = await db
          .insertInto('oauth_clients')
          .values(rowOf(client))
          .onConflict((conflict) => conflict.column('id').doNothing())
          .executeTakeFirst();
        return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
      }),

    list: () =>
      connection.query(async (db) => {
        const rows = await db
          .selectFrom('oauth_clients')
          .selectAll()
          .orderBy('created_at_ms', 'desc')
          .orderBy('id')
          .execute();
        return rows.map((row) => clientOf(connection, row));
      }),

    change: (id, change) => connection.query((db) => changeClient(connection, db, id, change)),

    delete: (id) =>
      connection.query(async (db) => {
        const result = await db.deleteFrom('oauth_clients').where('id', '=', id).executeTakeFirst();
        return Number(result.numDeletedRows) === 1;
      }),
  };
}
