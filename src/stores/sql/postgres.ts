import { readFileSync } from 'node:fs';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Unavailable } from '../../core/errors.ts';
import { type Connection, connection } from './connection.ts';
import { DATABASE } from './failures.ts';
import { nameOf } from './location.ts';
import { prepareSchema } from './migrations.ts';
import { explainPostgres } from './postgres-failures.ts';
import { openPool, type PoolBounds, type TlsFiles } from './postgres-pool.ts';
import type { PostgresAddress } from './postgres-url.ts';
import type { Tables } from './tables.ts';

const CONNECT_MS = 5_000;
const STATEMENT_MS = 10_000;
/** What gateways tell each other is small and must not wait behind anything else. */
const WATCHING: PoolBounds = { connections: 2, connectMs: 3_000, statementMs: 3_000 };
/** The schema may have to wait for another gateway that changes it, and a step may take its time. */
const OPENING: PoolBounds = { connections: 1, connectMs: CONNECT_MS, statementMs: 0 };

/** A pool of connections to a PostgreSQL database, as the stores use it. */
export interface PostgresConnection extends Connection {
  close(): Promise<void>;
}

function fileOf(name: string, path: string, what: string): string | undefined {
  if (path === '') return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Unavailable(
      DATABASE,
      `\`${what}\` of the database ${name}, the file ${path}, cannot be read.`,
      { cause },
    );
  }
}

async function openConnection(address: PostgresAddress, bounds: PoolBounds): Promise<PostgresConnection> {
  const name = nameOf({ kind: 'postgres', address });
  const files: TlsFiles = {
    ca: fileOf(name, address.sslRootCert, 'sslrootcert'),
    cert: fileOf(name, address.sslCert, 'sslcert'),
    key: fileOf(name, address.sslKey, 'sslkey'),
  };
  const pool = await openPool(address, files, bounds);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const open = connection(name, 'postgres', db, (error) => explainPostgres(name, error));
  return { ...open, close: () => db.destroy() };
}

/** Refuses a schema that other programs keep tables in; tables of extensions do not count. */
async function refuseForeign({ name, query }: Connection): Promise<void> {
  const found = await query(async (db) => {
    const { rows } = await sql<{ ours: number; all: number }>`
      select count(*) filter (where c.relname = 'schema_migrations' and exists (
               select from pg_attribute a where a.attrelid = c.oid and a.attname = 'applied_at_ms')) as ours,
             count(*) as all
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname = current_schema()
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')`.execute(db);
    return rows[0] ?? { ours: 0, all: 0 };
  });
  if (found.ours > 0 || found.all === 0) return;
  throw new Unavailable(
    DATABASE,
    `The database ${name} holds tables of another program: name another one in \`store.url\`, or a schema with \`?schema=portcullis\`.`,
  );
}

/** Text is UTF-8 everywhere in the product; and a schema that is not there would leave the tables nowhere to go. */
async function refuseUnsuitable({ name, query }: Connection, schema: string): Promise<void> {
  const { rows } = await query((db) =>
    sql<{ encoding: string; schema: string | null }>`
      select current_setting('server_encoding') as encoding, current_schema() as schema`.execute(db),
  );
  const { encoding = '', schema: current = null } = rows[0] ?? {};
  if (encoding !== 'UTF8') {
    throw new Unavailable(
      DATABASE,
      `The database ${name} has the encoding ${encoding}: create one with UTF8.`,
    );
  }
  if (current === null) {
    const what = schema === '' ? 'no schema that this user may use' : `no schema \`${schema}\``;
    throw new Unavailable(DATABASE, `The database ${name} has ${what}: create it with \`create schema\`.`);
  }
}

/**
 * Opens a PostgreSQL database and brings its schema up to date, one gateway at a time.
 *
 * Errors: Unavailable for a server that cannot be reached or refuses, and for a foreign or newer database.
 */
export async function openPostgres(
  address: PostgresAddress,
  connections: number,
  nowMs: number,
): Promise<{ records: PostgresConnection; watch: PostgresConnection }> {
  const opening = await openConnection(address, OPENING);
  try {
    await refuseUnsuitable(opening, address.schema);
    await refuseForeign(opening);
    await prepareSchema(opening, nowMs);
  } finally {
    await opening.close();
  }
  const bounds = { connections, connectMs: CONNECT_MS, statementMs: STATEMENT_MS };
  return { records: await openConnection(address, bounds), watch: await openConnection(address, WATCHING) };
}
