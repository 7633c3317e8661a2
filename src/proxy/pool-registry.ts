import type { UpstreamSettings } from '../core/upstream.ts';
import type { TimerWheel } from '../lib/time/timer-wheel.ts';
import { UpstreamPool } from './upstream-pool.ts';

interface Entry {
  readonly pool: UpstreamPool;
  users: number;
}

/** Shares connection pools between plans: an upstream that a reload leaves alone keeps its connections. */
export class PoolRegistry {
  readonly #entries = new Map<string, Entry>();
  /** Targets that the active health checks found ill, as `upstream origin`: also for pools that come later. */
  readonly #ill = new Set<string>();
  readonly #wheel: TimerWheel;

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel;
  }

  acquire(settings: UpstreamSettings): UpstreamPool {
    const key = JSON.stringify(settings);
    const entry = this.#entries.get(key) ?? { pool: this.#open(settings), users: 0 };
    entry.users++;
    this.#entries.set(key, entry);
    return entry.pool;
  }

  /** Gives a pool back; the last user's return closes it after its requests. */
  release(pool: UpstreamPool): void {
    const key = JSON.stringify(pool.settings);
    const entry = this.#entries.get(key);
    if (entry === undefined || --entry.users > 0) return;
    this.#entries.delete(key);
    entry.pool.close();
  }

  /** Takes over what the active health checks found out. */
  setHealth(upstream: string, origin: string, isHealthy: boolean): void {
    if (isHealthy) this.#ill.delete(`${upstream} ${origin}`);
    else this.#ill.add(`${upstream} ${origin}`);
    for (const { pool } of this.#entries.values()) if (pool.settings.name === upstream) this.#mark(pool);
  }

  #open(settings: UpstreamSettings): UpstreamPool {
    const pool = new UpstreamPool(settings, this.#wheel);
    this.#mark(pool);
    return pool;
  }

  #mark({ settings, targets }: UpstreamPool): void {
    for (const target of targets) target.isHealthy = !this.#ill.has(`${settings.name} ${target.origin}`);
  }
}
