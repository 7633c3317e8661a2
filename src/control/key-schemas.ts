import { z } from 'zod';

/** RFC 6749, section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). */
const scope = z
  .string()
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/,
    'a scope has printable ASCII without spaces, quotes and backslashes',
  );
const name = z.string().min(1).max(200);

/** What a new key may do. */
export const createKeyBody = z.strictObject({
  name: z.string().trim().min(1).max(100).describe('What the key is for, in your own words.'),
  owner: z
    .string()
    .trim()
    .max(200)
    .default('')
    .describe('Who answers for the key: a person, team or service.'),
  scopes: z.array(scope).max(100).default([]).describe('Scopes the key grants.'),
  roles: z.array(name).max(100).default([]).describe('Roles the key grants.'),
  tier: z.string().max(64).default('').describe('Rate limit tier; empty takes the default of the API.'),
  apis: z.array(name).max(100).default([]).describe('Ids of the APIs the key is limited to; empty for all.'),
  endpoints: z
    .array(name)
    .max(100)
    .default([])
    .describe('Endpoints the key is limited to, as `api/endpoint`; empty for all.'),
  methods: z
    .array(z.string().regex(/^[A-Z]{1,32}$/, 'a method is written in capitals'))
    .max(20)
    .default([])
    .describe('Methods the key is limited to; empty for all.'),
  expiresInDays: z
    .int()
    .min(0)
    .max(3650)
    .default(90)
    .describe('Days until the key expires; 0 never expires, which is weak.'),
  prefix: z
    .string()
    .regex(/^[a-z0-9]{2,8}$/, 'a prefix has 2 to 8 lower-case letters and digits')
    .default('pk')
    .describe('First part of the key, tells kinds of keys apart.'),
});

const instant = z.string().describe('RFC 3339.');

/** What may be shown of a key. */
export const keyView = z.object({
  id: z.string().describe('Public id, part of the key.'),
  name: z.string(),
  prefix: z.string().describe('The first eight characters of the key.'),
  owner: z.string(),
  status: z.enum(['active', 'expired', 'revoked']),
  scopes: z.array(z.string()),
  roles: z.array(z.string()),
  tier: z.string(),
  apis: z.array(z.string()),
  endpoints: z.array(z.string()),
  methods: z.array(z.string()),
  createdAt: instant,
  expiresAt: instant.nullable().describe('Null: never.'),
  revokedAt: instant.nullable().describe('Null: not revoked.'),
});

const slowestMs = z.number().describe('How long the slowest thread took to acknowledge, in milliseconds.');

export const createdKey = z.object({
  key: z.string().describe('The whole key. It is shown here once and never again.'),
  record: keyView,
  slowestMs,
  notes: z.array(z.string()).describe('What is weak about the key, or not finished.'),
});

export const revokedKey = z.object({ record: keyView, slowestMs });

export const keyList = z.object({ keys: z.array(keyView) });

export const keyWithUsage = keyView.extend({
  usage: z.object({
    requests: z.int(),
    errors: z.int().describe('Requests answered with a status of 400 or more.'),
    lastUsedAt: instant.nullable(),
  }),
});
