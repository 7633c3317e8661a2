import { isActive } from '../control/key-view.ts';
import type { Notice } from '../core/notices.ts';
import type { ApiKeyRecord } from '../core/ports.ts';
import { DAY_MS } from '../lib/time/day.ts';

/** Keys that expired longer ago are not told of any more. */
const EXPIRED_MS = 30 * DAY_MS;

/**
 * The notice that a key's expiry calls for now; null for none.
 *
 * Shape: of the days before the expiry that have come, the fewest: a gateway that was down for weeks tells of the most
 * urgent one only. Days that are longer than the key was made for never come. A key with a successor expires as it is
 * meant to.
 */
export function expiryNotice(record: ApiKeyRecord, nowMs: number, days: readonly number[]): Notice | null {
  const { id, prefix, name, owner, kind, expiresAtMs, createdAtMs, revokedAtMs, successorId } = record;
  if (expiresAtMs === 0 || revokedAtMs !== 0 || successorId !== '') return null;
  const payload = {
    keyId: id,
    prefix,
    name,
    owner,
    kind,
    expiresAt: new Date(expiresAtMs).toISOString(),
  };
  if (!isActive(record, nowMs)) {
    if (nowMs - expiresAtMs > EXPIRED_MS) return null;
    return { kind: 'key.expired', dedupeKey: `${id} ${expiresAtMs}`, payload };
  }
  const leftMs = expiresAtMs - nowMs;
  const come = days.filter((day) => leftMs <= day * DAY_MS && expiresAtMs - createdAtMs > day * DAY_MS);
  if (come.length === 0) return null;
  const day = Math.min(...come);
  const left = { ...payload, daysLeft: Math.ceil(leftMs / DAY_MS), noticeDays: day };
  return { kind: 'key.expires-soon', dedupeKey: `${id} ${expiresAtMs} ${day}`, payload: left };
}
