import type { MetricsLedger } from '../control/metrics.ts';
import type { StandingProblems } from './standing-problems.ts';
import { Supervisor, type SupervisorOptions } from './supervisor.ts';

/** Makes the supervisor of the threads; a thread that ends is a standing problem until it serves again. */
export function superviseThreads(
  options: Pick<SupervisorOptions, 'threads' | 'dataFor' | 'onNews' | 'onEnded'>,
  ledger: MetricsLedger,
  problems: StandingProblems,
): Supervisor {
  return new Supervisor({
    ...options,
    onRestart: (thread, delayMs) => {
      ledger.retire(thread.id);
      for (const kind of ['journal', 'replay'] as const) problems.set(kind, String(thread.index), '');
      const why = thread.lastError === '' ? '' : `: ${thread.lastError.replace(/\.$/, '')}`;
      const sentence = `Data-plane thread ${thread.index} ended; it starts again in ${delayMs} ms${why}.`;
      problems.set('thread', String(thread.index), sentence);
    },
    onRestarted: (thread) => problems.set('thread', String(thread.index), ''),
  });
}
