import { type Kysely, type Selectable, sql } from 'kysely';
import type { UserRecord, UserStore } from '../../core/users.ts';
import type { Connection } from './connection.ts';
import { damaged } from './failures.ts';
import { takeAttempt } from './login-attempts.ts';
import { secondFactors } from './second-factors.ts';
import type { Tables } from './tables.ts';
import { parseUserRow, rowOfUser, userColumns } from './user-rows.ts';

/** The pattern for names that begin so; `!` escapes. */
const beginningWith = (prefix: string): string => `${prefix.replace(/[!%_]/g, '!$&')}%`;

/** Inserts unless id or name is taken; whether it did. */
async function insertUser(db: Kysely<Tables>, record: UserRecord): Promise<boolean> {
  const result = await db
    .insertInto('users')
    .values(rowOfUser(record))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
}

async function insertLink(db: Kysely<Tables>, row: Tables['user_links']): Promise<boolean> {
  const result = await db
    .insertInto('user_links')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
}

const TAKEN = Symbol('taken');

/** Makes user and link together, or neither. */
async function insertLinked(db: Kysely<Tables>, record: UserRecord, issuer: string, subject: string) {
  try {
    await db.transaction().execute(async (tx) => {
      const link = { issuer, subject, user_id: record.id, created_at_ms: record.createdAtMs };
      if (!(await insertUser(tx, record)) || !(await insertLink(tx, link))) throw TAKEN;
    });
    return true;
  } catch (error) {
    if (error === TAKEN) return false;
    throw error;
  }
}

/** The users in the database. */
export function sqlUserStore(connection: Connection): UserStore {
  const recordOf = (row: Selectable<Tables['users']> | undefined): UserRecord | null => {
    if (row === undefined) return null;
    const record = parseUserRow(row);
    if (record === null) throw damaged(connection.name, `user ${row.id} cannot be read`);
    return record;
  };
  const findBy = (column: 'id' | 'name_key', value: string): Promise<UserRecord | null> =>
    connection.query(async (db) =>
      recordOf(await db.selectFrom('users').selectAll().where(column, '=', value).executeTakeFirst()),
    );

  return {
    ...secondFactors(connection, (id) => findBy('id', id)),
    find: (id) => findBy('id', id),
    findByName: (nameKey) => findBy('name_key', nameKey),
    create: (record) => connection.query((db) => insertUser(db, record)),
    createLinked: (record, issuer, subject) =>
      connection.query((db) => insertLinked(db, record, issuer, subject)),

    findLinked: (issuer, subject) =>
      connection.query(async (db) => {
        const row = await db
          .selectFrom('users')
          .innerJoin('user_links', 'user_links.user_id', 'users.id')
          .selectAll('users')
          .where('user_links.issuer', '=', issuer)
          .where('user_links.subject', '=', subject)
          .executeTakeFirst();
        return recordOf(row);
      }),

    list: ({ namePrefix, after, limit }) =>
      connection.query(async (db) => {
        let query = db.selectFrom('users').selectAll().orderBy('name_key').limit(limit);
        if (after !== '') query = query.where('name_key', '>', after);
        if (namePrefix !== '') {
          query = query.where(sql<boolean>`name_key like ${beginningWith(namePrefix)} escape '!'`);
        }
        return (await query.execute()).map((row) => recordOf(row) as UserRecord);
      }),

    update: (id, changes) =>
      connection.query(async (db) => {
        const columns = userColumns(changes);
        if (Object.keys(columns).length > 0) {
          await db.updateTable('users').set(columns).where('id', '=', id).execute();
        }
        return findBy('id', id);
      }),

    renewPasswordHash: (id, known, renewed) =>
      connection.query(async (db) => {
        await db
          .updateTable('users')
          .set({ password_hash: renewed })
          .where('id', '=', id)
          .where('password_hash', '=', known)
          .execute();
      }),

    delete: (id) =>
      connection.query(async (db) => {
        const result = await db.deleteFrom('users').where('id', '=', id).executeTakeFirst();
        return Number(result.numDeletedRows) === 1;
      }),

    takeAttempt: (id, nowMs) => connection.query((db) => takeAttempt(db, id, nowMs)),

    returnAttempt: (id) =>
      connection.query(async (db) => {
        await db
          .updateTable('users')
          .set((eb) => ({ failed_attempts: eb('failed_attempts', '-', 1), paused_until_ms: 0 }))
          .where('id', '=', id)
          .where('failed_attempts', '>', 0)
          .execute();
      }),

    clearAttempts: (id) =>
      connection.query(async (db) => {
        await db
          .updateTable('users')
          .set({ failed_attempts: 0, paused_until_ms: 0 })
          .where('id', '=', id)
          .execute();
      }),

    completeLogin: (id, nowMs) =>
      connection.query(async (db) => {
        await db
          .updateTable('users')
          .set({ failed_attempts: 0, paused_until_ms: 0, last_login_at_ms: nowMs })
          .where('id', '=', id)
          .execute();
      }),
  };
}
