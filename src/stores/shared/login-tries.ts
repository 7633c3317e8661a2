import { ENTRY, type LoginTable, msOf, TRIES } from './login-table.ts';

/** Set in the word of a login that is under way; the rest is when it is given up, or else when it failed. */
const UNDER_WAY = 0x8000_0000 | 0;

/** What an entry counts now. */
export interface Tries {
  failed: number;
  underWay: number;
  /** Seconds at which failures happened, not in order. */
  readonly failures: number[];
}

/** Whether a word counts now: a failure for the window, a login under way until it is given up. */
function counts(word: number, windowS: number, nowMs: number): boolean {
  if (word === 0) return false;
  const second = word & ~UNDER_WAY;
  return nowMs < msOf(word < 0 ? second : second + windowS);
}

/** Counts the logins of an entry. */
export function countTries({ words }: LoginTable, entry: number, windowS: number, nowMs: number): Tries {
  const tries: Tries = { failed: 0, underWay: 0, failures: [] };
  for (let i = entry + ENTRY.tries; i < entry + ENTRY.tries + TRIES; i++) {
    const word = words[i] as number;
    if (!counts(word, windowS, nowMs)) continue;
    if (word < 0) tries.underWay++;
    else {
      tries.failed++;
      tries.failures.push(word);
    }
  }
  return tries;
}

/**
 * Reserves a login that is under way; returns the reservation.
 *
 * Safety: reservations until the same second are alike, so that whichever of them is given back first, the count is right.
 */
export function reserve(
  table: LoginTable,
  entry: number,
  until: number,
  windowS: number,
  nowMs: number,
): number {
  const word = until | UNDER_WAY;
  put(table, entry, word, windowS, nowMs);
  return word;
}

/** Gives a reservation back, where it still stands. */
export function giveBack({ words }: LoginTable, entry: number, reservation: number): void {
  if (reservation === 0) return;
  const at = words.indexOf(reservation, entry + ENTRY.tries);
  if (at >= 0 && at < entry + ENTRY.tries + TRIES) words[at] = 0;
}

/** Counts a failure. */
export function addFailure(
  table: LoginTable,
  entry: number,
  second: number,
  windowS: number,
  nowMs: number,
): void {
  put(table, entry, second, windowS, nowMs);
}

/** Forgets the failures; what is under way stays. */
export function clearFailures({ words }: LoginTable, entry: number): void {
  for (let i = entry + ENTRY.tries; i < entry + ENTRY.tries + TRIES; i++) {
    if ((words[i] as number) > 0) words[i] = 0;
  }
}

/** Writes a word where none counts; where all do, over the failure that is forgotten first, or else over any. */
function put({ words }: LoginTable, entry: number, word: number, windowS: number, nowMs: number): void {
  const first = entry + ENTRY.tries;
  let at = first;
  let oldest = Number.POSITIVE_INFINITY;
  for (let i = first; i < first + TRIES; i++) {
    const old = words[i] as number;
    if (!counts(old, windowS, nowMs)) {
      at = i;
      break;
    }
    if (old > 0 && old < oldest) {
      at = i;
      oldest = old;
    }
  }
  words[at] = word;
}
