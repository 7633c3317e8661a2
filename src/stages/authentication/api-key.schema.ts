import { z } from 'zod';
import { isToken } from '../../lib/http/fields.ts';
import { headerName, type MethodBase } from './method.schema.ts';

/** The `apiKey` method. */
export const apiKeySchema = z
  .strictObject({
    header: headerName.default('X-API-Key').describe('Header field that carries the key.'),
    query: z
      .string()
      .regex(/^[A-Za-z0-9_.~-]{1,64}$/)
      .optional()
      .describe(
        'Query parameter that may carry the key instead. Weak: addresses end up in logs and histories.',
      ),
    cookie: z
      .string()
      .refine(isToken, "A cookie name has letters, digits and !#$%&'*+-.^_`|~ only.")
      .max(64)
      .optional()
      .describe(
        'Cookie that may carry the key instead. Weak: browsers send cookies on their own, also for other sites.',
      ),
    forward: z.boolean().default(false).describe('Whether the upstream gets the key.'),
  })
  .describe('API keys that `portcullis key create` makes.');

export type ApiKeyConfig = MethodBase & { readonly kind: 'apiKey' } & z.output<typeof apiKeySchema>;
