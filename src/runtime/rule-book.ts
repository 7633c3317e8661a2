import { ruleGovernanceOf } from '../control/rule-governance.ts';
import type { Notice } from '../core/notices.ts';
import type { Clock } from '../core/ports.ts';
import type { RuleFacts } from '../core/waf.ts';
import type { RuleStore } from '../core/waf-records.ts';
import type { Database } from '../stores/sql/open-database.ts';
import type { LoadedConfig } from './config-source.ts';
import type { NoticeBoard } from './notice-board.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { StandingProblems } from './standing-problems.ts';

const MAX_NAMED = 20;

export interface RuleBookParts {
  readonly clock: Clock;
  readonly rules: Pick<RuleStore, 'register'>;
  readonly problems: StandingProblems;
  readonly raise: (notice: Notice) => void;
  /** Tells the threads of this gateway; the others learn of it from the database. */
  readonly distribute: (recordIds: readonly string[]) => Promise<unknown>;
}

/**
 * Notes the rules of a configuration before it comes into force.
 *
 * Safety: where the database cannot be used, rules of the operator's own that nobody knows are on trial and all others
 * block, so nothing that blocked stops to; it is tried again once a minute.
 */
export class RuleBook {
  readonly #parts: RuleBookParts;
  /** What could not be noted; null when all was. */
  #waiting: { readonly rules: readonly RuleFacts[]; readonly trialMs: number } | null = null;

  constructor(parts: RuleBookParts) {
    this.#parts = parts;
  }

  /** Notes the rules of a configuration. Never rejects. */
  registerOf({ rules, config }: LoadedConfig): Promise<void> {
    return this.register(rules, ruleGovernanceOf(config.governance).trialMs);
  }

  /** Never rejects. */
  async register(rules: readonly RuleFacts[], trialMs: number): Promise<void> {
    const { clock, problems, raise, distribute } = this.#parts;
    this.#waiting = { rules, trialMs };
    try {
      const onTrial =
        rules.length === 0 ? [] : await this.#parts.rules.register(rules, trialMs, clock.nowMs());
      if (onTrial.length > 0) {
        await distribute(onTrial.map(({ recordId }) => recordId));
        raise(noticeOf(onTrial, clock.nowMs()));
      }
      this.#waiting = null;
      problems.set('waf-records', 'rules', '');
    } catch (error) {
      const why = `Rules that are new could not be noted, those of your own only log: ${(error as Error).message}`;
      problems.set('waf-records', 'rules', why);
    }
  }

  /** Tries again what could not be noted. Never rejects. */
  async retry(): Promise<void> {
    if (this.#waiting !== null) await this.register(this.#waiting.rules, this.#waiting.trialMs);
  }
}

function noticeOf(onTrial: readonly RuleFacts[], nowMs: number): Notice {
  const ids = onTrial.map(({ id }) => String(id));
  return {
    kind: 'waf.rule-on-trial',
    dedupeKey: `${nowMs} ${ids.slice(0, 5).join(' ')}`,
    payload: { rules: ids.length, ruleIds: ids.slice(0, MAX_NAMED) },
  };
}

/** The rule book of a gateway. */
export function openRuleBook(
  {
    database,
    clock,
    problems,
    notices,
  }: {
    readonly database: Database;
    readonly clock: Clock;
    readonly problems: StandingProblems;
    readonly notices: NoticeBoard;
  },
  records: RecordKeeper,
): RuleBook {
  return new RuleBook({
    clock,
    rules: database.waf.rules,
    problems,
    raise: (notice) => notices.raise(notice),
    distribute: (ids) => records.tellOwnThreads(ids),
  });
}
