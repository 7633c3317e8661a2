import type { RequestContext } from '../core/context.ts';
import type { KeyUsageNote } from '../core/key-usage.ts';
import type { LimitHour } from '../core/limit-activity.ts';
import type { Clock, Countries } from '../core/ports.ts';
import type { DecisionEntry } from '../core/records.ts';
import type { BypassUse, RuleHour } from '../core/waf-records.ts';
import type { Outcome } from '../proxy/record.ts';
import { KeyNotes } from './key-notes.ts';
import { LimitNotes } from './limit-notes.ts';
import { RuleNotes } from './rule-notes.ts';

const FLUSH_MS = 500;
/** Requests per second and thread whose record goes to the database as well: all refusals first, then a sample. */
const REFUSALS_PER_S = 500;
const PASSED_PER_S = 50;

/** What a thread noted of finished requests since it last told. */
export interface ThreadNotes {
  readonly usage: readonly KeyUsageNote[];
  readonly decisions: readonly DecisionEntry[];
  readonly limits: readonly LimitHour[];
  readonly rules: readonly RuleHour[];
  readonly bypasses: readonly BypassUse[];
}

type Send = (notes: ThreadNotes) => void;

/**
 * Collects what the control plane keeps of finished requests, and hands it over in batches.
 *
 * Cost: bounded per second, however many requests there are; the journal has every one.
 */
export class Notebook {
  readonly #clock: Clock;
  readonly #send: Send;
  readonly #usage: KeyNotes;
  readonly #limits = new LimitNotes();
  readonly #rules = new RuleNotes();
  #decisions: DecisionEntry[] = [];
  #refusals = 0;
  #passed = 0;
  #windowMs = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(clock: Clock, countries: Countries, send: Send) {
    this.#clock = clock;
    this.#usage = new KeyNotes(countries);
    this.#send = send;
  }

  note(ctx: RequestContext, outcome: Outcome, record: string): void {
    const nowMs = this.#clock.nowMs();
    this.#limits.note(ctx, outcome, nowMs);
    if (ctx.waf !== null)
      this.#rules.note(ctx.waf, outcome.effect === 'deny' && outcome.stage === 'waf', nowMs);
    const keyId = ctx.principal?.keyId ?? '';
    if (keyId !== '') this.#usage.note(keyId, ctx, outcome.status, outcome.durationMs, nowMs);
    if (nowMs - this.#windowMs >= 1000) {
      this.#windowMs = nowMs;
      this.#refusals = 0;
      this.#passed = 0;
    }
    const isRefusal = outcome.effect === 'deny' || ctx.observations !== null;
    const hasRoom = isRefusal ? this.#refusals++ < REFUSALS_PER_S : this.#passed++ < PASSED_PER_S;
    if (hasRoom) this.#decisions.push({ id: ctx.id, atMs: nowMs, record: record.trimEnd() });
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#limits.size === 0) return;
    const usage = this.#usage.take();
    const decisions = this.#decisions;
    this.#decisions = [];
    const rules = this.#rules.takeHours();
    const bypasses = this.#rules.takeUses();
    this.#send({ usage, decisions, limits: this.#limits.take(), rules, bypasses });
  }
}
