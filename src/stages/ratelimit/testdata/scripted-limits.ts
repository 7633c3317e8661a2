import {
  type CounterState,
  type CountingRule,
  type Hit,
  type LimitStore,
  newCounterState,
} from '../../../core/limits.ts';

/** A store that answers what a test says, notes what it was asked, and counts slots. */
export class ScriptedLimits implements LimitStore {
  /** What the next answers say beside that the request is admitted. */
  answer: Partial<CounterState> = {};
  /** Holds the answers back until `settle`. */
  isSlow = false;
  readonly taken: Hit[][] = [];
  readonly rules: CountingRule[] = [];
  readonly slots = new Map<string, number>();
  /** What was told with slots that were given back. */
  readonly notes: number[] = [];
  readonly #waiting: (() => void)[] = [];

  take(
    hits: readonly Hit[],
    rule: CountingRule,
    nowMs: number,
    state: CounterState,
  ): CounterState | Promise<CounterState> {
    const copies = hits.map((hit) => ({ ...hit }));
    this.taken.push(copies);
    this.rules.push(rule);
    const first = copies[0]?.limits.perMinute ?? 0;
    const said = { admitted: true, limit: first, remaining: first - 1, resetMs: nowMs + 60_000, ...this.answer };
    if (said.admitted)
      for (const hit of copies) if (hit.limits.concurrent > 0) this.#add(hit, 1);
    if (!this.isSlow) return Object.assign(state, newCounterState(), said);
    const { promise, resolve } = Promise.withResolvers<CounterState>();
    this.#waiting.push(() => resolve({ ...newCounterState(), ...said }));
    return promise;
  }

  release(scope: string, client: string, _rule: CountingRule, slotNote: number): void {
    this.notes.push(slotNote);
    this.#add({ scope, client }, -1);
  }

  giveBack(): void {}

  /** Lets every answer that waits go. */
  settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #add({ scope, client }: Pick<Hit, 'scope' | 'client'>, by: number): void {
    const key = `${scope} ${client}`;
    this.slots.set(key, (this.slots.get(key) ?? 0) + by);
  }
}
