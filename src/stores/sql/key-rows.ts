import type { Insertable, Selectable } from 'kysely';
import type { WindowLimits } from '../../core/limits.ts';
import { type ApiKeyRecord, KEY_KINDS, type KeyDelivery } from '../../core/ports.ts';
import type { KeyGrant } from '../../core/principal.ts';
import type { Tables } from './tables.ts';

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** The row that holds a key. */
export function rowOfKey(record: ApiKeyRecord): Insertable<Tables['api_keys']> {
  const { apis, endpoints, methods, countries } = record.grant;
  return {
    id: record.id,
    name: record.name,
    prefix: record.prefix,
    salt: record.salt,
    hash: record.hash,
    owner: record.owner,
    scopes: JSON.stringify(record.scopes),
    roles: JSON.stringify(record.roles),
    tier: record.tier,
    limited_to: JSON.stringify({ apis, endpoints, methods, countries }),
    created_at_ms: record.createdAtMs,
    expires_at_ms: record.expiresAtMs,
    revoked_at_ms: record.revokedAtMs,
    kind: record.kind,
    client_id: record.clientId,
    own_limits: record.limits === null ? '' : JSON.stringify(record.limits),
    predecessor_id: record.predecessorId,
    successor_id: record.successorId,
    rotated_at_ms: record.rotatedAtMs,
    rotate_every_days: record.rotateEveryDays,
    next_rotation_at_ms: record.nextRotationAtMs,
    delivery: record.delivery === null ? '' : JSON.stringify(record.delivery),
  };
}

function parseList(text: string): string[] | null {
  const value = parseJson(text);
  return isTextList(value) ? value : null;
}

function parseGrant(text: string): KeyGrant | null {
  const value = parseJson(text) as Partial<Record<keyof KeyGrant, unknown>> | null;
  if (typeof value !== 'object' || value === null) return null;
  // Keys from before there were countries have no list of them.
  const { apis, endpoints, methods, countries = [] } = value;
  return isTextList(apis) && isTextList(endpoints) && isTextList(methods) && isTextList(countries)
    ? { apis, endpoints, methods, countries }
    : null;
}

/** Own limits; null for none, undefined for what cannot be read. */
function parseLimits(text: string): WindowLimits | null | undefined {
  if (text === '') return null;
  const { perMinute, perHour, perDay } = (parseJson(text) ?? {}) as Partial<WindowLimits>;
  const isCount = (value: unknown): value is number => Number.isInteger(value);
  return isCount(perMinute) && isCount(perHour) && isCount(perDay)
    ? { perMinute, perHour, perDay }
    : undefined;
}

/** Where successors go; null for nowhere, undefined for what cannot be read. */
function parseDelivery(text: string): KeyDelivery | null | undefined {
  if (text === '') return null;
  const { file, webhook } = (parseJson(text) ?? {}) as { file?: unknown; webhook?: unknown };
  if (typeof file === 'string') return { file };
  return typeof webhook === 'string' ? { webhook } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * The key that a row holds; null when the row is damaged.
 *
 * Safety: what cannot be read must never become nothing: an empty grant and absent limits limit nothing.
 */
export function parseKeyRow(row: Selectable<Tables['api_keys']>): ApiKeyRecord | null {
  const scopes = parseList(row.scopes);
  const roles = parseList(row.roles);
  const grant = parseGrant(row.limited_to);
  const limits = parseLimits(row.own_limits);
  const delivery = parseDelivery(row.delivery);
  const kind = KEY_KINDS.find((known) => known === row.kind);
  if (scopes === null || roles === null || grant === null) return null;
  if (limits === undefined || delivery === undefined || kind === undefined) return null;
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    salt: row.salt,
    hash: row.hash,
    owner: row.owner,
    kind,
    clientId: row.client_id,
    scopes,
    roles,
    tier: row.tier,
    grant,
    createdAtMs: Number(row.created_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    revokedAtMs: Number(row.revoked_at_ms),
    limits,
    predecessorId: row.predecessor_id,
    successorId: row.successor_id,
    rotatedAtMs: Number(row.rotated_at_ms),
    rotateEveryDays: Number(row.rotate_every_days),
    nextRotationAtMs: Number(row.next_rotation_at_ms),
    delivery,
  };
}
