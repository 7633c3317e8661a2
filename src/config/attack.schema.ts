import { z } from 'zod';

const DAY_S = 86_400;
const MOST_PER_S = 1_000_000;

/** The `attackMode` block. */
export const attackModeSchema = z
  .strictObject({
    mode: z
      .enum(['enforce', 'observe', 'off'])
      .default('observe')
      .describe(
        '`enforce` turns attack mode on when strangers send too much together; `observe` only tells when it would; `off` does not look. ' +
          'By command it is turned on in any case.',
      ),
    requestsPerS: z
      .int()
      .min(1)
      .max(MOST_PER_S)
      .optional()
      .describe(
        'Requests per second of all strangers together above which there is an attack; `timesNormal` of what is usual when absent.',
      ),
    timesNormal: z
      .number()
      .min(1.5)
      .max(100)
      .default(5)
      .describe(
        'How many times the usual is an attack, where `requestsPerS` is absent. What is usual is known after an hour.',
      ),
    floorPerS: z
      .int()
      .min(1)
      .max(MOST_PER_S)
      .default(100)
      .describe('Requests per second that are never an attack, however little is usual.'),
    startAfterS: z
      .int()
      .min(1)
      .max(600)
      .default(10)
      .describe('Seconds above the threshold before it starts.'),
    endAfterS: z
      .int()
      .min(1)
      .max(DAY_S)
      .default(180)
      .describe('Seconds below three quarters of the threshold before it ends.'),
    maxS: z.int().min(10).max(DAY_S).default(3_600).describe('Seconds after which it ends in any case.'),
    holdOffS: z
      .int()
      .min(0)
      .max(DAY_S)
      .default(900)
      .describe(
        'Seconds for which it does not start by itself again after `attack stop`, and after it ended because of `maxS`.',
      ),
    strangersPerS: z
      .int()
      .min(1)
      .max(MOST_PER_S)
      .optional()
      .describe(
        'Requests per second that all callers without credentials share while it is on; `strangersShare` of what is usual when absent.',
      ),
    strangersShare: z
      .int()
      .min(1)
      .max(1_000)
      .default(100)
      .describe('Per cent of what is usual that they share, where `strangersPerS` is absent.'),
  })
  .describe(
    'When attack mode turns itself on: tighter limits for callers that nobody verified, while they send too much together.',
  );

export type AttackModeConfig = z.output<typeof attackModeSchema>;
