import { z } from 'zod';
import type { WindowLimits } from '../../core/ports.ts';

/** What a window can be limited to at most: the counters of a window hold no more. */
const MAX_LIMIT = 1_000_000;

const limitSchema = (window: string) =>
  z.int().min(1).max(MAX_LIMIT).optional().describe(`Requests in any ${window}; not limited if absent.`);

/** The three limits as fields of a block: they slide, so that no stretch of the length holds more. */
export const limitFields = {
  perMinute: limitSchema('60 seconds'),
  perHour: limitSchema('60 minutes'),
  perDay: limitSchema('24 hours'),
};

/** One tier under `tiers`. */
export const tierSchema = z
  .strictObject(limitFields)
  .describe(
    'Limits of one tier. Replaces a shipped tier of the same name as a whole: a window left out is not limited.',
  );

export type TierConfig = z.infer<typeof tierSchema>;

/** Limits as the counters take them: 0 where a window is not limited. */
export function limitsOf(block: TierConfig): WindowLimits {
  return { perMinute: block.perMinute ?? 0, perHour: block.perHour ?? 0, perDay: block.perDay ?? 0 };
}

/** The tier whose numbers every operator agrees on with its partners: it is a tier only once it is configured. */
export const PARTNER_TIER = 'partner';

/**
 * The tiers there are without configuration; `partner`, the sixth, has no numbers of its own.
 *
 * Source: the table of tiered rate limits in the requirements.
 */
export const DEFAULT_TIERS: ReadonlyMap<string, WindowLimits> = new Map([
  ['free', { perMinute: 30, perHour: 500, perDay: 5000 }],
  ['basic', { perMinute: 100, perHour: 3000, perDay: 25_000 }],
  ['pro', { perMinute: 500, perHour: 15_000, perDay: 100_000 }],
  ['enterprise', { perMinute: 2000, perHour: 60_000, perDay: 500_000 }],
  ['internal', { perMinute: 10_000, perHour: 0, perDay: 0 }],
]);
