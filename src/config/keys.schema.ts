import { z } from 'zod';

const MAX_DAYS = 365;
const MAX_GRACE_H = 720;

/** The `keys` block. */
export const keysSchema = z
  .strictObject({
    expiryNoticeDays: z
      .array(z.int().min(1).max(MAX_DAYS))
      .max(8)
      .default([30, 14, 7])
      .describe(
        'Days before the expiry of an API key on which a notice is raised, each once. Of several that are due at once ' +
          'only the most urgent one is told. An empty list raises none.',
      ),
    graceHours: z
      .int()
      .min(0)
      .max(MAX_GRACE_H)
      .default(72)
      .describe(
        'Hours that an old key still works after the gateway replaced it by itself, and by default after ' +
          '`portcullis key rotate`.',
      ),
    deliveryFolder: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The only folder into which successors of internal keys are written; relative to this file. Absent: none are.',
      ),
  })
  .describe('The life of API keys.');

export type KeysConfig = z.output<typeof keysSchema>;
