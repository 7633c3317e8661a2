import { z } from 'zod';
import type { AttackFigures } from '../core/attack.ts';

/** Attack mode as it is shown. */
export const attackView = z.object({
  isOn: z.boolean().describe('Whether attack mode is on.'),
  cause: z
    .enum(['command', 'threshold'])
    .nullable()
    .describe('Whether an operator turned it on, or it did itself; null while it is off.'),
  startedAt: z.string().nullable().describe('RFC 3339; null while it is off.'),
  until: z.string().nullable().describe('When it ends at the latest, RFC 3339; null while it is off.'),
  wouldBeOn: z.boolean().describe('Whether it would be on, were `attackMode.mode` not `observe`.'),
  requestsPerS: z
    .int()
    .describe('Requests per second of callers that nobody verified, over the last second.'),
  normalPerS: z.int().nullable().describe('What of them is usual; null until that is known.'),
  thresholdPerS: z
    .int()
    .nullable()
    .describe('Above it there is an attack; null while that is not known, and with `mode: off`.'),
  strangersPerS: z
    .int()
    .nullable()
    .describe(
      'What callers without credentials share while it is on; null while it is off, or where they share nothing.',
    ),
  refused: z.int().describe('How many were refused for that since it began.'),
});

/** Shows attack mode. */
export function attackViewOf({ startedAtMs, untilMs, ...figures }: AttackFigures) {
  const { isOn, cause, normalPerS, thresholdPerS, strangersPerS } = figures;
  const instant = (ms: number): string | null => (isOn ? new Date(ms).toISOString() : null);
  return {
    ...figures,
    cause: cause || null,
    startedAt: instant(startedAtMs),
    until: instant(untilMs),
    normalPerS: normalPerS || null,
    thresholdPerS: thresholdPerS || null,
    strangersPerS: strangersPerS || null,
  };
}
