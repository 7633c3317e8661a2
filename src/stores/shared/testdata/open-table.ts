import { type Hit, type Limits, NO_LIMITS } from '../../../core/limits.ts';
import { createCounterTable } from '../counter-table.ts';
import { openCounters } from '../shared-counters.ts';
import { newState } from './new-state.ts';

/** A whole quantum of every window, so that nothing is rounded. */
export const NOW_MS = Date.UTC(2025, 0, 20, 12);

/** Makes a hit; windows that are not named are not limited. */
export const hit = (client: string, limits: Partial<Limits>, scope = 'tier'): Hit => ({
  scope,
  client,
  limits: { ...NO_LIMITS, ...limits },
  cost: 1,
});

/** Counters of a small table with one state, on a clock that the test turns. */
export function openTable(clients = 64) {
  const buffer = createCounterTable({ clients });
  const counters = openCounters(buffer);
  return {
    buffer,
    counters,
    nowMs: NOW_MS,
    state: newState(),
    take(...hits: Hit[]) {
      counters.take(hits, this.nowMs, this.state);
      return this.state.admitted;
    },
    takeMany(times: number, ...hits: Hit[]) {
      let admitted = 0;
      for (let i = 0; i < times; i++) if (this.take(...hits)) admitted++;
      return admitted;
    },
  };
}
