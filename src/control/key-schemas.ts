import { z } from 'zod';
import { KEY_KINDS } from '../core/ports.ts';
import { countryProblem } from '../lib/geo/country-code.ts';
import { blastRadius, usageView } from './blast-radius.ts';
import { instant } from './instants.ts';

/** RFC 6749, section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). */
const scope = z
  .string()
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/,
    'a scope has printable ASCII without spaces, quotes and backslashes',
  );
const name = z.string().min(1).max(200);

const country = z.string().superRefine((code, issues) => {
  const message = countryProblem(code);
  if (message !== '') issues.addIssue({ code: 'custom', message });
});

const limit = z.int().min(0).max(1_000_000);
const keyLimits = z
  .strictObject({ perMinute: limit.default(0), perHour: limit.default(0), perDay: limit.default(0) })
  .describe('Requests in any 60 seconds, 60 minutes and 24 hours; 0 is no limit.');

export const MAX_ROTATE_DAYS = 365;

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
  countries: z
    .array(country)
    .max(249)
    .default([])
    .describe('Countries of ISO 3166-1 that the key may be used from; empty for all.'),
  kind: z
    .enum(KEY_KINDS)
    .default('partner')
    .describe('What the key is for. Only `internal` keys are replaced by the gateway itself.'),
  client: z
    .string()
    .max(200)
    .default('')
    .describe('OAuth client that the key belongs to: a token of another client beside it is refused.'),
  limits: keyLimits
    .optional()
    .describe('How often the key may be used, beside the limits of tier and API; the tightest limit counts.'),
  rotateEveryDays: z
    .int()
    .min(0)
    .max(MAX_ROTATE_DAYS)
    .default(0)
    .describe('Days after which the gateway replaces the key by itself; 0 never. For `internal` keys.'),
  deliverFile: z
    .string()
    .max(1024)
    .optional()
    .describe('File that gets the successors, inside of `keys.deliveryFolder` of the configuration.'),
  deliverWebhook: z
    .string()
    .max(64)
    .optional()
    .describe('Webhook of `notices.webhooks` of the configuration that gets the successors.'),
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

/** What may be shown of a key. */
export const keyView = z.object({
  id: z.string().describe('Public id, part of the key.'),
  name: z.string(),
  prefix: z.string().describe('The first eight characters of the key.'),
  owner: z.string(),
  kind: z.enum(KEY_KINDS),
  client: z.string().describe('OAuth client that the key belongs to; empty for none.'),
  status: z
    .enum(['active', 'grace', 'rotated', 'expired', 'revoked'])
    .describe('`grace`: it has a successor and still works; `rotated`: it has one and has stopped.'),
  scopes: z.array(z.string()),
  roles: z.array(z.string()),
  tier: z.string(),
  apis: z.array(z.string()),
  endpoints: z.array(z.string()),
  methods: z.array(z.string()),
  countries: z.array(z.string()),
  limits: z
    .object({ perMinute: z.int(), perHour: z.int(), perDay: z.int() })
    .nullable()
    .describe('Its own limits; null when it has none.'),
  createdAt: instant,
  expiresAt: instant.nullable().describe('Null: never.'),
  revokedAt: instant.nullable().describe('Null: not revoked.'),
  predecessor: z.string().nullable().describe('Id of the key that it replaces.'),
  successor: z.string().nullable().describe('Id of the key that replaces it.'),
  rotatedAt: instant.nullable().describe('When it got its successor.'),
  rotateEveryDays: z.int().describe('0: the gateway does not replace it by itself.'),
  nextRotationAt: instant.nullable(),
  delivery: z.union([z.object({ file: z.string() }), z.object({ webhook: z.string() })]).nullable(),
});

/** Who has acknowledged a change of keys. */
export const acknowledged = {
  slowestMs: z
    .number()
    .describe('How long the slowest thread of this gateway took to acknowledge, in milliseconds.'),
  slowestThread: z.int().describe('Number of that thread; -1 where no thread runs.'),
  nodes: z
    .array(
      z.object({
        name: z.string(),
        state: z
          .enum(['applied', 'lease-ended', 'pending'])
          .describe(
            '`applied`: every thread of it has the change. `lease-ended`: it fell silent and accepts no key any more until ' +
              'it has caught up. `pending`: neither, when the time was up.',
          ),
        ms: z.number().describe('Milliseconds until that was known.'),
      }),
    )
    .describe('The other gateways on the same database.'),
};

export const createdKey = z.object({
  key: z.string().describe('The whole key. It is shown here once and never again.'),
  record: keyView,
  ...acknowledged,
  notes: z.array(z.string()).describe('What is weak about the key, or not finished.'),
});

export const revokedKey = z.object({ record: keyView, ...acknowledged });

export const keyList = z.object({ keys: z.array(keyView.extend({ usage: usageView })) });

const relatedView = keyView.extend({ lastUsedAt: instant.nullable() }).nullable();

export const keyWithUsage = keyView.extend({
  usage: usageView,
  activity: blastRadius,
  related: z
    .object({ predecessor: relatedView, successor: relatedView })
    .describe('The keys before and after it, and when each was used last.'),
});
