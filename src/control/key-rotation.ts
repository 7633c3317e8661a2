import { z } from 'zod';
import { Unavailable } from '../core/errors.ts';
import type { Notice } from '../core/notices.ts';
import type { ApiKeyRecord } from '../core/ports.ts';
import { noSuchKey } from './key-operations.ts';
import { keyView } from './key-schemas.ts';
import { viewOfKey } from './key-view.ts';
import { makeSuccessor } from './make-key.ts';
import { Problem } from './operation.ts';
import type { ControlServices } from './services.ts';

const HOUR_MS = 3_600_000;
export const MAX_GRACE_H = 720;

export const rotateKeyBody = z.strictObject({
  graceHours: z
    .int()
    .min(0)
    .max(MAX_GRACE_H)
    .optional()
    .describe('Hours that the old key still works; `keys.graceHours` of the configuration when absent.'),
});

export const rotatedKey = z.object({
  key: z.string().describe('The whole successor. It is shown here once and never again.'),
  record: keyView.describe('The successor.'),
  old: keyView.describe('The key that was replaced; `expiresAt` is the end of its grace period.'),
  notes: z.array(z.string()).describe('What is not as asked, or not finished.'),
});

/** What the notice of a rotation says. */
export function rotationNotice(old: ApiKeyRecord, successor: ApiKeyRecord, by: string): Notice {
  return {
    kind: 'key.rotated',
    dedupeKey: `${old.id} ${successor.id}`,
    payload: {
      keyId: old.id,
      prefix: old.prefix,
      name: old.name,
      owner: old.owner,
      successorId: successor.id,
      graceEndsAt: new Date(old.expiresAtMs).toISOString(),
      by,
    },
  };
}

/** Tells every thread of every gateway; returns a note when not all of them know. */
export async function tellThreads(
  services: Pick<ControlServices, 'distributeKeys'>,
  records: readonly ApiKeyRecord[],
  withinMs?: number,
): Promise<string> {
  try {
    const { nodes } = await services.distributeKeys(records, withinMs);
    const late = nodes.filter(({ state }) => state === 'pending').map(({ name }) => name);
    return late.length === 0 ? '' : `No word yet of the gateways ${late.join(', ')}.`;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return `Not every thread knows it yet: ${error.message}`;
  }
}

function refusal(record: ApiKeyRecord): Problem | null {
  if (record.revokedAtMs !== 0) {
    const sentence = `Key ${record.id} is revoked: create a new one with \`portcullis key create\`.`;
    return new Problem(409, 'revoked', sentence);
  }
  if (record.successorId === '') return null;
  const sentence = `Key ${record.id} has a successor already: rotate ${record.successorId}.`;
  return new Problem(409, 'rotated', sentence, { successor: record.successorId });
}

function notesFor(record: ApiKeyRecord, endsAtMs: number, nowMs: number): string[] {
  const { expiresAtMs } = record;
  if (expiresAtMs === 0 || expiresAtMs >= endsAtMs) return [];
  if (expiresAtMs <= nowMs) return ['The old key had expired before, and stays so.'];
  return ['The old key expires before the end of the grace period, and stops then.'];
}

/**
 * Makes a successor with the same rights; the old key works until the grace period ends.
 *
 * Safety: the successor is known to every thread before it is shown. A key gets one successor: of two rotations at once the
 * second finds that it came late, and its successor, which nobody has seen, is revoked.
 */
export async function rotateKey(
  services: ControlServices,
  id: string,
  { graceHours = services.graceHours() }: z.output<typeof rotateKeyBody>,
) {
  const record = await services.keys.find(id);
  if (record === null) return noSuchKey(id);
  const refused = refusal(record);
  if (refused !== null) return refused;
  const nowMs = services.clock.nowMs();
  const endsAtMs = nowMs + graceHours * HOUR_MS;
  const made = makeSuccessor(record, nowMs);
  await services.keys.create(made.record);
  const told = await tellThreads(services, [made.record]);
  const old = await services.keys.retire(id, { successorId: made.record.id, atMs: nowMs, endsAtMs });
  if (old === null || old.revokedAtMs !== 0) {
    await withdraw(services, made.record.id);
    const now = await services.keys.find(id);
    return (now && refusal(now)) ?? noSuchKey(id);
  }
  const toldOld = await tellThreads(services, [old]);
  await services.notices.record(rotationNotice(old, made.record, 'hand'));
  return {
    key: made.key,
    record: viewOfKey(made.record, nowMs),
    old: viewOfKey(old, nowMs),
    notes: [...notesFor(record, endsAtMs, nowMs), told, toldOld].filter((note) => note !== ''),
  };
}

/** Revokes a key that nobody was given. */
export async function withdraw(
  services: Pick<ControlServices, 'keys' | 'clock' | 'distributeKeys'>,
  id: string,
): Promise<void> {
  const revoked = await services.keys.revoke(id, services.clock.nowMs());
  if (revoked !== null) await tellThreads(services, [revoked]);
}
