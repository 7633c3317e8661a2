import { z } from 'zod';
import { modeSchema, observingModeSchema } from '../../core/mode.ts';

/** The name in `shares` of callers that nobody authenticated. */
export const STRANGER = 'stranger';
/** The name in `shares` of verified callers whose tier is not listed. */
export const OTHER = 'other';

/**
 * What each tier may use of what an upstream takes, in per cent, when it does not take all.
 *
 * Source: the priority that the requirements give to Enterprise; the steps are ours.
 */
export const DEFAULT_SHARES: Readonly<Record<string, number>> = {
  [STRANGER]: 30,
  [OTHER]: 50,
  free: 50,
  basic: 65,
  pro: 80,
  enterprise: 95,
  partner: 100,
  internal: 100,
};

const sharesSchema = z
  .record(z.string().min(1).max(64), z.int().min(1).max(100))
  .default({})
  .describe(
    'Per cent of what the upstream takes at once that are open to a tier while it does not take all, such as `{ pro: 80 }`; the lowest ' +
      'are refused first. Added to the shipped table: `stranger` 30, `other` 50 (tiers that are not listed), `free` 50, `basic` 65, ' +
      '`pro` 80, `enterprise` 95, `partner` and `internal` 100.',
  );

/** The `overload` block. */
export const overloadSchema = z
  .strictObject({
    mode: observingModeSchema,
    shares: sharesSchema,
    toleratedDelayMs: z
      .int()
      .min(1)
      .max(60_000)
      .default(50)
      .describe(
        'Milliseconds that answers may take longer than one and a half times their usual time before requests are refused.',
      ),
    alwaysAdmit: z
      .int()
      .min(1)
      .max(100_000)
      .default(64)
      .describe(
        'Number of requests under way at once up to which nobody is refused, however slow the upstream is.',
      ),
    routeShare: z
      .int()
      .min(10)
      .max(100)
      .default(75)
      .describe(
        'Per cent of what the upstream takes at once that one endpoint may use while it does not take all, so that a slow one leaves ' +
          'room for the others. 100 leaves none, which is weak.',
      ),
  })
  .describe(
    'Refuses requests with 503 while upstream or gateway cannot keep up, the lowest tiers first. How much an upstream takes is found out ' +
      'from how long its answers take.',
  );

export type OverloadConfig = z.infer<typeof overloadSchema>;

/** The `strangers` block. */
export const strangersSchema = z
  .strictObject({ mode: modeSchema })
  .describe(
    'Refuses requests without credentials with 503 before anything is spent on them, while a thread of the gateway cannot keep up, and ' +
      'in attack mode beyond what they share.',
  );

export type StrangersConfig = z.infer<typeof strangersSchema>;
