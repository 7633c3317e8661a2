import { type CounterTable, ENTRY } from './counter-table.ts';

/** Bits for how long an entry matters, in seconds: 36 hours, and no window is longer than a day. */
const LIFE_BITS = 17;
const MAX_LIFE_S = 2 ** LIFE_BITS - 1;
/** What the other 15 bits count in. */
const BONUS_MS = 3000;
const MAX_BONUS = 2 ** (32 - LIFE_BITS) - 1;

/** Latest time of an admitted request of the entry. */
export function lastSeenOf(table: CounterTable, entry: number): number {
  return table.doubles[(entry + ENTRY.lastSeenMs) >> 1] as number;
}

/** When nothing of the entry matters any more. */
export function liveUntilMs(table: CounterTable, entry: number): number {
  return lastSeenOf(table, entry) + ((table.words[entry + ENTRY.life] as number) & MAX_LIFE_S) * 1000;
}

/**
 * What an entry is worth, as a time: of two, the one with the earlier is forgotten.
 *
 * Shape: the latest request, and on top the share of its limit that the client has used, as that share of the window. It is the time
 * by which the limit would have given back by itself what is forgotten with the entry.
 */
export function worthMs(table: CounterTable, entry: number): number {
  return lastSeenOf(table, entry) + ((table.words[entry + ENTRY.life] as number) >>> LIFE_BITS) * BONUS_MS;
}

/** Says of an entry how long it matters after its latest request, at least, and what is used of its limits, as time. */
export function setLife(table: CounterTable, entry: number, lifeMs: number, usedMs: number): void {
  const at = entry + ENTRY.life;
  const lifeS = Math.max(Math.ceil(lifeMs / 1000), (table.words[at] as number) & MAX_LIFE_S);
  const bonus = Math.min(MAX_BONUS, Math.floor(usedMs / BONUS_MS));
  table.words[at] = (bonus << LIFE_BITS) | Math.min(MAX_LIFE_S, lifeS);
}

/** Lets an entry matter until then, at least. */
export function keepAlive(table: CounterTable, entry: number, untilMs: number): void {
  const at = entry + ENTRY.life;
  const life = table.words[at] as number;
  const lifeS = Math.ceil((untilMs - lastSeenOf(table, entry)) / 1000);
  if (lifeS > (life & MAX_LIFE_S)) table.words[at] = (life & ~MAX_LIFE_S) | Math.min(MAX_LIFE_S, lifeS);
}

/** Shortens the life of an entry whose latest request is to be so much later. */
export function ageLife(table: CounterTable, entry: number, elapsedMs: number): void {
  if (elapsedMs < 1000) return;
  const at = entry + ENTRY.life;
  const life = table.words[at] as number;
  table.words[at] = (life & ~MAX_LIFE_S) | Math.max(0, (life & MAX_LIFE_S) - Math.floor(elapsedMs / 1000));
}

/** Until when the client has no room, in milliseconds; in the past when it has. */
export function fullUntilMs(table: CounterTable, entry: number): number {
  return ((table.words[entry + ENTRY.fullUntilS] as number) >>> 0) * 1000;
}

/** Notes that the client has no room until then. */
export function markFull(table: CounterTable, entry: number, untilMs: number): void {
  const at = entry + ENTRY.fullUntilS;
  const untilS = Math.ceil(untilMs / 1000);
  if ((table.words[at] as number) >>> 0 < untilS) table.words[at] = Math.min(untilS, 0xffff_ffff);
}

/** Notes that the client has room. */
export function unmarkFull(table: CounterTable, entry: number): void {
  table.words[entry + ENTRY.fullUntilS] = 0;
}
