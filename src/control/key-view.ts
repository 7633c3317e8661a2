import type { z } from 'zod';
import type { ApiKeyRecord } from '../core/ports.ts';
import { instantOf } from './instants.ts';
import type { keyView } from './key-schemas.ts';

export type KeyView = z.input<typeof keyView>;

/** Whether a key is accepted at a moment. */
export function isActive({ revokedAtMs, expiresAtMs }: ApiKeyRecord, nowMs: number): boolean {
  return revokedAtMs === 0 && (expiresAtMs === 0 || expiresAtMs > nowMs);
}

function statusOf(record: ApiKeyRecord, nowMs: number): KeyView['status'] {
  if (record.revokedAtMs !== 0) return 'revoked';
  const active = isActive(record, nowMs);
  if (record.successorId !== '') return active ? 'grace' : 'rotated';
  return active ? 'active' : 'expired';
}

/** What may be shown of a key: neither salt nor hash. */
export function viewOfKey(record: ApiKeyRecord, nowMs: number): KeyView {
  return {
    id: record.id,
    name: record.name,
    prefix: record.prefix,
    owner: record.owner,
    kind: record.kind,
    client: record.clientId,
    status: statusOf(record, nowMs),
    scopes: [...record.scopes],
    roles: [...record.roles],
    tier: record.tier,
    apis: [...record.grant.apis],
    endpoints: [...record.grant.endpoints],
    methods: [...record.grant.methods],
    countries: [...record.grant.countries],
    limits: record.limits === null ? null : { ...record.limits },
    createdAt: new Date(record.createdAtMs).toISOString(),
    expiresAt: instantOf(record.expiresAtMs),
    revokedAt: instantOf(record.revokedAtMs),
    predecessor: record.predecessorId || null,
    successor: record.successorId || null,
    rotatedAt: instantOf(record.rotatedAtMs),
    rotateEveryDays: record.rotateEveryDays,
    nextRotationAt: instantOf(record.nextRotationAtMs),
    delivery: record.delivery === null ? null : { ...record.delivery },
  };
}
