import { z } from 'zod';
import { COUNTING, ON_UNAVAILABLE } from '../../core/limits.ts';
import { modeSchema } from '../../core/mode.ts';
import { bySchema } from './dimension.schema.ts';
import { PRESET_NAMES } from './presets.ts';
import { limitFields } from './tiers.ts';

/** How many bits of an IPv6 address tell clients apart. */
export const ipv6PrefixSchema = z
  .int()
  .min(32)
  .max(128)
  .default(64)
  .describe(
    'Bits of an IPv6 address that tell clients apart: whoever has one address has a whole /64, often a /56.',
  );

const countingSchema = z
  .enum(COUNTING)
  .default('strict')
  .describe(
    'Where requests are counted when `counters.url` names Redis: `strict` asks Redis for every request, `leased` takes ' +
      'slices of the limits ahead, `local` counts for each gateway by itself. With `memory:` all are one.',
  );

const storeFields = {
  counting: countingSchema,
  onUnavailable: z
    .enum(ON_UNAVAILABLE)
    .optional()
    .describe(
      'What happens while Redis cannot be used: `local` gives each gateway its share of the limits by the gateways that ' +
        'are alive, `deny` answers 503, `allow` limits nothing, which is weak. When absent: `deny` where failed logins ' +
        'are guarded (`login.failures`) and with `preset` login, reset-password and export, else `local`.',
    ),
};

/** The `addressLimit` block. */
export const addressLimitSchema = z
  .strictObject({
    mode: modeSchema,
    ...limitFields,
    ipv6Prefix: ipv6PrefixSchema,
    ...storeFields,
  })
  .describe(
    'How often one client address may ask, whoever it is; counted before CORS and authentication, so preflights and ' +
      'failed logins count. Each API and each endpoint counts for itself: an endpoint that inherits numbers has them ' +
      'as its own. Without numbers nothing is limited.',
  );

export type AddressLimitConfig = z.infer<typeof addressLimitSchema>;

const tierNameSchema = z.string().min(1).max(64);

/** More than any limit could hold. */
const MAX_COST = 10_000;
const costSchema = z.int().min(1).max(MAX_COST);

const METHOD = /^[A-Z][A-Z-]{0,31}$/;
const METHOD_FORM = 'Methods are written in capital letters, such as POST.';

const limitSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'An id has small letters, digits and hyphens.')
      .describe('Names the limit: in the journal, in `RateLimit-Policy` and in front of its counters.'),
    by: bySchema.default('principal'),
    ...limitFields,
    cost: costSchema
      .optional()
      .describe('Requests that one request counts as, here; that of the block if absent.'),
    methods: z
      .array(z.string().regex(METHOD, METHOD_FORM))
      .min(1)
      .max(16)
      .optional()
      .describe('Methods that count; every one if absent. HEAD counts with GET.'),
  })
  .describe('One limit beside the others.');

export type LimitConfig = z.infer<typeof limitSchema>;

/** The `rateLimit` block. */
export const rateLimitSchema = z
  .strictObject({
    mode: modeSchema,
    preset: z
      .enum(PRESET_NAMES as [string, ...string[]])
      .transform((name) => name as (typeof PRESET_NAMES)[number])
      .optional()
      .describe(
        'What kind of endpoint this is: gives the limit of a minute that such endpoints have (search 20, upload 5, login ' +
          '10, reset-password 3, export 2, webhook 100, recommendations 30), and `onUnavailable: deny` for login, ' +
          'reset-password and export. What the block says itself wins, what it would inherit does not.',
      ),
    tier: tierNameSchema
      .optional()
      .describe(
        'Name of the tier whose limits apply, or `fromPrincipal`: the one that the key or token of the caller names. ' +
          'A tier is one allowance for all APIs together: those with `fromPrincipal` share one, and so do those that ' +
          'name the same tier.',
      ),
    defaultTier: tierNameSchema
      .default('free')
      .describe(
        'Tier with `fromPrincipal` for callers who name none, or one that does not exist, or are not known.',
      ),
    ...limitFields,
    by: bySchema.default('principal'),
    cost: costSchema
      .default(1)
      .describe('Requests that one request counts as, in the tier and in every limit of the block.'),
    limits: z
      .array(limitSchema)
      .max(16)
      .default([])
      .describe(
        'More limits that apply at once, each counted by its own `by`. A request counts against all or, where one has no ' +
          'room, against none. A list replaces the one it would inherit. One request can have 8 limits in all.',
      ),
    ipv6Prefix: ipv6PrefixSchema,
    ...storeFields,
  })
  .describe(
    'How often one caller may ask; counted after CORS and authentication, so preflights that CORS answers and ' +
      'refused credentials do not count. Numbers apply beside the tier, to each API and each endpoint for itself: an ' +
      'endpoint that inherits numbers has them as its own. The tightest limit answers. Without tier and numbers nothing ' +
      'is limited.',
  );

export type RateLimitConfig = z.infer<typeof rateLimitSchema>;
