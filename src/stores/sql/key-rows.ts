import type { Insertable, Selectable } from 'kysely';
import type { ApiKeyRecord } from '../../core/ports.ts';
import type { KeyGrant } from '../../core/principal.ts';
import type { Tables } from './tables.ts';

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** The row that holds a key. */
export function rowOfKey(record: ApiKeyRecord): Insertable<Tables['api_keys']> {
  const { apis, endpoints, methods } = record.grant;
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
    limited_to: JSON.stringify({ apis, endpoints, methods }),
    created_at_ms: record.createdAtMs,
    expires_at_ms: record.expiresAtMs,
    revoked_at_ms: record.revokedAtMs,
  };
}

function parseList(text: string): string[] | null {
  const value = parseJson(text);
  return isTextList(value) ? value : null;
}

function parseGrant(text: string): KeyGrant | null {
  const value = parseJson(text) as Partial<Record<keyof KeyGrant, unknown>> | null;
  if (typeof value !== 'object' || value === null) return null;
  const { apis, endpoints, methods } = value;
  return isTextList(apis) && isTextList(endpoints) && isTextList(methods)
    ? { apis, endpoints, methods }
    : null;
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
 * Safety: a list that cannot be read must never become an empty one: an empty grant limits nothing.
 */
export function parseKeyRow(row: Selectable<Tables['api_keys']>): ApiKeyRecord | null {
  const scopes = parseList(row.scopes);
  const roles = parseList(row.roles);
  const grant = parseGrant(row.limited_to);
  if (scopes === null || roles === null || grant === null) return null;
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    salt: row.salt,
    hash: row.hash,
    owner: row.owner,
    scopes,
    roles,
    tier: row.tier,
    grant,
    createdAtMs: Number(row.created_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    revokedAtMs: Number(row.revoked_at_ms),
  };
}
