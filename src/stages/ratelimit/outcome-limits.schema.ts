import { z } from 'zod';
import { MAX_HITS, ON_UNAVAILABLE } from '../../core/limits.ts';
import { modeSchema } from '../../core/mode.ts';
import { bySchema } from './dimension.schema.ts';
import { ipv6PrefixSchema } from './ratelimit.schema.ts';

const outcomes = (window: string) =>
  z.int().min(1).max(100_000).optional().describe(`Outcomes in any ${window}; not limited if absent.`);

const CLASS = /^[2-5]xx$/;
const NO_STATUS = 'A status is a number from 200 to 599, or a class such as "2xx".';

const statusSchema = z.union([z.int(NO_STATUS).min(200).max(599), z.string().regex(CLASS, NO_STATUS)]);

const fields = {
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'An id has small letters, digits and hyphens.')
    .describe(
      'Names the limit: in the journal, in `explain` and in exceptions. Endpoints of one API that limit the same id count together.',
    ),
  by: bySchema.default('principal'),
  perMinute: outcomes('60 seconds'),
  perHour: outcomes('60 minutes'),
  perDay: outcomes('24 hours'),
  statuses: z
    .array(statusSchema)
    .min(1)
    .max(64)
    .default(['2xx'])
    .describe('Statuses of the upstream that count, or classes of them such as `2xx`.'),
  failureRedirects: z
    .array(z.string().min(1).max(1024).startsWith('/', 'A path starts with a slash.'))
    .max(16)
    .default([])
    .describe(
      'Starts of `Location`, scheme and host aside: redirects to there do not count, whatever `statuses` says. For forms ' +
        'that answer 302 whether they were accepted or not.',
    ),
  methods: z
    .array(z.string().regex(/^[A-Z][A-Z-]{0,31}$/, 'Methods are written in capital letters, such as POST.'))
    .min(1)
    .max(16)
    .optional()
    .describe(
      'Methods that are counted, HEAD with GET; every one but GET, HEAD, OPTIONS and TRACE if absent.',
    ),
};

const limitSchema = z
  .strictObject(fields)
  .refine(
    ({ perMinute, perHour, perDay }) => perMinute ?? perHour ?? perDay,
    'Say `perMinute`, `perHour` or `perDay`.',
  )
  .describe('How often requests may end in one way.');

const LIMITS = 'Limits on outcomes; a request must have room in all that are about its method.';

const limitsSchema = z
  .array(limitSchema)
  .max(MAX_HITS)
  .refine(
    (limits) => new Set(limits.map(({ id }) => id)).size === limits.length,
    'Each id may stand here once.',
  )
  .describe(LIMITS);

const blockSchema = z.strictObject({
  mode: modeSchema,
  limits: limitsSchema.default([]),
  ipv6Prefix: ipv6PrefixSchema,
  counting: z
    .enum(['strict', 'local'])
    .default('strict')
    .describe(
      'Where outcomes are counted when `counters.url` names Redis: `strict` in Redis, for all gateways together, `local` for ' +
        'each gateway by itself.',
    ),
  onUnavailable: z
    .enum(ON_UNAVAILABLE)
    .default('deny')
    .describe(
      'What happens while Redis cannot be used: `deny` answers 503, `local` gives each gateway its share of the limits by ' +
        'the gateways that are alive, `allow` limits nothing, which is weak.',
    ),
});

/** The `outcomeLimits` block: a list of limits, or `{ mode, limits, … }`. */
export const outcomeLimitsSchema = z
  .union([limitsSchema, blockSchema])
  .transform((block) => (Array.isArray(block) ? blockSchema.parse({ limits: block }) : block))
  .describe(
    'Limits on what requests achieve, by the status of the upstream: accounts made, passwords reset, tickets opened. A ' +
      'request reserves its place before it is passed on, and gives it back when its outcome does not count.',
  );

export type OutcomeLimitsConfig = z.output<typeof outcomeLimitsSchema>;
export type OutcomeLimitConfig = OutcomeLimitsConfig['limits'][number];
