import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import { networkSchema } from '../../core/network.schema.ts';

function actionSchema(fallback: 'block' | 'log') {
  return z
    .enum(['block', 'log', 'off'])
    .default(fallback)
    .describe(
      '`block` keeps the client out of the API for `blockS` and tells; `log` only tells; `off` does not look.',
    );
}

const guessingSchema = z
  .strictObject({
    action: actionSchema('block'),
    objects: z
      .int()
      .min(5)
      .max(5000)
      .default(100)
      .describe(
        'Different objects that one client may ask for within the window, where so many do not exist for it.',
      ),
    refusedPercent: z
      .int()
      .min(1)
      .max(100)
      .default(50)
      .describe('Share of them, in per cent, that must be answered 403, 404 or 410 to count as guessed.'),
  })
  .describe('Identifiers that are tried out, whether they exist and whether they are open to the client.');

const walkingSchema = z
  .strictObject({
    action: actionSchema('log'),
    steps: z
      .int()
      .min(5)
      .max(100_000)
      .default(200)
      .describe('Steps from one number to one beside it (`/orders/1001`, `/orders/1002`) within the window.'),
  })
  .describe(
    'Identifiers asked for in the order of their numbers, whatever the answers are. Programs that read their own objects do that, too, so it is only told unless said otherwise.',
  );

const probingSchema = z
  .strictObject({
    action: actionSchema('block'),
    paths: z
      .int()
      .min(2)
      .max(300)
      .default(10)
      .describe(
        'Different paths that may be answered 403, or have a name such as `admin` and not be served, within the window.',
      ),
  })
  .describe('Privileged endpoints that are tried out by those who may not use them.');

const scrapingSchema = z
  .strictObject({
    action: actionSchema('log'),
    objects: z
      .int()
      .min(10)
      .max(10_000)
      .default(2000)
      .describe('Different objects that one client may read within the window.'),
  })
  .describe('Many different objects read by one client. How many is many depends on the API.');

export const behaviourSchema = z
  .strictObject({
    mode: modeSchema,
    windowS: z
      .int()
      .min(60)
      .max(86_400)
      .default(600)
      .describe(
        'Seconds over which requests of one client are looked at together; at least half of them, at most all.',
      ),
    blockS: z
      .int()
      .min(10)
      .max(86_400)
      .default(900)
      .describe('Seconds for which a client that was found is kept out of the API.'),
    guessing: guessingSchema.prefault({}),
    walking: walkingSchema.prefault({}),
    probing: probingSchema.prefault({}),
    scraping: scrapingSchema.prefault({}),
    except: z
      .array(networkSchema)
      .default([])
      .describe('Networks whose clients are not watched, such as a crawler of your own.'),
  })
  .describe(
    'What clients do over time: identifiers guessed or walked through, privileged paths probed, objects scraped.',
  );

export type BehaviourConfig = z.infer<typeof behaviourSchema>;
