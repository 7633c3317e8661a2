import { z } from 'zod';
import { NOTICE_KINDS } from '../core/notices.ts';
import { isTrustworthyUrl } from '../lib/jose/keys-url.ts';
import { parseWebhookSecret } from '../lib/webhook/standard-webhook.ts';
import { nameSchema } from './listener.schema.ts';

const webhookSchema = z
  .strictObject({
    name: nameSchema.describe(
      'Name of the webhook in `notices list`, and of `key create --deliver-webhook`.',
    ),
    url: z
      .string()
      .max(2048)
      .refine(isTrustworthyUrl, 'Notices are sent over https, or over http to this machine only.')
      .describe('Where notices are sent with POST.'),
    secret: z
      .string()
      .refine(
        (text) => parseWebhookSecret(text) !== null,
        'The secret has 24 to 64 bytes: text, or base64 after `whsec_`.',
      )
      .describe(
        'Signs what is sent, by the scheme of Standard Webhooks. Refer to it as `${env:NAME}` or `${file:path}`.',
      ),
    kinds: z
      .array(z.enum(NOTICE_KINDS))
      .min(1)
      .optional()
      .describe('Kinds of notices it gets; all when absent. An empty list is a mistake.'),
  })
  .describe('A receiver of notices.');

/** The `notices` block. */
export const noticesSchema = z
  .strictObject({
    webhooks: z
      .array(webhookSchema)
      .max(16)
      .default([])
      .describe('Who is told of notices, beside the journal. Each name once.'),
  })
  .superRefine(({ webhooks }, issues) => {
    webhooks.forEach(({ name }, at) => {
      if (webhooks.findIndex((other) => other.name === name) === at) return;
      const message = `Two webhooks are called \`${name}\`.`;
      issues.addIssue({ code: 'custom', path: ['webhooks', at, 'name'], message });
    });
  })
  .describe('Events that somebody should hear of without asking: keys that expire, leaks, abuse.');

export type NoticesConfig = z.output<typeof noticesSchema>;
export type WebhookConfig = NoticesConfig['webhooks'][number];
