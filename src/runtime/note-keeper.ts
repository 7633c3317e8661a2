import { setTimeout as pause } from 'node:timers/promises';
import type { UsageStore } from '../core/key-usage.ts';
import type { LimitActivityStore } from '../core/limit-activity.ts';
import type { Clock } from '../core/ports.ts';
import type { DecisionStore } from '../core/records.ts';
import type { WafStores } from '../core/waf-records.ts';
import type { ThreadNotes } from './notebook.ts';
import type { StandingProblems } from './standing-problems.ts';

/** What is written. */
interface NoteStores {
  readonly usage: UsageStore;
  readonly decisions: DecisionStore;
  readonly limitActivity: LimitActivityStore;
  readonly waf: Pick<WafStores, 'activity' | 'bypasses'>;
}

/** Time between two rounds of deleting what is too old or too many. */
const PRUNE_MS = 5_000;
/** How often hours are looked at that are deleted after a year: there is one more of them each hour. */
const PRUNE_HOURS_MS = 3_600_000;
/** Time between two steps of one round: the store works in the main thread, which has other things to do. */
const STEP_PAUSE_MS = 20;
/** Batches that wait for a slow database at most; of each thread there are two a second. */
const MAX_WAITING = 64;

/**
 * Writes what threads noted of requests into the store, and deletes what is beyond its bounds.
 *
 * Errors: never throws; a store that fails is a standing problem, and what it did not take is lost: the journal has
 * every record.
 */
export class NoteKeeper {
  readonly #stores: NoteStores;
  readonly #clock: Clock;
  readonly #problems: StandingProblems;
  readonly #pruner: NodeJS.Timeout;
  #isClosed = false;
  #pruning: Promise<void> | null = null;
  #hoursPrunedMs = Number.NEGATIVE_INFINITY;
  /** Whether the database did what it was asked to the last time. */
  #isWell = true;
  /** Batches that are not written yet. */
  #waiting = 0;
  /** The batch that is being written and all before it. */
  #written: Promise<void> = Promise.resolve();

  constructor(stores: NoteStores, clock: Clock, problems: StandingProblems) {
    this.#stores = stores;
    this.#clock = clock;
    this.#problems = problems;
    this.#pruner = setInterval(() => {
      this.#pruning ??= this.#prune().finally(() => {
        this.#pruning = null;
      });
    }, PRUNE_MS);
    this.#pruner.unref();
  }

  keep(notes: ThreadNotes): void {
    if (this.#waiting === MAX_WAITING) {
      return this.#problems.set(
        'database',
        'slow',
        'The database is too slow: usage and decisions are lost.',
      );
    }
    this.#waiting++;
    this.#written = this.#written.then(async () => {
      // A database that does not answer must not keep the gateway from stopping, once for every batch.
      if (!this.#isClosed || this.#isWell) await this.#try(() => this.#write(notes));
      this.#waiting--;
      if (this.#waiting === 0) this.#problems.set('database', 'slow', '');
    });
  }

  /** Resolves when nothing of this uses the store any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // Whatever failed before, it is tried once more.
    this.#isWell = true;
    clearInterval(this.#pruner);
    await this.#pruning;
    await this.#written;
  }

  async #write({ usage, decisions, limits, rules, bypasses }: ThreadNotes): Promise<void> {
    await this.#stores.limitActivity.addHours(limits);
    if (rules.length > 0) await this.#stores.waf.activity.addHours(rules);
    if (bypasses.length > 0) await this.#stores.waf.bypasses.addUses(bypasses);
    await this.#stores.usage.addUsage(usage);
    await this.#stores.decisions.addDecisions(decisions);
  }

  async #pruneHours(nowMs: number): Promise<void> {
    if (Math.abs(nowMs - this.#hoursPrunedMs) < PRUNE_HOURS_MS) return;
    await this.#stores.limitActivity.pruneHours(nowMs);
    await this.#stores.waf.activity.prune(nowMs);
    this.#hoursPrunedMs = nowMs;
  }

  async #prune(): Promise<void> {
    await this.#try(async () => {
      await this.#pruneHours(this.#clock.nowMs());
      while (!this.#isClosed && (await this.#stores.decisions.pruneDecisions(this.#clock.nowMs())) > 0)
        await pause(STEP_PAUSE_MS);
    });
  }

  async #try(run: () => Promise<void>): Promise<void> {
    try {
      await run();
      this.#isWell = true;
      this.#problems.set('database', '', '');
    } catch (error) {
      this.#isWell = false;
      this.#problems.set('database', '', (error as Error).message);
    }
  }
}
