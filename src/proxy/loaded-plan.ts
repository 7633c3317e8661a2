import type { Route } from '../core/route.ts';
import type { UpstreamSettings } from '../core/upstream.ts';
import type { Router } from '../plan/router.ts';
import type { ActivePlan } from './gate.ts';
import type { PoolRegistry } from './pool-registry.ts';
import type { ReadSettings } from './settings.ts';
import type { UpstreamPool } from './upstream-pool.ts';

/** What a plan consists of before it has connections. */
export interface PlanParts {
  readonly version: number;
  readonly read: ReadSettings;
  readonly router: Router;
  readonly fallback: Route;
  readonly upstreams: readonly UpstreamSettings[];
  readonly redirects: ReadonlyMap<string, number>;
}

/** A plan with its connections to upstreams, which live until its last request is done. */
export class LoadedPlan implements ActivePlan {
  readonly version: number;
  readonly read: ReadSettings;
  readonly fallback: Route;
  readonly redirects: ReadonlyMap<string, number>;
  readonly #router: Router;
  readonly #registry: PoolRegistry;
  readonly #pools = new Map<string, UpstreamPool>();
  /** Requests under way, and one more while the plan is in force. */
  #users = 1;

  constructor(parts: PlanParts, registry: PoolRegistry) {
    this.version = parts.version;
    this.read = parts.read;
    this.fallback = parts.fallback;
    this.redirects = parts.redirects;
    this.#router = parts.router;
    this.#registry = registry;
    for (const settings of parts.upstreams) this.#pools.set(settings.name, registry.acquire(settings));
  }

  find(host: string, path: string, method: string): ReturnType<Router['find']> {
    return this.#router.find(host, path, method);
  }

  findUpstream(name: string): UpstreamPool {
    const pool = this.#pools.get(name);
    if (pool === undefined) throw new RangeError(`no upstream is called ${name}`);
    return pool;
  }

  retain(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users > 0) return;
    for (const pool of this.#pools.values()) this.#registry.release(pool);
  }
}
