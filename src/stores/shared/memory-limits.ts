import type { Counters, LimitStore } from '../../core/limits.ts';

/** Limits that are counted in the memory of this gateway, exactly across its threads. */
export function memoryLimits(counters: Counters): LimitStore {
  return {
    take(hits, _rule, nowMs, state) {
      counters.take(hits, nowMs, state);
      return state;
    },
    release() {},
    giveBack() {},
  };
}
