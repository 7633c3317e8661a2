import type { Loads, UnderWay, UpstreamLoad } from '../../core/load.ts';
import { GradientLimit } from '../../lib/load/gradient-limit.ts';
import { LoadTable, type SharedLoad } from './load-table.ts';

/** An upstream whose limit this thread helps to find. */
class WatchedUpstream implements UpstreamLoad {
  readonly #shared: SharedLoad;
  readonly #gradient: GradientLimit;

  constructor(shared: SharedLoad) {
    this.#shared = shared;
    this.#gradient = new GradientLimit(shared);
  }

  get limit(): number {
    return this.#shared.limit;
  }

  get isCalm(): boolean {
    return this.#gradient.isCalm && this.#shared.limit === 0;
  }

  begin(rank: number, wasLimited: boolean): void {
    this.#shared.begin(rank, wasLimited);
  }

  end(rank: number, wasLimited: boolean): void {
    this.#shared.end(rank, wasLimited);
  }

  get total(): number {
    return this.#shared.total;
  }

  countFrom(rank: number): number {
    return this.#shared.countFrom(rank);
  }

  sample(askedMs: number, nowMs: number, ratio: number, underWay: number): void {
    this.#gradient.sample(askedMs, nowMs, ratio, underWay);
  }
}

/** Looks into the memory that `createLoadTable` made, as the thread of this index. */
export function openLoads(buffer: SharedArrayBuffer, thread: number): Loads {
  const table = new LoadTable(buffer, thread);
  const upstreams = new Map<string, UpstreamLoad>();
  const routes = new Map<string, UnderWay>();
  return {
    upstream: (apiId) => ensure(upstreams, apiId, () => new WatchedUpstream(table.find('upstream', apiId))),
    route: (routeId) => ensure(routes, routeId, () => table.find('route', routeId)),
  };
}

function ensure<T>(map: Map<string, T>, name: string, make: () => T): T {
  const known = map.get(name) ?? make();
  map.set(name, known);
  return known;
}
