import type { Strangers } from '../../core/attack.ts';
import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { ThreadLoad, UnderWay, UpstreamLoad } from '../../core/load.ts';
import type { Check } from '../../core/stage.ts';
import type { OverloadConfig } from './overload.schema.ts';
import { Standings } from './ranks.ts';
import { attackRefusals, Refusals } from './refusals.ts';

/** What a check watches. */
export interface WatchedLoad {
  readonly upstream: UpstreamLoad;
  readonly route: UnderWay;
  readonly thread: ThreadLoad;
  readonly strangers: Strangers;
}

/** Ready-made refusals of one tier. */
interface TierRefusals {
  readonly gateway: Refusals;
  readonly upstream: Refusals;
}

/**
 * Refuses callers while upstream or gateway cannot keep up, the lowest tiers first.
 *
 * Safety: a caller finds room when all that is under way, or all that is as important as it, leaves some: those below
 * it, who are there already, cannot keep it out.
 */
export class OverloadCheck implements Check {
  readonly #load: WatchedLoad;
  readonly #standings: Standings;
  readonly #refusals: ReadonlyMap<string, TierRefusals>;
  readonly #crowded: Refusals;
  readonly #attack = attackRefusals();
  readonly #alwaysAdmit: number;
  readonly #routeShare: number;

  constructor(config: OverloadConfig, load: WatchedLoad) {
    this.#load = load;
    this.#standings = new Standings(config.shares);
    this.#refusals = new Map(
      this.#standings.all.map(({ name, share }) => [name, refusalsOf(name, share * 100)]),
    );
    this.#crowded = new Refusals(
      `the upstream is saturated, and this endpoint uses ${config.routeShare} % of what it takes`,
    );
    this.#alwaysAdmit = config.alwaysAdmit;
    this.#routeShare = config.routeShare / 100;
  }

  run(ctx: RequestContext): Decision {
    const { upstream, route, thread, strangers } = this.#load;
    const { principal } = ctx;
    const { name, rank, share } = this.#standings.of(principal);
    ctx.rank = rank;
    // What was shown was no credential, and authentication lets it pass.
    if (principal === null && ctx.showsCredential && !strangers.admits()) return this.#attack.next();
    // Strangers had their turn before authentication.
    if (principal !== null && !thread.admits(rank))
      return (this.#refusals.get(name) as TierRefusals).gateway.next();
    const { limit } = upstream;
    if (limit === 0 || upstream.total < this.#alwaysAdmit) return CONTINUE;
    const room = Math.max(this.#alwaysAdmit, limit * share);
    if (upstream.total >= room && upstream.countFrom(rank) >= room)
      return (this.#refusals.get(name) as TierRefusals).upstream.next();
    const routeRoom = Math.max(this.#alwaysAdmit, limit) * this.#routeShare;
    return route.countFrom(rank) >= routeRoom ? this.#crowded.next() : CONTINUE;
  }
}

function refusalsOf(name: string, percent: number): TierRefusals {
  const who = `\`${name}\` may use ${percent} % of what it takes`;
  return {
    gateway: new Refusals(`the gateway cannot keep up: requests of \`${name}\` are thinned out`),
    upstream: new Refusals(`the upstream is saturated: ${who}`),
  };
}
