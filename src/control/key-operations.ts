import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { Unavailable } from '../core/errors.ts';
import type { ApiKeyRecord } from '../core/ports.ts';
import { generateApiKey, shownPrefix } from '../lib/apikey/key-format.ts';
import { hashSecret } from '../lib/apikey/secret-hash.ts';
import type { createKeyBody, keyView } from './key-schemas.ts';
import { Problem } from './operation.ts';
import type { ControlServices } from './services.ts';

const DAY_MS = 86_400_000;
const SALT_BYTES = 16;
const RECOMMENDED_DAYS = 90;

type KeyView = z.input<typeof keyView>;

const instant = (ms: number): string | null => (ms === 0 ? null : new Date(ms).toISOString());

/** What may be shown of a key: neither salt nor hash. */
export function viewOfKey(record: ApiKeyRecord, nowMs: number): KeyView {
  const isExpired = record.expiresAtMs !== 0 && record.expiresAtMs <= nowMs;
  return {
    id: record.id,
    name: record.name,
    prefix: record.prefix,
    owner: record.owner,
    status: record.revokedAtMs !== 0 ? 'revoked' : isExpired ? 'expired' : 'active',
    scopes: [...record.scopes],
    roles: [...record.roles],
    tier: record.tier,
    apis: [...record.grant.apis],
    endpoints: [...record.grant.endpoints],
    methods: [...record.grant.methods],
    createdAt: new Date(record.createdAtMs).toISOString(),
    expiresAt: instant(record.expiresAtMs),
    revokedAt: instant(record.revokedAtMs),
  };
}

const noSuchKey = (id: string) =>
  new Problem(
    404,
    'not_found',
    `There is no key with the id ${id}: \`portcullis key list\` shows all of them.`,
  );

/** Sentences for names that the plan in force does not know; a typing error would make a useless key. */
function unknownNames(services: ControlServices, body: z.output<typeof createKeyBody>): string[] {
  const plan = services.status().plan;
  if (plan === null) return [];
  const apis = new Set(plan.apis);
  const faults = body.apis
    .filter((api) => !apis.has(api))
    .map((api) => `there is no API \`${api}\`, only ${[...apis].join(', ') || 'none'}`);
  if (body.tier !== '' && !plan.tiers.includes(body.tier)) {
    faults.push(`there is no tier \`${body.tier}\`, only ${plan.tiers.join(', ') || 'none'}`);
  }
  return faults;
}

function notesFor(body: z.output<typeof createKeyBody>): string[] {
  const notes: string[] = [];
  if (body.expiresInDays === 0) {
    notes.push('Weak: this key never expires. Prefer one that does, and replace it in time.');
  } else if (body.expiresInDays > RECOMMENDED_DAYS) {
    notes.push(`Weak: this key is valid for more than ${RECOMMENDED_DAYS} days.`);
  }
  return notes;
}

function recordOf(
  body: z.output<typeof createKeyBody>,
  key: string,
  id: string,
  secret: string,
  nowMs: number,
) {
  const salt = randomBytes(SALT_BYTES).toString('hex');
  return {
    id,
    name: body.name,
    prefix: shownPrefix(key),
    salt,
    hash: hashSecret(secret, salt),
    owner: body.owner,
    scopes: body.scopes,
    roles: body.roles,
    tier: body.tier,
    grant: { apis: body.apis, endpoints: body.endpoints, methods: body.methods },
    createdAtMs: nowMs,
    expiresAtMs: body.expiresInDays === 0 ? 0 : nowMs + body.expiresInDays * DAY_MS,
    revokedAtMs: 0,
  } satisfies ApiKeyRecord;
}

/**
 * Creates a key.
 *
 * Safety: stored before anyone learns it; the answer is the only place where the whole key ever appears. When not
 * every thread took it in, it is answered nevertheless, with a note: nobody could ask for it again.
 */
export async function createKey(services: ControlServices, body: z.output<typeof createKeyBody>) {
  const faults = unknownNames(services, body);
  if (faults.length > 0)
    return new Problem(422, 'invalid_input', `The key is not valid: ${faults.join('; ')}.`);
  const nowMs = services.clock.nowMs();
  const made = generateApiKey(body.prefix, randomBytes);
  const record = recordOf(body, made.key, made.id, made.secret, nowMs);
  await services.keys.create(record);
  const notes = notesFor(body);
  let slowestMs = 0;
  try {
    ({ slowestMs } = await services.distributeKeys([record]));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    notes.push(`The key is stored, but not every thread knows it yet: ${error.message}`);
  }
  return { key: made.key, record: viewOfKey(record, nowMs), slowestMs, notes };
}

/** Lists all keys, the newest first. */
export async function listKeys(services: ControlServices) {
  const nowMs = services.clock.nowMs();
  return { keys: (await services.keys.list()).map((record) => viewOfKey(record, nowMs)) };
}

/** Shows one key with what it was used for. */
export async function showKey(services: ControlServices, id: string) {
  const record = await services.keys.find(id);
  if (record === null) return noSuchKey(id);
  const usage = await services.usage.findUsage(id);
  return {
    ...viewOfKey(record, services.clock.nowMs()),
    usage: {
      requests: usage?.requests ?? 0,
      errors: usage?.errors ?? 0,
      lastUsedAt: instant(usage?.lastUsedAtMs ?? 0),
    },
  };
}

/** Revokes a key and waits until no thread accepts it any more. */
export async function revokeKey(services: ControlServices, id: string) {
  const record = await services.keys.revoke(id, services.clock.nowMs());
  if (record === null) return noSuchKey(id);
  try {
    const { slowestMs } = await services.distributeKeys([record]);
    return { record: viewOfKey(record, services.clock.nowMs()), slowestMs };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return new Problem(
      503,
      'not_distributed',
      `The key is revoked in the database, but not every thread acknowledged it: ${error.message} Revoke it once more to see whether all have.`,
    );
  }
}
