import type { BurstRule, CounterState, Hit, Limits } from '../../core/limits.ts';
import { debtAt, setDebt, tokensAtMs, tokensLeft } from './burst-bucket.ts';
import { beginBurst, noteExceeded } from './burst-history.ts';
import { type CounterTable, ENTRY } from './counter-table.ts';
import { claimEntry } from './entries.ts';
import { isCounted } from './examine.ts';
import { ageLife, lastSeenOf, markFull, setLife } from './life.ts';
import type { TakeWork } from './take-work.ts';
import {
  addHit,
  firstForgottenMs,
  forgetHits,
  roomAtMs,
  setWindowTime,
  WINDOWS,
  windowLimit,
} from './window.ts';

/** A history that is older says nothing, and its clock may have turned over. */
const YEAR_MS = 31_536_000_000;

/** Counts the request in every window and bucket of every hit. Needs what `examine` found, and the same locks. */
export function commit(
  table: CounterTable,
  hits: readonly Hit[],
  nowMs: number,
  state: CounterState,
  work: TakeWork,
): void {
  for (let i = 0; i < hits.length; i++) {
    const hit = hits[i] as Hit;
    if (isCounted(hit)) commitHit(table, hit, i, nowMs, state, work);
  }
}

/** Notes what a refused request leaves behind: until when its clients are at their limits, and the bursts it exceeded. */
export function commitRefusal(
  table: CounterTable,
  hits: readonly Hit[],
  nowMs: number,
  state: CounterState,
  work: TakeWork,
): void {
  for (let i = 0; i < hits.length; i++) {
    const entry = work.entries[i] as number;
    if (entry < 0 || work.isNew[i] === 1) continue;
    const roomMs = work.roomMs[i] as number;
    if (roomMs > 0) markFull(table, entry, roomMs);
    const { burst } = (hits[i] as Hit).limits;
    if (burst !== null && work.exceeded[i] === 1) noteBurst(table, entry, burst, i, nowMs, state);
  }
}

function commitHit(
  table: CounterTable,
  { limits, cost }: Hit,
  hit: number,
  nowMs: number,
  state: CounterState,
  work: TakeWork,
): void {
  const entry = work.entries[hit] as number;
  if (work.isNew[hit] === 1) claimPlace(table, hit, nowMs, work);
  const entryNowMs = advance(table, entry, limits, hit, nowMs, work);
  const { time } = work;
  setWindowTime(time, entryNowMs);
  let lifeMs = 0;
  let usedMs = 0;
  for (let w = 0; w < WINDOWS.length; w++) {
    const { name, lengthMs, quantumMs } = WINDOWS[w]!;
    const limit = windowLimit(limits, w);
    if (limit === 0) continue;
    addHit(table.words, entry, w, time, cost);
    lifeMs = lengthMs + quantumMs;
    const at = hit * WINDOWS.length + w;
    const count = (work.counts[at] as number) + cost;
    usedMs = Math.max(usedMs, (count / limit) * lengthMs);
    if (hit === state.hit && name === state.window)
      state.resetMs = firstForgottenMs(w, work.oldest[at] as number, time);
    // What is missing for one more like this.
    const missing = count + cost - limit;
    if (missing > 0 && cost <= limit)
      markFull(table, entry, roomAtMs(table.words, entry, w, entryNowMs, time, missing));
  }
  if (limits.burst !== null) {
    commitBurst(table, limits.burst, cost, hit, entryNowMs, state, work);
    const debtMs = debtAt(table, entry, entryNowMs);
    lifeMs = Math.max(lifeMs, debtMs);
    usedMs = Math.max(usedMs, debtMs);
  }
  setLife(table, entry, lifeMs, usedMs);
}

/** Gives a hit the place that was found for it. */
function claimPlace(
  table: CounterTable,
  hit: number,
  nowMs: number,
  { entries, hashes, sets }: TakeWork,
): void {
  const hash1 = hashes[2 * hit + 1] as number;
  claimEntry(table, sets[hit] as number, entries[hit] as number, hashes[2 * hit] as number, hash1, nowMs);
}

/** Moves the time of an entry on and brings what it holds up to it; returns that time. */
function advance(
  table: CounterTable,
  entry: number,
  limits: Limits,
  hit: number,
  nowMs: number,
  work: TakeWork,
): number {
  const lastMs = lastSeenOf(table, entry);
  if (!(nowMs > lastMs)) return lastMs;
  setWindowTime(work.time, nowMs);
  for (let w = 0; w < WINDOWS.length; w++) {
    // A window that is not limited was not looked at.
    if (windowLimit(limits, w) === 0 || work.hasForgotten[hit * WINDOWS.length + w] === 1)
      forgetHits(table.words, entry, w, lastMs, work.time);
  }
  setDebt(table, entry, debtAt(table, entry, nowMs));
  if (nowMs - lastMs > YEAR_MS) table.words[entry + ENTRY.history] = 0;
  ageLife(table, entry, nowMs - lastMs);
  table.doubles[(entry + ENTRY.lastSeenMs) >> 1] = nowMs;
  return nowMs;
}

/** Takes the tokens of a hit, or notes that there were too few. */
function commitBurst(
  table: CounterTable,
  rule: BurstRule,
  cost: number,
  hit: number,
  nowMs: number,
  state: CounterState,
  work: TakeWork,
): void {
  const entry = work.entries[hit] as number;
  if (work.exceeded[hit] === 1) {
    noteBurst(table, entry, rule, hit, nowMs, state);
    return;
  }
  if (debtAt(table, entry, nowMs) === 0) beginBurst(table, entry);
  // What was examined had what earlier hits of the request take in it.
  const debtMs = (work.debtsMs[hit] as number) + cost * rule.intervalMs;
  setDebt(table, entry, debtMs);
  if (!rule.isEnforced) return;
  const left = tokensLeft(rule, debtMs);
  if (hit === state.hit && state.window === 'burst')
    state.resetMs = tokensAtMs(rule, nowMs, debtMs, Math.min(left + 1, rule.capacity), nowMs);
  if (left < cost)
    markFull(table, entry, tokensAtMs(rule, nowMs, debtMs, Math.min(cost, rule.capacity), nowMs));
}

function noteBurst(
  table: CounterTable,
  entry: number,
  { reviewAbove }: BurstRule,
  hit: number,
  nowMs: number,
  state: CounterState,
): void {
  if (noteExceeded(table, entry, nowMs, reviewAbove)) state.burstToReview = hit;
}
