import type { BurstRule } from '../../core/limits.ts';
import { type CounterTable, ENTRY } from './counter-table.ts';
import { lastSeenOf } from './life.ts';

/**
 * A millionth of a millisecond: what rounding may add to times of some hours while they are summed up.
 *
 * Safety: it is no allowance that adds up, because what is missing is kept as it is: a bucket may miss so much more than all of it.
 */
const ROUNDING_MS = 1e-6;

/** How long an empty bucket takes to be full, with what rounding may take off. */
const wholeMs = ({ capacity, intervalMs }: BurstRule): number => capacity * intervalMs + ROUNDING_MS;

/** What is missing in the bucket of an entry, as the time in which it refills; `nowMs` is not before its latest request. */
export function debtAt(table: CounterTable, entry: number, nowMs: number): number {
  return Math.max(
    0,
    (table.doubles[(entry + ENTRY.debtMs) >> 1] as number) - (nowMs - lastSeenOf(table, entry)),
  );
}

/** Says what is missing in the bucket at the time of the entry's latest request. */
export function setDebt(table: CounterTable, entry: number, debtMs: number): void {
  table.doubles[(entry + ENTRY.debtMs) >> 1] = debtMs;
}

/** Tokens that are left in a bucket in which so much is missing; below 0 where more is missing than it holds. */
export function tokensLeft(rule: BurstRule, debtMs: number): number {
  return Math.floor((wholeMs(rule) - debtMs) / rule.intervalMs);
}

/** Whether a bucket in which so much is missing at `nowMs` holds that many tokens. */
function holds(rule: BurstRule, debtMs: number, tokens: number): boolean {
  return debtMs + tokens * rule.intervalMs <= wholeMs(rule);
}

/**
 * The first whole millisecond at which a bucket in which `debtMs` is missing at `fromMs` holds that many tokens; `nowMs` when it does
 * already. They must not be more than it can hold.
 */
export function tokensAtMs(
  rule: BurstRule,
  fromMs: number,
  debtMs: number,
  tokens: number,
  nowMs: number,
): number {
  const holdsAt = (ms: number): boolean => holds(rule, Math.max(0, debtMs - (ms - fromMs)), tokens);
  if (holdsAt(nowMs)) return nowMs;
  let atMs = Math.ceil(fromMs + debtMs + tokens * rule.intervalMs - wholeMs(rule));
  while (!holdsAt(atMs)) atMs++;
  while (atMs - 1 > nowMs && holdsAt(atMs - 1)) atMs--;
  return atMs;
}
