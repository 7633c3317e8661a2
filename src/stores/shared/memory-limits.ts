import type { LimitStore } from '../../core/limits.ts';
import type { SharedCounters } from './shared-counters.ts';
import type { Slots } from './slots.ts';

/**
 * Limits that are counted in the memory of this gateway, exactly across its threads.
 *
 * Shape: slots first, given back where the windows refuse; a refusal by slots has taken nothing from the windows. With null
 * slots are not limited.
 */
export function memoryLimits(counters: SharedCounters, slots: Slots | null = null): LimitStore {
  return {
    take(hits, _rule, nowMs, state) {
      if (slots !== null && !slots.take(hits, nowMs, state)) return state;
      let isAdmitted = false;
      try {
        counters.take(hits, nowMs, state);
        isAdmitted = state.admitted;
      } finally {
        if (slots !== null && !isAdmitted) giveSlotsBack(slots, hits);
      }
      return state;
    },
    release(scope, client) {
      slots?.release(scope, client);
    },
    giveBack(hit, _rule, takenMs, nowMs) {
      counters.giveBack(hit, takenMs, nowMs);
    },
  };
}

function giveSlotsBack(slots: Slots, hits: Parameters<Slots['take']>[0]): void {
  for (const { scope, client, limits } of hits) if (limits.concurrent > 0) slots.release(scope, client);
}
