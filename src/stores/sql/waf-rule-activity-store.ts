import type { Insertable, Kysely, Transaction } from 'kysely';
import {
  type FalsePositive,
  RULE_HOURS_KEPT_DAYS,
  type RuleActivityStore,
  type RuleCount,
  type RuleHour,
} from '../../core/waf-records.ts';
import { DAY_MS } from '../../lib/time/day.ts';
import { type Connection, piecesOf } from './connection.ts';
import type { Tables } from './tables.ts';

const PIECE = 100;
const MAX_TEXT = 256;

type Row = Insertable<Tables['waf_rule_hours']>;
type Found = Insertable<Tables['waf_false_positives']>;

/** Adds up rows of one key: a statement may touch a row only once. In one order, so that gateways never wait for each other. */
function sumRows(hours: readonly RuleHour[]): Row[] {
  const sums = new Map<string, Row>();
  for (const { hourMs, counts } of hours) {
    for (const { ruleId, category, matches, blocks, wouldBlocks } of counts) {
      const key = JSON.stringify([hourMs, category, ruleId]);
      const sum = sums.get(key);
      sums.set(key, {
        hour_ms: hourMs,
        category: category.slice(0, MAX_TEXT),
        rule_id: ruleId,
        matches: matches + Number(sum?.matches ?? 0),
        blocks: blocks + Number(sum?.blocks ?? 0),
        would_blocks: wouldBlocks + Number(sum?.would_blocks ?? 0),
      });
    }
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

async function addRows(tx: Transaction<Tables>, rows: readonly Row[]): Promise<void> {
  for (const piece of piecesOf(rows, PIECE)) {
    await tx
      .insertInto('waf_rule_hours')
      .values([...piece])
      .onConflict((conflict) =>
        conflict.columns(['hour_ms', 'category', 'rule_id']).doUpdateSet((eb) => ({
          matches: eb('waf_rule_hours.matches', '+', eb.ref('excluded.matches')),
          blocks: eb('waf_rule_hours.blocks', '+', eb.ref('excluded.blocks')),
          would_blocks: eb('waf_rule_hours.would_blocks', '+', eb.ref('excluded.would_blocks')),
        })),
      )
      .execute();
  }
}

function rowOf(one: FalsePositive): Found {
  return {
    request_id: one.requestId,
    rule_id: one.ruleId,
    category: one.category,
    at_ms: one.atMs,
    was_blocked: Number(one.wasBlocked),
    path: one.path.slice(0, MAX_TEXT),
    variable: one.variable.slice(0, MAX_TEXT),
    confirmed_at_ms: one.confirmedAtMs,
    confirmed_by: one.confirmedBy,
  };
}

function foundOf(row: Found): FalsePositive {
  return {
    requestId: row.request_id,
    ruleId: Number(row.rule_id),
    category: row.category,
    atMs: Number(row.at_ms),
    wasBlocked: Number(row.was_blocked) === 1,
    path: row.path,
    variable: row.variable,
    confirmedAtMs: Number(row.confirmed_at_ms),
    confirmedBy: row.confirmed_by,
  };
}

async function sumHours(db: Kysely<Tables>, fromMs: number, toMs: number): Promise<RuleCount[]> {
  const rows = await db
    .selectFrom('waf_rule_hours')
    .select((eb) => [
      'category',
      'rule_id',
      eb.fn.sum('matches').as('matches'),
      eb.fn.sum('blocks').as('blocks'),
      eb.fn.sum('would_blocks').as('would_blocks'),
    ])
    .where('hour_ms', '>=', fromMs)
    .where('hour_ms', '<', toMs)
    .groupBy(['category', 'rule_id'])
    .orderBy('category')
    .orderBy('rule_id')
    .execute();
  return rows.map((row) => ({
    ruleId: Number(row.rule_id),
    category: row.category,
    matches: Number(row.matches),
    blocks: Number(row.blocks),
    wouldBlocks: Number(row.would_blocks),
  }));
}

/** What rules did, in the database. */
export function sqlRuleActivityStore(connection: Connection): RuleActivityStore {
  return {
    addHours: (hours) =>
      hours.length === 0 ? Promise.resolve() : connection.transaction((tx) => addRows(tx, sumRows(hours))),

    sumHours: (fromMs, toMs) => connection.query((db) => sumHours(db, fromMs, toMs)),

    ...confirmations(connection),

    prune: (nowMs) =>
      connection.query(async (db) => {
        const beforeMs = nowMs - RULE_HOURS_KEPT_DAYS * DAY_MS;
        await db.deleteFrom('waf_rule_hours').where('hour_ms', '<', beforeMs).execute();
        await db.deleteFrom('waf_false_positives').where('at_ms', '<', beforeMs).execute();
      }),
  };
}

function confirmations(connection: Connection): Pick<RuleActivityStore, 'confirm' | 'listConfirmed'> {
  return {
    confirm: (found) =>
      found.length === 0
        ? Promise.resolve([])
        : connection.query(async (db) => {
            const rows = await db
              .insertInto('waf_false_positives')
              .values(found.map(rowOf))
              .onConflict((conflict) => conflict.columns(['request_id', 'rule_id']).doNothing())
              .returningAll()
              .execute();
            return rows.map(foundOf);
          }),

    listConfirmed: (fromMs, toMs) =>
      connection.query(async (db) => {
        const rows = await db
          .selectFrom('waf_false_positives')
          .selectAll()
          .where('at_ms', '>=', fromMs)
          .where('at_ms', '<', toMs)
          .orderBy('at_ms')
          .orderBy('rule_id')
          .execute();
        return rows.map(foundOf);
      }),
  };
}
