import type { Principal } from '../../core/principal.ts';
import { RANKS } from '../../lib/load/admission-share.ts';
import { DEFAULT_SHARES, OTHER, STRANGER } from './overload.schema.ts';

/** What a caller may use of an upstream that does not take all. */
export interface Standing {
  readonly name: string;
  /** Above 0 and up to 1. */
  readonly share: number;
  /** 0 is refused first. */
  readonly rank: number;
}

/** Rank of the callers that nobody authenticated, where the configuration says nothing else. */
export const STRANGER_RANK = rankOf(DEFAULT_SHARES[STRANGER] as number);

/** The rank that a share in per cent stands for: the same in every route, so that routes of one upstream agree. */
export function rankOf(percent: number): number {
  return Math.floor(((percent - 1) * RANKS) / 100);
}

/** The table of shares as it is looked into for each request. */
export class Standings {
  readonly stranger: Standing;
  readonly #other: Standing;
  readonly #byTier: ReadonlyMap<string, Standing>;

  constructor(shares: Readonly<Record<string, number>>) {
    const merged = new Map([...Object.entries(DEFAULT_SHARES), ...Object.entries(shares)]);
    this.#byTier = new Map([...merged].map(([name, percent]) => [name, standing(name, percent)]));
    this.stranger = this.#byTier.get(STRANGER) as Standing;
    this.#other = this.#byTier.get(OTHER) as Standing;
  }

  get all(): readonly Standing[] {
    return [...this.#byTier.values()];
  }

  /** Safety: the tier is that of a verified credential; a name that is not listed is no better than the lowest. */
  of(principal: Principal | null): Standing {
    if (principal === null) return this.stranger;
    return this.#byTier.get(principal.tier) ?? this.#other;
  }
}

function standing(name: string, percent: number): Standing {
  return { name, share: percent / 100, rank: rankOf(percent) };
}
