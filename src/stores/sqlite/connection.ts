import type { Kysely } from 'kysely';
import { asUnavailable } from './failures.ts';
import type { Tables } from './tables.ts';

/** The open database as the stores use it. */
export interface Connection {
  readonly path: string;
  readonly db: Kysely<Tables>;
  /** Runs a query; whatever SQLite reports becomes an Unavailable. */
  query<T>(run: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
}

/** Wraps a database so that no error of SQLite leaves it unnamed. */
export function connection(path: string, db: Kysely<Tables>): Connection {
  return {
    path,
    db,
    async query(run) {
      try {
        return await run(db);
      } catch (error) {
        throw asUnavailable(path, error);
      }
    },
  };
}

/** Cuts a list into pieces of at most `size`, because a statement takes a bounded number of values. */
export function* piecesOf<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
