import type { Insertable, Selectable, Transaction } from 'kysely';
import type { BypassRecord, BypassStore, BypassUse } from '../../core/waf-records.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

type Row = Selectable<Tables['waf_bypasses']>;

function rowOf(one: BypassRecord): Insertable<Tables['waf_bypasses']> {
  return {
    id: one.id,
    network: one.network,
    rule_id: one.ruleId,
    path: one.path,
    parameter: one.parameter,
    owner: one.owner,
    reason: one.reason,
    requested_by: one.requestedBy,
    approver: one.approver,
    is_proven: Number(one.isProven),
    life_ms: one.lifeMs,
    created_at_ms: one.createdAtMs,
    approved_at_ms: one.approvedAtMs,
    expires_at_ms: one.expiresAtMs,
    ended_at_ms: one.endedAtMs,
    ended_by: one.endedBy,
  };
}

function bypassOf(row: Row): BypassRecord {
  return {
    id: row.id,
    network: row.network,
    ruleId: Number(row.rule_id),
    path: row.path,
    parameter: row.parameter,
    owner: row.owner,
    reason: row.reason,
    requestedBy: row.requested_by,
    approver: row.approver,
    isProven: Number(row.is_proven) === 1,
    lifeMs: Number(row.life_ms),
    createdAtMs: Number(row.created_at_ms),
    approvedAtMs: Number(row.approved_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    endedAtMs: Number(row.ended_at_ms),
    endedBy: row.ended_by,
  };
}

/** The bypasses in the database. */
export function sqlBypassStore(connection: Connection): BypassStore {
  return {
    add: (bypass, forgetBeforeMs) =>
      connection.change('waf-bypass', bypass.id, async (db) => {
        await db
          .deleteFrom('waf_bypasses')
          .where('expires_at_ms', '<', forgetBeforeMs)
          .where('ended_at_ms', '!=', 0)
          .execute();
        await db.insertInto('waf_bypasses').values(rowOf(bypass)).execute();
      }),

    list: () =>
      connection.query(async (db) => {
        const rows = await db
          .selectFrom('waf_bypasses')
          .selectAll()
          .orderBy('created_at_ms', 'desc')
          .orderBy('id')
          .execute();
        return rows.map(bypassOf);
      }),

    find: (id) =>
      connection.query(async (db) => {
        const row = await db.selectFrom('waf_bypasses').selectAll().where('id', '=', id).executeTakeFirst();
        return row === undefined ? null : bypassOf(row);
      }),

    ...bypassChanges(connection),
    ...bypassUses(connection),
  };
}

function bypassChanges(connection: Connection): Pick<BypassStore, 'approve' | 'end'> {
  return {
    approve: (id, by, approvedAtMs) =>
      connection.change('waf-bypass', id, async (db) => {
        const row = await db
          .updateTable('waf_bypasses')
          .set((eb) => ({
            approver: by,
            approved_at_ms: approvedAtMs,
            expires_at_ms: eb('life_ms', '+', approvedAtMs),
          }))
          .where('id', '=', id)
          .where('approved_at_ms', '=', 0)
          .where('ended_at_ms', '=', 0)
          .where('expires_at_ms', '>', approvedAtMs)
          .returningAll()
          .executeTakeFirst();
        return row === undefined ? null : bypassOf(row);
      }),

    end: (id, by, atMs) =>
      connection.change('waf-bypass', id, async (db) => {
        const row = await db
          .updateTable('waf_bypasses')
          .set({ ended_at_ms: Math.max(1, atMs), ended_by: by })
          .where('id', '=', id)
          .where('ended_at_ms', '=', 0)
          .returningAll()
          .executeTakeFirst();
        return row === undefined ? null : bypassOf(row);
      }),
  };
}

function bypassUses(connection: Connection): Pick<BypassStore, 'addUses' | 'listUses'> {
  return {
    addUses: (uses) =>
      uses.length === 0
        ? Promise.resolve()
        : connection.transaction(async (tx) => {
            // In one order, so that gateways never wait for each other.
            for (const use of [...uses].sort((a, b) => (a.id < b.id ? -1 : 1))) await addUse(tx, use);
          }),

    listUses: () =>
      connection.query(async (db) => {
        const rows = await db.selectFrom('waf_bypass_uses').selectAll().execute();
        return rows.map((row) => ({
          id: row.bypass_id,
          requests: Number(row.requests),
          wouldBlock: Number(row.would_block),
          lastAtMs: Number(row.last_at_ms),
        }));
      }),
  };
}

async function addUse(tx: Transaction<Tables>, use: BypassUse): Promise<void> {
  await tx
    .insertInto('waf_bypass_uses')
    .values({
      bypass_id: use.id,
      requests: use.requests,
      would_block: use.wouldBlock,
      last_at_ms: use.lastAtMs,
    })
    .onConflict((conflict) =>
      conflict.column('bypass_id').doUpdateSet((eb) => ({
        requests: eb('waf_bypass_uses.requests', '+', eb.ref('excluded.requests')),
        would_block: eb('waf_bypass_uses.would_block', '+', eb.ref('excluded.would_block')),
        last_at_ms: eb
          .case()
          .when('waf_bypass_uses.last_at_ms', '>', eb.ref('excluded.last_at_ms'))
          .then(eb.ref('waf_bypass_uses.last_at_ms'))
          .else(eb.ref('excluded.last_at_ms'))
          .end(),
      })),
    )
    .execute();
}
