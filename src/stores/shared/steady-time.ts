import { type CounterTable, HEADER } from './counter-table.ts';

/** How far the clock may be from where a steady one would be before it counts as set. */
const TOLERANCE_MS = 1000;

/**
 * Milliseconds by which the clock was set forward since the table came into use, back when below 0.
 *
 * Shape: the time that counts is `nowMs` less those. `monotonicMs` is a clock that nobody sets, the same for all threads; the first who
 * comes notes where the two stand. While the clock stays within a second of that, it is followed as it is, so that an instant told
 * to a client is exact; when it does not, it was set, and what counts goes on as if it had not been.
 * Safety: a clock that is set back or forward by any time keeps clients waiting, or forgives them, for a second at most. While the
 * machine sleeps the steady clock stands still, so that clients wait longer: the strict side. Threads that see the clock set at the same
 * moment note the same seconds, and none keeps a copy. A jump of more than 68 years does not fit; it is not noted but made up for.
 */
export function jumpMs({ words }: CounterTable, nowMs: number, monotonicMs: number): number {
  let epochS = Atomics.load(words, HEADER.epochS);
  if (epochS === 0) {
    const mine = Math.round((nowMs - monotonicMs) / 1000) | 0 || 1;
    epochS = Atomics.compareExchange(words, HEADER.epochS, 0, mine) || mine;
  }
  const aheadMs = nowMs - monotonicMs - (epochS >>> 0) * 1000;
  const jumpedMs = Atomics.load(words, HEADER.jumpS) * 1000;
  if (Math.abs(aheadMs - jumpedMs) <= TOLERANCE_MS) return jumpedMs;
  const jumpS = Math.round(aheadMs / 1000);
  if (jumpS !== (jumpS | 0)) return aheadMs;
  Atomics.store(words, HEADER.jumpS, jumpS);
  return jumpS * 1000;
}
