import type { Insertable, Selectable } from 'kysely';
import {
  EXCEPTION_SUBJECTS,
  type ExceptionChange,
  type LimitException,
  type LimitExceptionStore,
} from '../../core/limit-exceptions.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

type Row = Selectable<Tables['limit_exceptions']>;

function rowOf(one: LimitException): Insertable<Tables['limit_exceptions']> {
  return {
    id: one.id,
    subject: one.subject,
    issuer: one.issuer,
    value: one.value,
    change: JSON.stringify(one.change),
    api: one.api,
    endpoint: one.endpoint,
    limit_id: one.limit,
    owner: one.owner,
    reason: one.reason,
    approved_by: one.approvedBy,
    created_by: one.createdBy,
    created_at_ms: one.createdAtMs,
    expires_at_ms: one.expiresAtMs,
  };
}

const isAmount = (value: unknown, least: number): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= least;

/** Null for what cannot be read. */
function parseChange(text: string): ExceptionChange | null {
  let read: { kind?: unknown; tier?: unknown; factor?: unknown; numbers?: Record<string, unknown> };
  try {
    read = JSON.parse(text) ?? {};
  } catch {
    return null;
  }
  const { kind, tier, factor, numbers } = read;
  if (kind === 'tier' && typeof tier === 'string') return { kind, tier };
  if (kind === 'factor' && isAmount(factor, 0)) return { kind, factor };
  if (kind !== 'numbers' || typeof numbers !== 'object' || numbers === null) return null;
  const { perMinute, perHour, perDay, concurrent } = numbers;
  return isAmount(perMinute, 0) && isAmount(perHour, 0) && isAmount(perDay, 0) && isAmount(concurrent, 0)
    ? { kind, numbers: { perMinute, perHour, perDay, concurrent } }
    : null;
}

/** Safety: null for a row that a stranger or a newer version wrote: nobody's limits change because of it. */
function exceptionOf(row: Row): LimitException | null {
  const subject = EXCEPTION_SUBJECTS.find((known) => known === row.subject);
  const change = parseChange(row.change);
  if (subject === undefined || change === null) return null;
  return {
    id: row.id,
    subject,
    issuer: row.issuer,
    value: row.value,
    change,
    api: row.api,
    endpoint: row.endpoint,
    limit: row.limit_id,
    owner: row.owner,
    reason: row.reason,
    approvedBy: row.approved_by,
    createdBy: row.created_by,
    createdAtMs: Number(row.created_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
  };
}

/** The exceptions from limits in the database. */
export function sqlLimitExceptionStore(connection: Connection): LimitExceptionStore {
  return {
    add: (exception, forgetBeforeMs) =>
      connection.change('limit-exception', exception.id, async (db) => {
        await db.deleteFrom('limit_exceptions').where('expires_at_ms', '<', forgetBeforeMs).execute();
        await db.insertInto('limit_exceptions').values(rowOf(exception)).execute();
      }),

    list: () =>
      connection.query(async (db) => {
        const rows = await db
          .selectFrom('limit_exceptions')
          .selectAll()
          .orderBy('created_at_ms', 'desc')
          .orderBy('id')
          .execute();
        return rows.map(exceptionOf).filter((one) => one !== null);
      }),

    find: (id) =>
      connection.query(async (db) => {
        const row = await db
          .selectFrom('limit_exceptions')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst();
        return row === undefined ? null : exceptionOf(row);
      }),

    remove: (id) =>
      connection.change('limit-exception', id, async (db) => {
        const row = await db
          .deleteFrom('limit_exceptions')
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst();
        return row === undefined ? null : exceptionOf(row);
      }),
  };
}
