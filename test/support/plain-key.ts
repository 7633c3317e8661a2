import type { ApiKeyRecord } from '../../src/core/ports.ts';

/** What a key has when nobody asked for anything: no limits, no rotation. */
export const PLAIN_KEY = {
  owner: '',
  kind: 'partner',
  clientId: '',
  scopes: [],
  roles: [],
  tier: '',
  grant: { apis: [], endpoints: [], methods: [], countries: [] },
  limits: null,
  expiresAtMs: 0,
  revokedAtMs: 0,
  predecessorId: '',
  successorId: '',
  rotatedAtMs: 0,
  rotateEveryDays: 0,
  nextRotationAtMs: 0,
  delivery: null,
} as const satisfies Partial<ApiKeyRecord>;
