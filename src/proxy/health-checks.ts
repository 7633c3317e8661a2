import { Pool } from 'undici';
import type { UpstreamTls } from '../core/upstream.ts';
import { secureOptions } from './upstream-target.ts';

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

/** Most of an answer's body that is read. */
const MAX_BODY_BYTES = 1 << 16;

/** Takes a change; `why` is '' for the better. */
type Report = (upstream: string, origin: string, isHealthy: boolean, why: string) => void;

/** Asks one target at an interval and reports when its state changes. */
class TargetCheck {
  readonly #settings: HealthSettings;
  readonly #origin: string;
  readonly #report: Report;
  readonly #pool: Pool;
  readonly #timer: NodeJS.Timeout;
  #isHealthy: boolean;
  /** Results in a row that contradict the state. */
  #contrary = 0;
  #isAsking = false;
  #isClosed = false;

  constructor(settings: HealthSettings, origin: string, isHealthy: boolean, report: Report) {
    this.#settings = settings;
    this.#origin = origin;
    this.#isHealthy = isHealthy;
    this.#report = report;
    const secure = settings.tls === null ? {} : (secureOptions(settings.tls) as object);
    this.#pool = new Pool(origin, { connections: 1, connect: { timeout: settings.timeoutMs, ...secure } });
    this.#timer = setInterval(() => void this.#check(), settings.intervalMs);
    this.#timer.unref();
    void this.#check();
  }

  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#pool.destroy().catch(() => {});
  }

  async #check(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const why = await this.#ask();
    this.#isAsking = false;
    if (this.#isClosed) return;
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
      await answer.body.dump({ limit: MAX_BODY_BYTES, signal });
      const isExpected = answer.statusCode >= expectStatus[0] && answer.statusCode <= expectStatus[1];
      return isExpected ? '' : `it answered ${answer.statusCode}`;
    } catch (error) {
      return whyOf(error, timeoutMs);
    }
  }
}

/** Never '': some errors, such as that of a name with several addresses, have no text of their own. */
function whyOf(error: unknown, timeoutMs: number): string {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (name === 'TimeoutError') return `it did not answer within ${timeoutMs} ms`;
  return message || code || 'it could not be asked';
}

/** The active health checks of all upstreams; one set per process, its results go to every thread. */
export class HealthChecks {
  readonly #report: Report;
  /** By upstream and origin. */
  readonly #checks = new Map<string, { readonly settings: string; readonly check: TargetCheck }>();
  #isClosed = false;

  constructor(report: Report) {
    this.#report = report;
  }

  /**
   * Checks these upstreams from now on; those that did not change go on as they are.
   *
   * What is known of a target stays known when only its settings change; one that is not checked any more is reported
   * as well, because nothing would ever say so.
   */
  update(upstreams: readonly HealthSettings[]): void {
    if (this.#isClosed) return;
    const wanted = new Set<string>();
    for (const each of upstreams) {
      const settings = JSON.stringify({ ...each, targets: [] });
      for (const origin of each.targets) {
        const key = `${each.upstream} ${origin}`;
        wanted.add(key);
        const known = this.#checks.get(key);
        if (known?.settings === settings) continue;
        known?.check.close();
        const check = new TargetCheck(each, origin, known?.check.isHealthy ?? true, this.#report);
        this.#checks.set(key, { settings, check });
      }
    }
    for (const [key, { check }] of this.#checks) {
      if (wanted.has(key)) continue;
      check.close();
      this.#checks.delete(key);
      const [upstream, origin] = key.split(' ') as [string, string];
      if (!check.isHealthy) this.#report(upstream, origin, true, '');
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { check } of this.#checks.values()) check.close();
    this.#checks.clear();
  }
}
