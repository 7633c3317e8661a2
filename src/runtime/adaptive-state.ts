import type { AdaptiveShare } from '../core/adaptive-actions.ts';
import type { WindowBatch } from '../lib/anomaly/window-batch.ts';

/** What data-plane threads are told about adaptive limits. */
export interface AdaptiveState {
  /** Whether they count what clients do. */
  readonly isCounting: boolean;
  /** Clients that a thread counts at once, of addresses and of principals. */
  readonly rows: number;
  /** The same for all threads, so that what they counted can be added up; not to be foreseen by clients. */
  readonly seed: number;
  /** The clients whose limits are smaller now. */
  readonly shares: readonly AdaptiveShare[];
}

/** What a thread has counted in a window. */
export interface ThreadWindow {
  readonly principals: WindowBatch;
  readonly addresses: WindowBatch;
}
