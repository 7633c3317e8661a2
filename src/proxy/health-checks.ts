import { Pool } from 'undici';
import type { UpstreamTls } from '../core/upstream.ts';
import { secureOptions } from './upstream-pool.ts';

/** How one upstream is checked. */
export interface HealthSettings {
  readonly upstream: string;
  readonly targets: readonly string[];
  readonly tls: UpstreamTls | null;
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyAfter: number;
  readonly unhealthyAfter: number;
  /** Lowest and highest status of a good check. */
  readonly expectStatus: readonly [number, number];
}

type Report = (upstream: string, origin: string, isHealthy: boolean, why: string) => void;

/** Asks one target at an interval and reports when its state changes. */
class TargetCheck {
  readonly #settings: HealthSettings;
  readonly #origin: string;
  readonly #report: Report;
  readonly #pool: Pool;
  readonly #timer: NodeJS.Timeout;
  #isHealthy = true;
  /** Results in a row that contradict the state. */
  #contrary = 0;
  #isAsking = false;

  constructor(settings: HealthSettings, origin: string, report: Report) {
    this.#settings = settings;
    this.#origin = origin;
    this.#report = report;
    const secure = settings.tls === null ? {} : secureOptions(settings.tls);
    this.#pool = new Pool(origin, { connections: 1, connect: { timeout: settings.timeoutMs, ...secure } });
    this.#timer = setInterval(() => this.#check(), settings.intervalMs);
    this.#timer.unref();
    this.#check();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#pool.destroy().catch(() => {});
  }

  async #check(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const why = await this.#ask();
    this.#isAsking = false;
    const isGood = why === '';
    if (isGood === this.#isHealthy) {
      this.#contrary = 0;
      return;
    }
    const needed = isGood ? this.#settings.healthyAfter : this.#settings.unhealthyAfter;
    if (++this.#contrary < needed) return;
    this.#isHealthy = isGood;
    this.#contrary = 0;
    this.#report(this.#settings.upstream, this.#origin, isGood, why);
  }

  /** '' when the target is well, else what is wrong. */
  async #ask(): Promise<string> {
    const { path, timeoutMs, expectStatus } = this.#settings;
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const answer = await this.#pool.request({ method: 'GET', path, signal, headersTimeout: timeoutMs });
      await answer.body.dump();
      const isExpected = answer.statusCode >= expectStatus[0] && answer.statusCode <= expectStatus[1];
      return isExpected ? '' : `it answered ${answer.statusCode}`;
    } catch (error) {
      return (error as Error).message;
    }
  }
}

/** The active health checks of all upstreams; one set per process, its results go to every thread. */
export class HealthChecks {
  readonly #report: Report;
  readonly #checks = new Map<string, TargetCheck[]>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** Checks these upstreams from now on; those that did not change go on as they are. */
  update(settings: readonly HealthSettings[]): void {
    const wanted = new Map(settings.map((each) => [JSON.stringify(each), each]));
    for (const [key, checks] of this.#checks) {
      if (wanted.has(key)) continue;
      for (const check of checks) check.close();
      this.#checks.delete(key);
    }
    for (const [key, each] of wanted) {
      if (this.#checks.has(key)) continue;
      this.#checks.set(
        key,
        each.targets.map((origin) => new TargetCheck(each, origin, this.#report)),
      );
    }
  }

  close(): void {
    this.update([]);
  }
}
