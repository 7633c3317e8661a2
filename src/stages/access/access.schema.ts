import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import { networkSchema } from '../../core/network.schema.ts';

export const accessSchema = z
  .strictObject({
    mode: modeSchema,
    allow: z
      .array(networkSchema)
      .default([])
      .describe(
        'Networks that may use the API. Empty: everyone who is not denied. An address on both lists is denied. IPv4 and IPv6 are separate: `0.0.0.0/0` admits no IPv6 address.',
      ),
    deny: z
      .array(networkSchema)
      .default([])
      .describe('Networks that may not use the API, whatever `allow` says.'),
  })
  .describe(
    'Which client addresses may use the API: listed in `allow` if that has entries, and not listed in `deny`.',
  );

export type AccessConfig = z.infer<typeof accessSchema>;
