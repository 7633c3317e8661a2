import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Attempts in a row that cost nothing but being counted. */
const FREE_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** How often an update is tried that others keep overtaking. */
const MAX_TRIES = 32;

/** How long a user is paused after so many failed attempts in a row: 30 s, doubled each time, an hour at most. */
export function pauseMs(failed: number): number {
  if (failed < FREE_ATTEMPTS) return 0;
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failed - FREE_ATTEMPTS, 20), LONGEST_PAUSE_MS);
}

/**
 * Counts an attempt as failed, before it is looked at; false while the user is paused, and for one who is not there.
 *
 * Safety: the update holds only if nobody counted in between, so of concurrent attempts each sees the count of the
 * one before. Who is overtaken again and again is refused: that takes a flood.
 */
export async function takeAttempt(db: Kysely<Tables>, id: string, nowMs: number): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const row = await db
      .selectFrom('users')
      .select(['failed_attempts', 'paused_until_ms'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined || Number(row.paused_until_ms) > nowMs) return false;
    const failed = Number(row.failed_attempts) + 1;
    const pause = pauseMs(failed);
    const result = await db
      .updateTable('users')
      .set({ failed_attempts: failed, paused_until_ms: pause === 0 ? 0 : nowMs + pause })
      .where('id', '=', id)
      .where('failed_attempts', '=', row.failed_attempts)
      .where('paused_until_ms', '=', row.paused_until_ms)
      .executeTakeFirst();
    if (Number(result.numUpdatedRows) === 1) return true;
  }
  return false;
}
