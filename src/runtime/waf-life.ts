import { payloadOf } from '../control/bypass-operations.ts';
import type { RuleGovernance } from '../control/services.ts';
import type { Notice } from '../core/notices.ts';
import type { Clock } from '../core/ports.ts';
import { falsePositiveRate, figuresOf, trialVerdict } from '../core/rule-trials.ts';
import type { RuleFacts } from '../core/waf.ts';
import {
  type BypassRecord,
  type BypassUse,
  type RuleRecord,
  ruleRecordId,
  type WafStores,
} from '../core/waf-records.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { Rounds } from './rounds.ts';
import type { StandingProblems } from './standing-problems.ts';

const HOUR_MS = 3_600_000;
/** How long before a bypass ends somebody should hear of it; of one for a shorter time nobody does. */
const NOTICE_MS = HOUR_MS / 2;
/** What one round adds to a trial at most, see `RuleStore.addTime`. */
const STEP_MS = 120_000;
/** The period over which the false positives of rules that block are looked at. */
const BUDGET_DAYS = 30;
/** Fewer confirmed false positives than this say nothing about a rule that blocks. */
const LEAST_CONFIRMED = 2;

export interface WafLifeParts {
  readonly clock: Clock;
  readonly stores: WafStores;
  readonly problems: StandingProblems;
  readonly raise: (notice: Notice) => void;
  readonly governance: () => RuleGovernance;
  /** The rules of the plan in force. */
  readonly rules: () => readonly RuleFacts[];
  readonly book: { retry(): Promise<void> };
  readonly distributeTrials: (recordIds: readonly string[]) => Promise<unknown>;
}

/** The notice that the coming end of a bypass calls for now; null for none. */
export function bypassEndNotice(one: BypassRecord, nowMs: number): Notice | null {
  const leftMs = one.expiresAtMs - nowMs;
  if (one.approvedAtMs === 0 || one.endedAtMs !== 0) return null;
  if (leftMs <= 0 || leftMs > NOTICE_MS || one.lifeMs <= NOTICE_MS) return null;
  const payload = { ...payloadOf(one, one.requestedBy), minutesLeft: Math.ceil(leftMs / 60_000) };
  return { kind: 'waf.bypass-expires-soon', dedupeKey: one.id, payload };
}

/** The notice that uses of a bypass call for: at the first request that would have been blocked, and at each ten times as many. */
export function bypassUseNotice(one: BypassRecord, use: BypassUse | undefined): Notice | null {
  if (use === undefined || use.wouldBlock === 0) return null;
  const payload = { ...payloadOf(one, one.requestedBy), requests: use.requests, letThrough: use.wouldBlock };
  const step = Math.floor(Math.log10(use.wouldBlock));
  return { kind: 'waf.bypass-used', dedupeKey: `${one.id} ${step}`, payload };
}

/**
 * Watches over bypasses and trials of rules, once a minute.
 *
 * Safety: a bypass ends without this: each thread knows when. A rule gets through its trial only here; while the database
 * cannot be used it stays on trial.
 */
export class WafLife {
  readonly #parts: WafLifeParts;
  readonly #rounds = new Rounds(() => this.#look());

  constructor(parts: WafLifeParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when nothing of this uses the store any more. */
  close(): Promise<void> {
    return this.#rounds.close();
  }

  /** Does what is due now. Never rejects. */
  round(): Promise<void> {
    return this.#rounds.round();
  }

  async #look(): Promise<void> {
    const { problems, book } = this.#parts;
    await book.retry();
    try {
      await this.#bypasses();
      await this.#trials();
      await this.#budgets();
      problems.set('waf-records', 'life', '');
    } catch (error) {
      const why = `Bypasses of the WAF and trials of rules are not watched over: ${(error as Error).message}`;
      problems.set('waf-records', 'life', why);
    }
  }

