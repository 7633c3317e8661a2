import { MAX_NAMES } from '../../core/logins.ts';
import { ENTRY, type LoginTable, msOf, NAME } from './login-table.ts';

/** How long an address that logged in with a user name is known to be the user's. */
const KNOWN_S = 30 * 86_400;

/** Finds a user name of an entry: its word index, or -1. */
export function findName({ words }: LoginTable, entry: number, tag: number): number {
  const first = entry + ENTRY.names;
  for (let at = first; at < first + MAX_NAMES * NAME.words; at += NAME.words) {
    if (words[at + NAME.tag] === tag) return at;
  }
  return -1;
}

/** Finds a user name, or gives it the place of the one that matters least: never tried, or last failed longest ago. */
export function placeName(table: LoginTable, entry: number, tag: number): number {
  const found = findName(table, entry, tag);
  if (found >= 0) return found;
  const { words } = table;
  const first = entry + ENTRY.names;
  let place = first;
  for (let at = first; at < first + MAX_NAMES * NAME.words; at += NAME.words) {
    if (words[at + NAME.tag] === 0) {
      place = at;
      break;
    }
    if ((words[at + NAME.failedS] as number) < (words[place + NAME.failedS] as number)) place = at;
  }
  words.fill(0, place, place + NAME.words);
  words[place + NAME.tag] = tag;
  return place;
}

/** Counts the user names that failed within the window. */
export function countNames({ words }: LoginTable, entry: number, windowS: number, nowMs: number): number {
  const first = entry + ENTRY.names;
  let count = 0;
  for (let at = first; at < first + MAX_NAMES * NAME.words; at += NAME.words) {
    const failed = words[at + NAME.failedS] as number;
    if (failed !== 0 && nowMs < msOf(failed + windowS)) count++;
  }
  return count;
}

/** Until when the address may not try a user name, as a second; 0 when it may. */
export function nameRefusedUntil(table: LoginTable, entry: number, tag: number, nowMs: number): number {
  const at = tag === 0 ? -1 : findName(table, entry, tag);
  if (at < 0) return 0;
  const until = table.words[at + NAME.refusedUntilS] as number;
  return nowMs < msOf(until) ? until : 0;
}

/** Whether the address logged in with the user name not too long ago. */
export function isKnown({ words }: LoginTable, at: number, nowMs: number): boolean {
  const succeeded = words[at + NAME.succeededS] as number;
  return succeeded !== 0 && nowMs < msOf(succeeded + KNOWN_S);
}
