import type { Insertable, Kysely, Selectable, Transaction } from 'kysely';
import { RULE_ORIGINS, type RuleFacts } from '../../core/waf.ts';
import {
  RULE_STATES,
  type RuleRecord,
  type RuleState,
  type RuleStore,
  ruleRecordId,
} from '../../core/waf-records.ts';
import { noteChange } from './change-feed.ts';
import { type Connection, piecesOf } from './connection.ts';
import type { Tables } from './tables.ts';

type Row = Selectable<Tables['waf_rules']>;
const PIECE = 50;
const MAX_TEXT = 256;
/** Time is added at most once in so long, whichever gateway comes first. */
const LEAST_STEP_MS = 50_000;

/** Safety: a state that nobody knows means that the rule blocks. */
function recordOf(row: Row): RuleRecord {
  return {
    recordId: row.record_id,
    id: Number(row.rule_id),
    fingerprint: row.fingerprint,
    origin: RULE_ORIGINS.find((known) => known === row.origin) ?? 'custom',
    set: row.rule_set,
    category: row.category,
    message: row.message,
    role: row.role === 'score' || row.role === 'prepare' ? row.role : 'detect',
    state: RULE_STATES.find((known) => known === row.state) ?? 'active',
    firstSeenAtMs: Number(row.first_seen_at_ms),
    triedMs: Number(row.tried_ms),
    trialMs: Number(row.trial_ms),
    decidedAtMs: Number(row.decided_at_ms),
    decidedBy: row.decided_by,
  };
}

function rowOf(
  rule: RuleFacts,
  state: RuleState,
  trialMs: number,
  nowMs: number,
): Insertable<Tables['waf_rules']> {
  return {
    record_id: ruleRecordId(rule),
    rule_id: rule.id,
    fingerprint: rule.fingerprint,
    origin: rule.origin,
    rule_set: rule.set,
    category: rule.category,
    message: rule.message.slice(0, MAX_TEXT),
    role: rule.role,
    state,
    first_seen_at_ms: nowMs,
    tried_ms: 0,
    counted_at_ms: 0,
    trial_ms: trialMs,
    decided_at_ms: 0,
    decided_by: '',
  };
}

/** The sets among the rules that were never loaded; they are noted as loaded from now on. */
async function newSets(
  tx: Transaction<Tables>,
  rules: readonly RuleFacts[],
  nowMs: number,
): Promise<Set<string>> {
  const sets = [...new Set(rules.filter(({ origin }) => origin === 'include').map(({ set }) => set))].sort();
  const found = new Set<string>();
  for (const name of sets) {
    const row = await tx
      .insertInto('waf_rule_sets')
      .values({ name, first_loaded_at_ms: nowMs })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returning('name')
      .executeTakeFirst();
    if (row !== undefined) found.add(name);
  }
  return found;
}

function startOf({ origin, role, set }: RuleFacts, fresh: ReadonlySet<string>): RuleState {
  if (origin === 'shipped' || role !== 'detect') return 'active';
  return origin === 'include' && fresh.has(set) ? 'active' : 'trial';
}

async function register(
  tx: Transaction<Tables>,
  rules: readonly RuleFacts[],
  trialMs: number,
  nowMs: number,
): Promise<RuleRecord[]> {
  const fresh = await newSets(tx, rules, nowMs);
  const known = await tx.selectFrom('waf_rules').select('record_id').execute();
  const ids = new Set(known.map(({ record_id }) => record_id));
  const rows = rules
    .filter((rule) => rule.origin !== 'shipped' && !ids.has(ruleRecordId(rule)))
    .map((rule) => rowOf(rule, startOf(rule, fresh), trialMs, nowMs))
    .sort((a, b) => (a.record_id < b.record_id ? -1 : 1));
  const added: RuleRecord[] = [];
  for (const piece of piecesOf(rows, PIECE)) {
    const done = await tx
      .insertInto('waf_rules')
      .values([...piece])
      .onConflict((conflict) => conflict.column('record_id').doNothing())
      .returningAll()
      .execute();
    added.push(...done.map(recordOf));
  }
  return added.filter(({ state }) => state === 'trial');
}

async function find(db: Kysely<Tables>, recordId: string): Promise<RuleRecord | null> {
  const row = await db
    .selectFrom('waf_rules')
    .selectAll()
    .where('record_id', '=', recordId)
    .executeTakeFirst();
  return row === undefined ? null : recordOf(row);
}

/** What is known about rules, in the database. */
export function sqlRuleStore(connection: Connection): RuleStore {
  return {
    register: (rules, trialMs, nowMs) =>
      connection.transaction(async (tx) => {
        const added = await register(tx, rules, trialMs, nowMs);
        if (connection.dialect === 'postgres')
          for (const { recordId } of added) await noteChange(tx, 'waf-rule', recordId);
        return added;
      }),

    list: () =>
      connection.query(async (db) => {
        const rows = await db.selectFrom('waf_rules').selectAll().orderBy('rule_id').execute();
        return rows.map(recordOf);
      }),

    find: (recordId) => connection.query((db) => find(db, recordId)),

    addTime: (recordIds, nowMs, mostMs) => addTime(connection, recordIds, nowMs, mostMs),

    decide: (recordId, from, { state, trialMs, by, atMs }) =>
      connection.change('waf-rule', recordId, async (db) => {
        const row = await db
          .updateTable('waf_rules')
          .set({ state, trial_ms: trialMs, decided_by: by, decided_at_ms: atMs })
          .where('record_id', '=', recordId)
          .where('state', '=', from)
          .returningAll()
          .executeTakeFirst();
        return row === undefined ? null : recordOf(row);
      }),
  };
}

/**
 * Adds to the time on trial.
 *
 * Safety: a clock that jumps ahead adds one step; one that is set back adds nothing once, and goes on from there.
 */
async function addTime(
  connection: Connection,
  recordIds: readonly string[],
  nowMs: number,
  mostMs: number,
): Promise<void> {
  for (const piece of piecesOf([...recordIds].sort(), PIECE)) {
    await connection.query((db) =>
      db
        .updateTable('waf_rules')
        .set((eb) => ({
          tried_ms: eb(
            'tried_ms',
            '+',
            eb
              .case()
              .when('counted_at_ms', '=', 0)
              .then(eb.lit(0))
              .when('counted_at_ms', '>', nowMs)
              .then(eb.lit(0))
              .when('counted_at_ms', '<', nowMs - mostMs)
              .then(eb.val(mostMs))
              .else(eb(eb.val(nowMs), '-', eb.ref('counted_at_ms')))
              .end(),
          ),
          counted_at_ms: nowMs,
        }))
        .where('record_id', 'in', [...piece])
        .where('state', '=', 'trial')
        .where((eb) =>
          eb.or([
            eb('counted_at_ms', '<=', nowMs - LEAST_STEP_MS),
            eb('counted_at_ms', '>', nowMs + LEAST_STEP_MS),
          ]),
        )
        .execute(),
    );
  }
}