  /** Safety: what is over is noted as ended, so that a clock that is set back cannot bring it back. */
  async #bypasses(): Promise<void> {
    const { clock, stores, raise } = this.#parts;
    const nowMs = clock.nowMs();
    const uses = new Map((await stores.bypasses.listUses()).map((use) => [use.id, use]));
    for (const one of await stores.bypasses.list()) {
      if (one.endedAtMs === 0 && nowMs >= one.expiresAtMs) await stores.bypasses.end(one.id, '', nowMs);
      for (const notice of [bypassEndNotice(one, nowMs), bypassUseNotice(one, uses.get(one.id))])
        if (notice !== null) raise(notice);
    }
  }

  async #trials(): Promise<void> {
    const { clock, stores, governance, rules } = this.#parts;
    const nowMs = clock.nowMs();
    const loaded = new Set(rules().map(ruleRecordId));
    const onTrial = (await stores.rules.list()).filter(
      ({ state, recordId }) => state === 'trial' && loaded.has(recordId),
    );
    if (onTrial.length === 0) return;
    await stores.rules.addTime(
      onTrial.map(({ recordId }) => recordId),
      nowMs,
      STEP_MS,
    );
    const { falsePositiveBudget } = governance();
    for (const rule of onTrial) await this.#judge(rule, falsePositiveBudget, nowMs);
  }

  async #judge(rule: RuleRecord, budget: number, nowMs: number): Promise<void> {
    const { stores, raise, distributeTrials } = this.#parts;
    if (rule.triedMs < rule.trialMs) return;
    const fromMs = rule.firstSeenAtMs - (rule.firstSeenAtMs % HOUR_MS);
    const counts = await stores.activity.sumHours(fromMs, Number.MAX_SAFE_INTEGER);
    const confirmed = await stores.activity.listConfirmed(fromMs, Number.MAX_SAFE_INTEGER);
    const figures = figuresOf(rule.id, counts, confirmed);
    const state = trialVerdict(rule, figures, budget);
    if (state === null) return;
    const to = { state, trialMs: rule.trialMs, by: '', atMs: nowMs };
    // Another gateway may have been first.
    if ((await stores.rules.decide(rule.recordId, 'trial', to)) === null) return;
    await distributeTrials([rule.recordId]);
    const rate = falsePositiveRate(figures) ?? 0;
    raise({
      kind: state === 'active' ? 'waf.rule-promoted' : 'waf.rule-held',
      dedupeKey: `${rule.recordId} ${nowMs}`,
      payload: { ruleId: rule.id, category: rule.category, ...figures, rate, budget },
    });
  }

  async #budgets(): Promise<void> {
    const { clock, stores, governance, raise } = this.#parts;
    const nowMs = clock.nowMs();
    const fromMs = nowMs - BUDGET_DAYS * DAY_MS;
    const confirmed = await stores.activity.listConfirmed(fromMs, Number.MAX_SAFE_INTEGER);
    const noted = new Set(
      (await stores.rules.list()).flatMap(({ id, state }) => (state === 'active' ? [] : [id])),
    );
    const ids = new Set(
      confirmed.flatMap(({ ruleId, wasBlocked }) => (wasBlocked && !noted.has(ruleId) ? [ruleId] : [])),
    );
    if (ids.size === 0) return;
    const counts = await stores.activity.sumHours(fromMs - (fromMs % HOUR_MS), Number.MAX_SAFE_INTEGER);
    const { falsePositiveBudget: budget } = governance();
    for (const id of ids) {
      const figures = figuresOf(id, counts, confirmed);
      const rate = falsePositiveRate(figures) ?? 0;
      if (rate <= budget || figures.confirmed < LEAST_CONFIRMED) continue;
      const payload = { ruleId: id, ...figures, rate, budget, days: BUDGET_DAYS };
      raise({
        kind: 'waf.false-positives',
        dedupeKey: `${id} ${Math.floor(nowMs / DAY_MS / BUDGET_DAYS)}`,
        payload,
      });
    }
  }
}
