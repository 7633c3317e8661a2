import { BURST_NOTE_MS } from '../../core/limits.ts';
import { type CounterTable, ENTRY } from './counter-table.ts';
import { keepAlive } from './life.ts';

const HOUR_MS = 3_600_000;
/** The first word counts sixteenths of a second, and turns over in eight years. */
const STEP_MS = 62.5;
const NOTE_STEPS = BURST_NOTE_MS / STEP_MS;
const HALF_TURN = 2 ** 31;
/** Ages are kept in steps of four seconds, ten bits each. */
const TICK_STEPS = 64;
const AGE_BITS = 10;
const OLDEST = 2 ** AGE_BITS - 1;
/** An age up to which an exceeded burst may be less than an hour old. */
const HOUR_TICKS = HOUR_MS / (TICK_STEPS * STEP_MS);
const NOTHING = (OLDEST << (2 * AGE_BITS)) | (OLDEST << AGE_BITS) | OLDEST;
/** Whether a burst has begun since the last one was noted. */
const IS_NEW = 1 << 30;
/** Whether the last one that was noted was one too many. */
const WAS_ABOVE = 1 << 31;

/*
 * The last four exceeded bursts of a client, in two words: the time of the last, rounded up to a sixteenth of a second (0 when there is
 * none), then how much older the three before it are, in steps of four seconds, and two marks. A burst counts for an hour and at most
 * four seconds longer, so the error is that a client is told of a little too readily.
 */

/** Notes that a burst begins: a request takes from a full bucket. */
export function beginBurst(table: CounterTable, entry: number): void {
  if (table.words[entry + ENTRY.history] !== 0) table.words[entry + ENTRY.history + 1]! |= IS_NEW;
}

/**
 * Notes that a request found too few tokens; true when it makes the bursts of an hour more than `reviewAbove`.
 *
 * Shape: counts once for each burst, and again while it goes on for ten seconds.
 */
export function noteExceeded(
  table: CounterTable,
  entry: number,
  nowMs: number,
  reviewAbove: number,
): boolean {
  const { words } = table;
  const at = entry + ENTRY.history;
  const before = words[at] as number;
  const marks = before === 0 ? NOTHING : (words[at + 1] as number);
  if (before !== 0 && (marks & IS_NEW) === 0) {
    const elapsed = (Math.floor(nowMs / STEP_MS) - before) >>> 0;
    if (elapsed < NOTE_STEPS || elapsed >= HALF_TURN) return false;
  }
  const step = Math.ceil(nowMs / STEP_MS) >>> 0 || 1;
  const ages = before === 0 ? NOTHING : agesAt(marks, ticksBetween(before, step));
  const isAbove = countRecent(ages) > reviewAbove;
  words[at] = step;
  words[at + 1] = ages | (isAbove ? WAS_ABOVE : 0);
  keepAlive(table, entry, nowMs + HOUR_MS);
  return isAbove && (marks & WAS_ABOVE) === 0;
}

/** Steps of four seconds from one time to the next, both rounded up. */
function ticksBetween(before: number, step: number): number {
  const elapsed = (step - before) >>> 0;
  if (elapsed >= HALF_TURN) return 0;
  const intoTick = (TICK_STEPS - ((before >>> 0) % TICK_STEPS)) % TICK_STEPS;
  return Math.ceil(Math.max(0, elapsed - intoTick) / TICK_STEPS);
}

/** The three ages when one more is in front: the last becomes the first of them, the oldest goes. */
function agesAt(marks: number, elapsed: number): number {
  const older = (age: number): number => Math.min(OLDEST, (age & OLDEST) + elapsed);
  return (
    Math.min(OLDEST, elapsed) | (older(marks) << AGE_BITS) | (older(marks >>> AGE_BITS) << (2 * AGE_BITS))
  );
}

function countRecent(ages: number): number {
  let count = 1;
  for (let i = 0; i < 3; i++) if (((ages >>> (i * AGE_BITS)) & OLDEST) <= HOUR_TICKS) count++;
  return count;
}
