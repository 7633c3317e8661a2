import { z } from 'zod';
import type { BurstRule } from '../../core/limits.ts';
import { modeSchema } from '../../core/mode.ts';

const MINUTE_MS = 60_000;

/** The `burst` block of a tier or of limits. */
export const burstSchema = z
  .strictObject({
    mode: modeSchema.describe(
      '`enforce` refuses what goes beyond a burst, `observe` counts it and refuses nothing, `off` does not look.',
    ),
    factor: z
      .number()
      .min(1.1)
      .max(100)
      .default(2)
      .describe('How many times the normal rate, a sixtieth of `perMinute` each second, a burst may be.'),
    forS: z
      .int()
      .min(1)
      .max(60)
      .default(10)
      .describe('Seconds that a burst of that rate may last; then the client is held to its normal rate.'),
    reviewAbove: z
      .int()
      .min(1)
      .max(3)
      .default(3)
      .describe('Bursts in one hour that a client may exceed before the operator is told of it.'),
  })
  .describe(
    'How far requests may run ahead of the normal rate: a token bucket beside the windows. It refills at the normal ' +
      'rate, so that no stretch of `forS` seconds holds more than `factor` times that rate.',
  );

export type BurstConfig = z.infer<typeof burstSchema>;

/** Bursts of a tier that says nothing of them: watched, so that its numbers mean what they say. */
export const WATCHED_BURST: BurstConfig = { mode: 'observe', factor: 2, forS: 10, reviewAbove: 3 };

/** The token bucket of a block; null where bursts are not looked at, or there is no normal rate. */
export function burstRule(perMinute: number, burst: BurstConfig): BurstRule | null {
  if (perMinute === 0 || burst.mode === 'off') return null;
  const intervalMs = MINUTE_MS / perMinute;
  const capacity = Math.max(1, ((burst.factor - 1) * burst.forS * 1000) / intervalMs);
  return { capacity, intervalMs, isEnforced: burst.mode === 'enforce', reviewAbove: burst.reviewAbove };
}
