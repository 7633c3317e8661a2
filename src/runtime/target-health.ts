import type { Log } from './gateway-log.ts';
import type { HealthChange, ToThread } from './messages.ts';
import type { StandingProblems } from './standing-problems.ts';

/** What the active health checks found out, for the threads that run and those that start later. */
export class TargetHealth {
  readonly #unhealthy = new Map<string, HealthChange>();
  readonly #problems: StandingProblems;
  readonly #log: Log;
  readonly #broadcast: (message: ToThread) => void;

  constructor(problems: StandingProblems, log: Log, broadcast: (message: ToThread) => void) {
    this.#problems = problems;
    this.#log = log;
    this.#broadcast = broadcast;
  }

  get unhealthy(): HealthChange[] {
    return [...this.#unhealthy.values()];
  }

  changed(upstream: string, origin: string, isHealthy: boolean, why: string): void {
    const change = { upstream, origin, isHealthy };
    const key = `${upstream} ${origin}`;
    if (isHealthy) this.#unhealthy.delete(key);
    else this.#unhealthy.set(key, change);
    this.#broadcast({ type: 'health', change });
    const target = `Target ${origin} of ${upstream}`;
    this.#problems.set('target', key, isHealthy ? '' : `${target} is out: ${why}.`);
    this.#log(isHealthy ? 'info' : 'warn', isHealthy ? `${target} is well.` : `${target} is out: ${why}.`);
  }
}
