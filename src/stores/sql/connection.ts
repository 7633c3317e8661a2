import type { Kysely, Transaction } from 'kysely';
import type { ChangeKind } from '../../core/shared-records.ts';
import { noteChange } from './change-feed.ts';
import type { Tables } from './tables.ts';

/** Which database it is: the few places where SQL is not portable ask for it. */
export type DialectName = 'sqlite' | 'postgres';

/** The open database as the stores use it. */
export interface Connection {
  /** How the database is named to people. */
  readonly name: string;
  readonly dialect: DialectName;
  readonly db: Kysely<Tables>;
  /** Runs a query; whatever the database reports becomes an Unavailable. */
  query<T>(run: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs queries that take effect together or not at all; runs them again where the database gave way to another
   * writer, so they must change nothing else.
   */
  transaction<T>(run: (tx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs queries that change a record of which threads hold copies. In a database that several gateways share, the
   * others learn of it: the change and its number take effect together.
   */
  change<T>(kind: ChangeKind, id: string, run: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
}

const ATTEMPTS = 5;
/** Of PostgreSQL: could not serialise, deadlock detected. Nothing of the transaction took effect. */
const GAVE_WAY = new Set(['40001', '40P01']);

/** Wraps a database so that no error of it leaves without a name. */
export function connection(
  name: string,
  dialect: DialectName,
  db: Kysely<Tables>,
  explain: (error: unknown) => unknown,
): Connection {
  const query = async <T>(run: (db: Kysely<Tables>) => Promise<T>): Promise<T> => {
    try {
      return await run(db);
    } catch (error) {
      throw explain(error);
    }
  };
  const transaction = <T>(run: (tx: Transaction<Tables>) => Promise<T>): Promise<T> =>
    query(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await db.transaction().execute(run);
        } catch (error) {
          if (attempt === ATTEMPTS || !GAVE_WAY.has(String((error as { code?: unknown }).code))) throw error;
        }
      }
    });
  const change: Connection['change'] = (kind, id, run) =>
    dialect === 'sqlite'
      ? query(run)
      : transaction(async (tx) => {
          const result = await run(tx);
          await noteChange(tx, kind, id);
          return result;
        });
  return { name, dialect, db, query, transaction, change };
}

/** Cuts a list into pieces of at most `size`, because a statement takes a bounded number of values. */
export function* piecesOf<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
