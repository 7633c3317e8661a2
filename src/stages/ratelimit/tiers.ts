import { z } from 'zod';
import type { Limits } from '../../core/limits.ts';
import { type BurstConfig, burstRule, burstSchema, WATCHED_BURST } from './burst.ts';

/** What a window can be limited to at most: the counters of a window hold no more. */
export const MAX_LIMIT = 1_000_000;
/** More slots than a gateway has connections are no limit. */
export const MAX_CONCURRENT = 100_000;

const ZERO =
  'A limit of 0 would let nothing pass. Leave it out for no limit; write `access: { deny: [0.0.0.0/0, "::/0"] }` to refuse everyone';

/** Says what to write instead of 0; anything else is told in the words of every number. */
const insteadOfZero = ({ input }: { readonly input?: unknown }): string | undefined =>
  input === 0 ? ZERO : undefined;

const limitSchema = (window: string) =>
  z
    .int()
    .min(1, { error: insteadOfZero })
    .max(MAX_LIMIT)
    .optional()
    .describe(`Requests in any ${window}; not limited if absent.`);

/** The three limits as fields of a block: they slide, so that no stretch of the length holds more. */
export const limitFields = {
  perMinute: limitSchema('60 seconds'),
  perHour: limitSchema('60 minutes'),
  perDay: limitSchema('24 hours'),
  concurrent: z
    .int()
    .min(1, { error: insteadOfZero })
    .max(MAX_CONCURRENT)
    .optional()
    .describe('Requests under way at once; not limited if absent.'),
  burst: burstSchema.optional(),
};

/** One tier under `tiers`. */
export const tierSchema = z
  .strictObject(limitFields)
  .describe(
    'Limits of one tier. Replaces a shipped tier of the same name as a whole: a window left out is not limited. Bursts ' +
      'are watched where nothing is said of them.',
  );

export type TierConfig = z.infer<typeof tierSchema>;

/** Limits as the counters take them: 0 where something is not limited. `unsaid` is what holds where the block has no `burst`. */
export function limitsOf(block: TierConfig, unsaid: BurstConfig | null = null): Limits {
  const { perMinute = 0, perHour = 0, perDay = 0, concurrent = 0, burst = unsaid } = block;
  const rule = burst === null ? null : burstRule(perMinute, burst);
  return { perMinute, perHour, perDay, concurrent, burst: rule };
}

/** The limits of a tier. */
export function tierLimits(block: TierConfig): Limits {
  return limitsOf(block, WATCHED_BURST);
}

/** The tier whose numbers every operator agrees on with its partners: it is a tier only once it is configured. */
export const PARTNER_TIER = 'partner';

/**
 * The tiers there are without configuration; `partner`, the sixth, has no numbers of its own.
 *
 * Source: the table of tiered rate limits in the requirements.
 */
export const DEFAULT_TIERS: ReadonlyMap<string, Limits> = new Map([
  ['free', tierLimits({ perMinute: 30, perHour: 500, perDay: 5000, concurrent: 5 })],
  ['basic', tierLimits({ perMinute: 100, perHour: 3000, perDay: 25_000, concurrent: 15 })],
  ['pro', tierLimits({ perMinute: 500, perHour: 15_000, perDay: 100_000, concurrent: 50 })],
  ['enterprise', tierLimits({ perMinute: 2000, perHour: 60_000, perDay: 500_000, concurrent: 200 })],
  ['internal', tierLimits({ perMinute: 10_000, concurrent: 500 })],
]);
