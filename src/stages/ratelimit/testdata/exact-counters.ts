import type { CounterState, Counters, Hit } from '../../../core/limits.ts';

/**
 * Exact counters over a list of what was admitted: the interface without the table.
 *
 * Shape: of the windows that are full the one whose room comes latest, otherwise the one with the least left.
 */
export class ExactCounters implements Counters {
  readonly admitted: { key: string; atMs: number }[] = [];

  take(hits: readonly Hit[], nowMs: number, state: CounterState): void {
    Object.assign(state, {
      admitted: true,
      hit: 0,
      window: 'minute',
      limit: 0,
      remaining: Infinity,
      resetMs: 0,
    });
    for (const [i, hit] of hits.entries()) {
      this.#examine(i, hit, 'minute', hit.limits.perMinute, 60_000, nowMs, state);
      this.#examine(i, hit, 'hour', hit.limits.perHour, 3_600_000, nowMs, state);
      this.#examine(i, hit, 'day', hit.limits.perDay, 86_400_000, nowMs, state);
    }
    if (state.admitted) for (const hit of hits) this.admitted.push({ key: keyOf(hit), atMs: nowMs });
  }

  giveBack(hit: Hit, takenMs: number): void {
    const at = this.admitted.findIndex(({ key, atMs }) => key === keyOf(hit) && atMs === takenMs);
    if (at >= 0) this.admitted.splice(at, 1);
  }

  #examine(
    at: number,
    hit: Hit,
    window: CounterState['window'],
    limit: number,
    lengthMs: number,
    nowMs: number,
    state: CounterState,
  ): void {
    if (limit === 0) return;
    const times = this.admitted.filter(({ key, atMs }) => key === keyOf(hit) && atMs > nowMs - lengthMs);
    const full = times.length >= limit;
    const remaining = full ? 0 : limit - times.length - 1;
    const resetMs = (times[full ? times.length - limit : 0]?.atMs ?? nowMs) + lengthMs;
    const worse = full
      ? state.admitted || resetMs > state.resetMs
      : state.admitted && remaining < state.remaining;
    if (worse) Object.assign(state, { admitted: !full, hit: at, window, limit, remaining, resetMs });
  }
}

const keyOf = (hit: Hit) => `${hit.scope} ${hit.client}`;
