import { z } from 'zod';
import { COUNTING, ON_UNAVAILABLE } from '../../core/limits.ts';
import { modeSchema } from '../../core/mode.ts';
import { limitFields } from './tiers.ts';

const ipv6PrefixSchema = z
  .int()
  .min(32)
  .max(128)
  .default(64)
  .describe(
    'Bits of an IPv6 address that tell clients apart: whoever has one address has a whole /64, often a /56.',
  );

const storeFields = {
  counting: z
    .enum(COUNTING)
    .default('strict')
    .describe(
      'Where requests are counted when `counters.url` names Redis: `strict` asks Redis for every request, `leased` takes ' +
        'slices of the limits ahead, `local` counts for each gateway by itself. With `memory:` all are one.',
    ),
  onUnavailable: z
    .enum(ON_UNAVAILABLE)
    .optional()
    .describe(
      'What happens while Redis cannot be used: `local` gives each gateway its share of the limits by the gateways that ' +
        'are alive, `deny` answers 503, `allow` limits nothing, which is weak. When absent: `deny` where failed logins ' +
        'are guarded (`login.failures`), else `local`.',
    ),
};

/** The `addressLimit` block. */
export const addressLimitSchema = z
  .strictObject({ mode: modeSchema, ...limitFields, ipv6Prefix: ipv6PrefixSchema, ...storeFields })
  .describe(
    'How often one client address may ask, whoever it is; counted before CORS and authentication, so preflights and ' +
      'failed logins count. Each API and each endpoint counts for itself: an endpoint that inherits numbers has them ' +
      'as its own. Without numbers nothing is limited.',
  );

export type AddressLimitConfig = z.infer<typeof addressLimitSchema>;

const tierNameSchema = z.string().min(1).max(64);

/** The `rateLimit` block. */
export const rateLimitSchema = z
  .strictObject({
    mode: modeSchema,
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
    by: z
      .enum(['principal', 'address'])
      .default('principal')
      .describe(
        'Whose requests are counted together: those of one key or subject (where nobody is authenticated, of one ' +
          'address), or always those of one address.',
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
