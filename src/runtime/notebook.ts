import type { RequestContext } from '../core/context.ts';
import type { Clock } from '../core/ports.ts';
import type { DecisionEntry, KeyUsage } from '../core/records.ts';
import type { Outcome } from '../proxy/record.ts';

const FLUSH_MS = 500;
/** Requests per second and thread whose record goes to the database as well: all refusals first, then a sample. */
const REFUSALS_PER_S = 500;
const PASSED_PER_S = 50;

type Send = (usage: readonly KeyUsage[], decisions: readonly DecisionEntry[]) => void;

/**
 * Collects what the control plane keeps of finished requests, and hands it over in batches.
 *
 * Cost: bounded per second, however many requests there are; the journal has every one.
 */
export class Notebook {
  readonly #clock: Clock;
  readonly #send: Send;
  readonly #usage = new Map<string, { requests: number; errors: number; lastUsedAtMs: number }>();
  #decisions: DecisionEntry[] = [];
  #refusals = 0;
  #passed = 0;
  #windowMs = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(clock: Clock, send: Send) {
    this.#clock = clock;
    this.#send = send;
  }

  note(ctx: RequestContext, outcome: Outcome, record: string): void {
    const nowMs = this.#clock.nowMs();
    const keyId = ctx.principal?.keyId ?? '';
    if (keyId !== '') this.#count(keyId, outcome.status, nowMs);
    if (nowMs - this.#windowMs >= 1000) {
      this.#windowMs = nowMs;
      this.#refusals = 0;
      this.#passed = 0;
    }
    const isRefusal = outcome.effect === 'deny' || ctx.observations !== null;
    const hasRoom = isRefusal ? this.#refusals++ < REFUSALS_PER_S : this.#passed++ < PASSED_PER_S;
    if (hasRoom) this.#decisions.push({ id: ctx.id, atMs: nowMs, record: record.trimEnd() });
    if (hasRoom || this.#usage.size > 0) this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#usage.size === 0 && this.#decisions.length === 0) return;
    const usage = [...this.#usage].map(([keyId, counts]) => ({ keyId, ...counts }));
    const decisions = this.#decisions;
    this.#usage.clear();
    this.#decisions = [];
    this.#send(usage, decisions);
  }

  #count(keyId: string, status: number, nowMs: number): void {
    const counts = this.#usage.get(keyId) ?? { requests: 0, errors: 0, lastUsedAtMs: 0 };
    counts.requests++;
    if (status >= 400) counts.errors++;
    counts.lastUsedAtMs = nowMs;
    this.#usage.set(keyId, counts);
  }
}
