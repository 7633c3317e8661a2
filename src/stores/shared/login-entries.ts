import type { LoginAttempt } from '../../core/logins.ts';
import { ENTRY, firstEntry, type LoginTable, msOf, REALM_BYTES } from './login-table.ts';
import { WAYS } from './set-table.ts';

const encoder = new TextEncoder();

/** Finds the entry of a hash in its set: its word index, or -1. Needs the lock of the set. */
export function findLoginEntry(table: LoginTable, set: number, hash0: number, hash1: number): number {
  const { words } = table;
  const first = firstEntry(table, set);
  for (let entry = first; entry < first + WAYS * ENTRY.words; entry += ENTRY.words) {
    if (words[entry + ENTRY.hash + 1] === hash1 && words[entry + ENTRY.hash] === hash0) return entry;
  }
  return -1;
}

/**
 * Picks the place of a set that a new address may have: its word index, or -1. Needs the lock of the set.
 *
 * Shape: the first that exists of: a free place; an entry of which nothing counts any more; the entry that will be
 * forgotten first of those that are not blocked.
 * Safety: a blocked address is never forgotten before its time, so where a set has eight of them there is no place.
 * One that is not blocked may be: whoever makes the gateway forget it has used up eight times as many addresses as
 * sets, each of which had as many tries.
 */
export function findPlace(table: LoginTable, set: number, nowMs: number): number {
  const { words } = table;
  const first = firstEntry(table, set);
  let place = -1;
  let placeUntilMs = Number.POSITIVE_INFINITY;
  for (let entry = first; entry < first + WAYS * ENTRY.words; entry += ENTRY.words) {
    if (words[entry + ENTRY.hash + 1] === 0) return entry;
    if (isBlocked(table, entry, nowMs)) continue;
    const untilMs = msOf(words[entry + ENTRY.liveUntilS] as number);
    if (untilMs >= placeUntilMs) continue;
    place = entry;
    placeUntilMs = untilMs;
  }
  return place;
}

/** Gives a place to the address of an attempt, with nothing counted. The hash goes first and comes last. */
export function claimPlace(
  table: LoginTable,
  entry: number,
  attempt: LoginAttempt,
  hash0: number,
  hash1: number,
): void {
  const { words, bytes } = table;
  words[entry + ENTRY.hash + 1] = 0;
  words.fill(0, entry, entry + ENTRY.words);
  words[entry + ENTRY.family] = attempt.address.family;
  words[entry + ENTRY.bits] = attempt.bits;
  words.set(attempt.address.words, entry + ENTRY.address);
  const realm = encoder.encode(attempt.realm).subarray(0, REALM_BYTES);
  words[entry + ENTRY.realmLength] = realm.length;
  bytes.set(realm, 4 * (entry + ENTRY.realm));
  words[entry + ENTRY.hash] = hash0;
  words[entry + ENTRY.hash + 1] = hash1;
}

export function isBlocked({ words }: LoginTable, entry: number, nowMs: number): boolean {
  const until = words[entry + ENTRY.blockedUntilS] as number;
  return until !== 0 && nowMs < msOf(until);
}

/** Notes that something of the entry counts until then. */
export function keepUntil({ words }: LoginTable, entry: number, second: number): void {
  if ((words[entry + ENTRY.liveUntilS] as number) < second) words[entry + ENTRY.liveUntilS] = second;
}
