import type { Hit } from '../../src/core/limits.ts';

const WINDOWS = [
  ['perMinute', 60_000],
  ['perHour', 3_600_000],
  ['perDay', 86_400_000],
] as const;

interface Taken {
  readonly hit: Hit;
  readonly atMs: number;
}

/**
 * What limits mean, over a list of all requests that were admitted; it knows nothing of how they are stored.
 *
 * Shape: `stretch` makes windows longer by that factor. With 1 it says what must not be admitted, with the factor by which a store may
 * remember late, what must be.
 */
export class LimitModel {
  #taken: Taken[] = [];
  /** One for each slot. */
  readonly #slots: string[] = [];

  hasRoom(hits: readonly Hit[], nowMs: number, stretch: number): boolean {
    return (
      hits.every(
        (hit, i) =>
          hit.limits.concurrent === 0 ||
          this.#slots.filter((key) => key === keyOf(hit)).length + same(hits, i).length <=
            hit.limits.concurrent,
      ) &&
      hits.every((hit, i) => {
        const asked = sum(same(hits, i));
        const hasWindows = WINDOWS.every(
          ([name, lengthMs]) =>
            hit.limits[name] === 0 ||
            this.counted(hit, lengthMs * stretch, nowMs) + asked <= hit.limits[name],
        );
        return hasWindows && (hit.limits.burst?.isEnforced !== true || this.tokens(hit, nowMs) >= asked);
      })
    );
  }

  /** What was taken from the counter of a hit in the stretch of that length that ends now. */
  counted(hit: Hit, lengthMs: number, nowMs: number): number {
    return sum(
      this.#of(hit)
        .filter(({ atMs }) => atMs > nowMs - lengthMs)
        .map((taken) => taken.hit),
    );
  }

  /** Tokens in the bucket of a hit. */
  tokens(hit: Hit, nowMs: number): number {
    const { capacity = 0, intervalMs = 1 } = hit.limits.burst ?? {};
    let [tokens, atMs] = [capacity, 0];
    for (const taken of [...this.#of(hit), { hit: { cost: 0 }, atMs: nowMs }]) {
      tokens = Math.min(capacity, tokens + (taken.atMs - atMs) / intervalMs);
      // One that found too few took none.
      if (tokens + 1e-9 >= taken.hit.cost) tokens -= taken.hit.cost;
      atMs = taken.atMs;
    }
    return tokens + 1e-9;
  }

  admit(hits: readonly Hit[], atMs: number): void {
    for (const hit of hits) {
      this.#taken.push({ hit: { ...hit }, atMs });
      if (hit.limits.concurrent > 0) this.#slots.push(keyOf(hit));
    }
  }

  release(hit: Hit): void {
    const at = this.#slots.indexOf(keyOf(hit));
    if (at >= 0) this.#slots.splice(at, 1);
  }

  giveBack(hit: Hit, atMs: number): void {
    const at = this.#taken.findIndex(
      (taken) => keyOf(taken.hit) === keyOf(hit) && taken.atMs === atMs && taken.hit.cost === hit.cost,
    );
    if (at >= 0) this.#taken.splice(at, 1);
  }

  #of(hit: Hit): Taken[] {
    return this.#taken.filter((taken) => keyOf(taken.hit) === keyOf(hit));
  }
}

const keyOf = ({ scope, client }: Hit): string => JSON.stringify([scope, client]);
/** The hits up to that one on the same counter. */
const same = (hits: readonly Hit[], at: number): Hit[] =>
  hits.slice(0, at + 1).filter((hit) => keyOf(hit) === keyOf(hits[at] as Hit));
const sum = (hits: readonly Hit[]): number => hits.reduce((total, { cost }) => total + cost, 0);
