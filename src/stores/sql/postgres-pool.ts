import { checkServerIdentity } from 'node:tls';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool, PoolClient, PoolConfig } from 'pg';
import type { PostgresAddress } from './postgres-url.ts';

/** Bounds of a pool of connections. */
export interface PoolBounds {
  readonly connections: number;
  /** Longest time until there is a connection, in milliseconds. */
  readonly connectMs: number;
  /** Longest time of one statement, in milliseconds; 0 is any. */
  readonly statementMs: number;
}

/** What the client waits longer than the server, so that it is the server that ends a slow statement. */
const GRACE_MS = 2_000;
const IDLE_MS = 60_000;
/** A transaction in which nothing happens holds locks that others wait for: less than a statement may take. */
const IDLE_IN_TRANSACTION_MS = 5_000;
/** PostgreSQL's own numbers for the types `bigint` and `numeric`. */
const WHOLE_NUMBER_TYPES = new Set([20, 1700]);

/** Reads a whole number. Errors: RangeError for one that a number of JavaScript cannot hold. */
function parseWhole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`The database holds ${text}, which is no safe integer.`);
  return value;
}

/**
 * One connection on loan from the pool.
 *
 * Safety: a connection on which a statement got no answer in time may still get it, so it must never be used again:
 * what follows on it fails at once, and it is closed when it is given back.
 */
class LoanedClient {
  readonly #client: PoolClient;
  #failure: Error | null = null;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    if (this.#failure !== null) throw this.#failure;
    try {
      const result = await this.#client.query(text, [...parameters]);
      return result as unknown as PostgresQueryResult<R>;
    } catch (error) {
      if (!isAnswer(error)) this.#failure = error as Error;
      throw error;
    }
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#failure !== null);
  }
}

/** Whether an error is what the server said about a statement, so that the connection is good. */
function isAnswer(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('severity' in error) || !('code' in error))
    return false;
  // Classes of errors after which the server closes the connection.
  return !/^(?:08|57P)/.test(String(error.code));
}

/** TLS as the address wants it; the files are read by the caller. */
export interface TlsFiles {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

function tlsOf(address: PostgresAddress, files: TlsFiles): PoolConfig['ssl'] {
  if (address.sslMode === 'disable') return false;
  const { host, sslMode } = address;
  return {
    ...files,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: sslMode !== 'require',
    // The name is that of the URL, also where it is an address, which the driver does not hand on. `verify-ca` trusts
    // whoever the authority signed for, whatever name is in the certificate.
    checkServerIdentity: (_, certificate) =>
      sslMode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}

/** Keeps a connection that breaks from ending the process: nobody listens to one on loan between two statements. */
function outliveBrokenConnections(pool: Pool): void {
  // An idle connection that breaks is replaced; whoever asks next is told if that cannot be.
  pool.on('error', () => {});
  // Whoever has one on loan is told by the next statement.
  pool.on('connect', (client) => client.on('error', () => {}));
}

/** Opens a pool of connections as Kysely uses it; `pg` is loaded only where there is a PostgreSQL database. */
export async function openPool(
  address: PostgresAddress,
  files: TlsFiles,
  bounds: PoolBounds,
): Promise<PostgresPool> {
  const { default: pg } = await import('pg');
  const { host, port, user, database, password, schema } = address;
  const pool: Pool = new pg.Pool({
    host,
    port,
    user,
    database,
    // A function, because an empty text would make `pg` look for one in the environment.
    password: () => password,
    ssl: tlsOf(address, files),
    application_name: 'portcullis',
    ...(schema === '' ? {} : { options: `-c search_path=${schema}` }),
    max: bounds.connections,
    connectionTimeoutMillis: bounds.connectMs,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    ...(bounds.statementMs === 0
      ? {}
      : { statement_timeout: bounds.statementMs, query_timeout: bounds.statementMs + GRACE_MS }),
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        WHOLE_NUMBER_TYPES.has(type) ? parseWhole : pg.types.getTypeParser(type, format as 'text'),
    } as PoolConfig['types'],
  });
  outliveBrokenConnections(pool);
  return {
    options: {},
    // Kysely reads with cursors only where it is given the class of one.
    connect: async () => new LoanedClient(await pool.connect()) as unknown as PostgresPoolClient,
    end: () => pool.end(),
  };
}
