import type { UpstreamSettings } from '../core/upstream.ts';
import type { TimerWheel } from '../lib/time/timer-wheel.ts';
import { UpstreamTarget } from './upstream-target.ts';

/** The targets of one upstream with their connections. */
export class UpstreamPool {
  readonly settings: UpstreamSettings;
  readonly targets: readonly UpstreamTarget[];
  #next = 0;

  constructor(settings: UpstreamSettings, wheel: TimerWheel) {
    this.settings = settings;
    this.targets = settings.targets.map((origin) => new UpstreamTarget(origin, settings, wheel));
  }

  /**
   * Picks a target that is available, preferring one that was not tried; null when there is none.
   *
   * Safety: what a few failed requests tell is a guess, which a client can bring about with slow requests. So when it
   * has taken out every target that its health checks do not call ill, the first attempt goes to the one that is back
   * soonest: only health checks can take an upstream out as a whole.
   */
  pick(nowMs: number, tried: UpstreamTarget | null): UpstreamTarget | null {
    const { targets } = this;
    let best: UpstreamTarget | null = null;
    // Second attempts are no turn of their own, or those who fail would get the first attempt each time.
    const start = (tried === null ? this.#next++ : this.#next) % targets.length;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(start + i) % targets.length] as UpstreamTarget;
      if (target === tried || !target.isAvailable(nowMs)) continue;
      if (this.settings.balance === 'roundRobin') return target;
      if (best === null || target.active < best.active) best = target;
    }
    if (best !== null) return best;
    if (tried !== null) return tried.isAvailable(nowMs) ? tried : null;
    return this.#soonestBack();
  }

  #soonestBack(): UpstreamTarget | null {
    let best: UpstreamTarget | null = null;
    for (const target of this.targets) {
      if (!target.isHealthy) continue;
      if (best === null || target.ejectedUntilMs < best.ejectedUntilMs) best = target;
    }
    return best;
  }

  /** Lets requests under way finish, then closes the connections. */
  close(): void {
    for (const target of this.targets) target.close();
  }
}
