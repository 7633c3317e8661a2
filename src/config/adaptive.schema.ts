import { z } from 'zod';

const DAY_S = 86_400;

/** The `adaptive` block. */
export const adaptiveSchema = z
  .strictObject({
    mode: z
      .enum(['enforce', 'observe', 'off'])
      .default('observe')
      .describe(
        '`observe` learns how clients behave and tells whose limits it would make smaller; `enforce` makes them smaller; ' +
          '`off` learns nothing. Weighs what clients do, so begin with `observe`.',
      ),
    threshold: z
      .number()
      .min(2)
      .max(10)
      .default(3)
      .describe(
        'Spreads above what is usual, for the client itself and among all clients, from which behaviour is unusual.',
      ),
    share: z
      .number()
      .min(0.05)
      .max(0.95)
      .default(0.5)
      .describe('The part of its limits that an unusual client is left with.'),
    holdS: z
      .int()
      .min(1)
      .max(DAY_S)
      .default(1_800)
      .describe(
        'Seconds that limits stay smaller. They are restored then, unless the client is unusual still: that begins them anew.',
      ),
    windowS: z
      .int()
      .min(1)
      .max(600)
      .default(60)
      .describe('Seconds of one window: what a client does in it is compared with other windows.'),
    minimumRequests: z
      .int()
      .min(1)
      .max(100_000)
      .default(20)
      .describe('Requests in a window below which a client is not judged.'),
    learnS: z
      .int()
      .min(1)
      .max(14 * DAY_S)
      .default(DAY_S)
      .describe(
        'Seconds that a client has to be known before anything counts as its normal; less than a day misses what only nights or mornings show.',
      ),
    minimumHistory: z
      .int()
      .min(5)
      .max(1_440)
      .default(60)
      .describe('Windows in which it has to have sent anything by then.'),
    settleS: z
      .int()
      .min(1)
      .max(7 * DAY_S)
      .default(14_400)
      .describe(
        'Seconds that pass before what a known client does counts as its normal: a climb that is faster is seen.',
      ),
    maxClients: z
      .int()
      .min(100)
      .max(100_000)
      .default(10_000)
      .describe(
        'Clients that are remembered, half of them by address; each takes about 5 KB of the main thread.',
      ),
  })
  .describe(
    'Limits that become smaller for clients whose behaviour is unusual for themselves and among all clients.',
  );

export type AdaptiveConfig = z.output<typeof adaptiveSchema>;
