import { z } from 'zod';
import type { ApiKeyRecord } from '../core/ports.ts';
import { blastRadius, radiusOf, usageView, viewOfUsage } from './blast-radius.ts';
import { noSuchKey } from './key-operations.ts';
import { tellThreads, withdraw } from './key-rotation.ts';
import { keyView } from './key-schemas.ts';
import { viewOfKey } from './key-view.ts';
import { makeSuccessor } from './make-key.ts';
import type { ControlServices } from './services.ts';

/** Notices of leaks that are searched for those of one key. */
const MAX_LEAKS = 1_000;

const suspected = z
  .string()
  .refine(
    (text) => /^\d{4}-\d\d-\d\d/.test(text) && Number.isFinite(Date.parse(text)),
    'write an instant of RFC 3339',
  )
  .transform((text) => Date.parse(text));

export const compromiseKeyBody = z.strictObject({
  since: suspected
    .optional()
    .describe('When the key may have got out: what was first used later is marked as new.'),
  successor: z.boolean().default(true).describe('Whether to make a key with the same rights in its place.'),
});

const leakView = z.object({ place: z.string(), at: z.string() });

export const compromisedKey = z.object({
  record: keyView.describe('The key, revoked.'),
  isAcknowledged: z
    .boolean()
    .describe('Whether every thread has said that it does not accept the key any more.'),
  usage: usageView,
  radius: blastRadius,
  leaks: z.array(leakView).describe('Where scanners found the key.'),
  key: z
    .string()
    .nullable()
    .describe('The whole successor, shown this once; null when there was one before, or none was wanted.'),
  successor: keyView.nullable(),
  notes: z.array(z.string()),
});

async function leaksOf(services: ControlServices, id: string): Promise<z.input<typeof leakView>[]> {
  const notices = await services.notices.list('key.leaked', MAX_LEAKS);
  return notices
    .filter(({ payload }) => payload.keyId === id)
    .map(({ payload, createdAtMs }) => ({
      place: String(payload.place),
      at: new Date(createdAtMs).toISOString(),
    }));
}

/** The successor of a compromised key: the one there is, or a new one that is shown once. */
async function succeed(
  services: ControlServices,
  record: ApiKeyRecord,
): Promise<{ key: string | null; successor: ApiKeyRecord | null; note: string }> {
  const known = async (id: string) => ({ key: null, successor: await services.keys.find(id), note: '' });
  if (record.successorId !== '') return known(record.successorId);
  const nowMs = services.clock.nowMs();
  const made = makeSuccessor(record, nowMs);
  await services.keys.create(made.record);
  const change = { successorId: made.record.id, atMs: nowMs, endsAtMs: record.revokedAtMs };
  if ((await services.keys.retire(record.id, change)) === null) {
    // Another call was faster: nobody has seen this one.
    await withdraw(services, made.record.id);
    return known((await services.keys.find(record.id))?.successorId ?? '');
  }
  return { key: made.key, successor: made.record, note: await tellThreads(services, [made.record]) };
}

/**
 * Revokes a key, then reports what it may have been used for.
 *
 * Safety: the revocation comes first and is waited for; whatever fails afterwards, the key is dead. Asking again is
 * harmless: the report is made anew, and no second successor.
 */
export async function compromiseKey(
  services: ControlServices,
  id: string,
  { since, successor: wanted }: z.output<typeof compromiseKeyBody>,
) {
  const nowMs = services.clock.nowMs();
  const record = await services.keys.revoke(id, nowMs);
  if (record === null) return noSuchKey(id);
  const untold = await tellThreads(services, [record]);
  const [usage, activity, leaks] = await Promise.all([
    services.usage.findUsage(id),
    services.usage.listActivity(id),
    leaksOf(services, id),
  ]);
  const made = wanted ? await succeed(services, record) : { key: null, successor: null, note: '' };
  await services.notices.record({
    kind: 'key.compromised',
    dedupeKey: id,
    payload: {
      keyId: id,
      prefix: record.prefix,
      name: record.name,
      owner: record.owner,
      requests: usage?.requests ?? 0,
      successorId: made.successor?.id ?? null,
      since: since === undefined ? null : new Date(since).toISOString(),
    },
  });
  return {
    record: viewOfKey({ ...record, successorId: made.successor?.id ?? record.successorId }, nowMs),
    isAcknowledged: untold === '',
    usage: viewOfUsage(usage),
    radius: radiusOf(activity, since ?? null),
    leaks,
    key: made.key,
    successor: made.successor === null ? null : viewOfKey(made.successor, nowMs),
    notes: [untold, made.note].filter((note) => note !== ''),
  };
}
