import type { z } from 'zod';
import { Unavailable } from '../core/errors.ts';
import type { WindowLimits } from '../core/limits.ts';
import type { ApiKeyRecord, KeyDelivery } from '../core/ports.ts';
import { closest } from '../lib/text/suggest.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { radiusOf, viewOfUsage } from './blast-radius.ts';
import { instantOf } from './instants.ts';
import { deliveryProblem } from './key-delivery.ts';
import type { createKeyBody } from './key-schemas.ts';
import { viewOfKey } from './key-view.ts';
import { makeKey, nextRotation } from './make-key.ts';
import { Problem } from './operation.ts';
import type { ControlServices, Distribution } from './services.ts';

const RECOMMENDED_DAYS = 90;
/** How long the maker of a key waits for other gateways to know it. */
const ANNOUNCE_MS = 5_000;

export const noSuchKey = (id: string) =>
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
  for (const endpoint of body.endpoints) {
    if (plan.endpoints.includes(endpoint)) continue;
    const near = closest(endpoint, plan.endpoints);
    faults.push(`there is no endpoint \`${endpoint}\`${near === null ? '' : `: did you mean \`${near}\`?`}`);
  }
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

/** What the caller wants of rotation that cannot be; '' when all is well. */
function rotationFault(services: ControlServices, body: z.output<typeof createKeyBody>): string {
  const { kind, rotateEveryDays, deliverFile, deliverWebhook } = body;
  const delivery = deliveryOf(body);
  if (rotateEveryDays === 0) return delivery === null ? '' : 'a delivery needs `rotateEveryDays`';
  if (kind !== 'internal') return 'only keys of the kind `internal` are replaced by the gateway itself';
  if (body.expiresInDays !== 0 && body.expiresInDays <= rotateEveryDays)
    return 'the key would expire before it is replaced: let `expiresInDays` be more than `rotateEveryDays`';
  if (delivery === null || (deliverFile !== undefined && deliverWebhook !== undefined))
    return 'a key that the gateway replaces needs one place for its successors: `deliverFile` or `deliverWebhook`';
  return deliveryProblem(delivery, services.keyDelivery());
}

function deliveryOf({ deliverFile, deliverWebhook }: z.output<typeof createKeyBody>): KeyDelivery | null {
  if (deliverFile !== undefined) return { file: deliverFile };
  return deliverWebhook === undefined ? null : { webhook: deliverWebhook };
}

/** Limits that limit nothing are none. */
function limitsOf(limits: WindowLimits | undefined): WindowLimits | null {
  const isLimited = limits !== undefined && limits.perMinute + limits.perHour + limits.perDay > 0;
  return isLimited ? limits : null;
}

function madeOf(body: z.output<typeof createKeyBody>, nowMs: number) {
  const { apis, endpoints, methods, countries } = body;
  return makeKey(body.prefix, {
    name: body.name,
    owner: body.owner,
    kind: body.kind,
    clientId: body.client,
    scopes: body.scopes,
    roles: body.roles,
    tier: body.tier,
    grant: { apis, endpoints, methods, countries },
    limits: limitsOf(body.limits),
    createdAtMs: nowMs,
    expiresAtMs: body.expiresInDays === 0 ? 0 : nowMs + body.expiresInDays * DAY_MS,
    predecessorId: '',
    rotateEveryDays: body.rotateEveryDays,
    nextRotationAtMs: nextRotation(body.rotateEveryDays, nowMs),
    delivery: deliveryOf(body),
  });
}

/** Tells every thread of a new key; a gateway that cannot be reached is not waited for, but told of in a note. */
async function announce(services: ControlServices, record: ApiKeyRecord) {
  try {
    const told = await services.distributeKeys([record], ANNOUNCE_MS);
    const late = told.nodes.filter(({ state }) => state !== 'applied').map(({ name }) => name);
    const note = late.length === 0 ? '' : `The key is stored, but not yet known to ${late.join(', ')}.`;
    return { ...viewOfDistribution(told), note };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    const note = `The key is stored, but not every thread knows it yet: ${error.message}`;
    return { slowestMs: 0, slowestThread: -1, nodes: [], note };
  }
}

const viewOfDistribution = ({ slowestMs, slowestThread, nodes }: Distribution) => ({
  slowestMs,
  slowestThread,
  nodes: nodes.map((node) => ({ ...node })),
});

/**
 * Creates a key.
 *
 * Safety: stored before anyone learns it; the answer is the only place where the whole key ever appears. When not
 * every thread took it in, it is answered nevertheless, with a note: nobody could ask for it again.
 */
export async function createKey(services: ControlServices, body: z.output<typeof createKeyBody>) {
  const faults = [...unknownNames(services, body), rotationFault(services, body)].filter(
    (text) => text !== '',
  );
  if (faults.length > 0)
    return new Problem(422, 'invalid_input', `The key is not valid: ${faults.join('; ')}.`);
  const nowMs = services.clock.nowMs();
  const { key, record } = madeOf(body, nowMs);
  await services.keys.create(record);
  const notes = notesFor(body);
  const { note, ...acknowledged } = await announce(services, record);
  if (note !== '') notes.push(note);
  return { key, record: viewOfKey(record, nowMs), ...acknowledged, notes };
}

/** Lists all keys, the newest first, with what they were used for. */
export async function listKeys(services: ControlServices) {
  const nowMs = services.clock.nowMs();
  const [records, usages] = await Promise.all([services.keys.list(), services.usage.listUsage()]);
  const usageOf = new Map(usages.map((usage) => [usage.keyId, usage]));
  return {
    keys: records.map((record) => ({
      ...viewOfKey(record, nowMs),
      usage: viewOfUsage(usageOf.get(record.id) ?? null),
    })),
  };
}

/** The other half of a rotation, and whether it is in use. */
async function relatedKey(services: ControlServices, id: string) {
  const record = id === '' ? null : await services.keys.find(id);
  if (record === null) return null;
  const usage = await services.usage.findUsage(id);
  return { ...viewOfKey(record, services.clock.nowMs()), lastUsedAt: instantOf(usage?.lastUsedAtMs ?? 0) };
}

/** Shows one key with what it was used for, and the keys before and after it. */
export async function showKey(services: ControlServices, id: string) {
  const record = await services.keys.find(id);
  if (record === null) return noSuchKey(id);
  const [usage, activity, before, after] = await Promise.all([
    services.usage.findUsage(id),
    services.usage.listActivity(id),
    relatedKey(services, record.predecessorId),
    relatedKey(services, record.successorId),
  ]);
  return {
    ...viewOfKey(record, services.clock.nowMs()),
    usage: viewOfUsage(usage),
    activity: radiusOf(activity, null),
    related: { predecessor: before, successor: after },
  };
}

/** Revokes a key and waits until no thread of any gateway accepts it any more. */
export async function revokeKey(services: ControlServices, id: string) {
  const record = await services.keys.revoke(id, services.clock.nowMs());
  if (record === null) return noSuchKey(id);
  try {
    const told = await services.distributeKeys([record]);
    const pending = told.nodes.filter(({ state }) => state === 'pending').map(({ name }) => name);
    if (pending.length > 0) return notDistributed(`no word of ${pending.join(', ')}.`);
    return { record: viewOfKey(record, services.clock.nowMs()), ...viewOfDistribution(told) };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return notDistributed(error.message);
  }
}

const notDistributed = (why: string) =>
  new Problem(
    503,
    'not_distributed',
    `The key is revoked in the database, but not every thread acknowledged it: ${why} Revoke it once more to see whether all have.`,
  );
