import { testLimitStore } from '../../../test/support/limit-store-suite.ts';
import { createCounterTable } from './counter-table.ts';
import { memoryLimits } from './memory-limits.ts';
import { openCounters } from './shared-counters.ts';
import { createSlotTable } from './slot-table.ts';
import { openSlots } from './slots.ts';
import { NOW_MS } from './testdata/open-table.ts';

testLimitStore('limits in shared memory', {
  rule: { counting: 'strict', onUnavailable: 'local' },
  runs: 300,
  open() {
    let nowMs = NOW_MS;
    const counters = openCounters(createCounterTable({ clients: 100_000 }));
    const store = memoryLimits(counters, openSlots(createSlotTable({ places: 16_384, threads: 1 }), 0));
    return {
      store,
      nowMs: () => nowMs,
      advance(ms) {
        nowMs += ms;
      },
      settle: () => {},
      close: () => {},
    };
  },
});
