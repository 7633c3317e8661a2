import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import { isToken } from '../../lib/http/fields.ts';

/** Fields without which clients cannot read an answer, or that only the proxy may decide on. */
const NEEDED = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'location',
  'transfer-encoding',
  'www-authenticate',
  'x-request-id',
]);

const fieldValueSchema = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, {
  message: 'Not a value that a header field can have; write visible ASCII on one line.',
});

const offSchema = z.literal(false);

const removedNameSchema = z
  .string()
  .max(128)
  .superRefine((name, issues) => {
    const quoted = JSON.stringify(name);
    if (!isToken(name)) issues.addIssue({ code: 'custom', message: `${quoted} is not a field name.` });
    else if (NEEDED.has(name.toLowerCase())) {
      issues.addIssue({ code: 'custom', message: `Answers need ${quoted}; take it off the list.` });
    }
  });

const hstsSchema = z
  .strictObject({
    maxAgeS: z
      .int()
      .min(0)
      .default(31_536_000)
      .describe('Seconds that browsers use HTTPS only; 0 makes them forget.'),
    includeSubDomains: z.boolean().default(true).describe('Whether subdomains are HTTPS only, too.'),
    preload: z
      .boolean()
      .default(true)
      .describe(
        'Whether the domain may be put on the preload list of browsers, which takes months to leave.',
      ),
  })
  .describe('Strict-Transport-Security (RFC 6797); sent over TLS only.');

export const hardeningSchema = z
  .strictObject({
    mode: modeSchema,
    hsts: z
      .union([hstsSchema, offSchema])
      .prefault({})
      .describe('HTTPS only; `false` leaves it to the upstream (weak).'),
    frameOptions: z
      .union([z.enum(['DENY', 'SAMEORIGIN']), offSchema])
      .default('DENY')
      .describe(
        'X-Frame-Options: who may show an answer in a frame; `false` leaves it to the upstream (weak).',
      ),
    referrerPolicy: z
      .union([
        z.enum([
          'no-referrer',
          'same-origin',
          'origin',
          'strict-origin',
          'origin-when-cross-origin',
          'strict-origin-when-cross-origin',
          'no-referrer-when-downgrade',
          'unsafe-url',
        ]),
        offSchema,
      ])
      .default('no-referrer')
      .describe(
        'Referrer-Policy; `no-referrer-when-downgrade`, `unsafe-url` and `false` send whole URLs along (weak).',
      ),
    csp: z
      .union([fieldValueSchema, offSchema])
      .default("default-src 'none'; frame-ancestors 'none'")
      .describe(
        'Content-Security-Policy of answers that the upstream sent without one; `false` adds none (weak).',
      ),
    crossOriginResourcePolicy: z
      .union([z.enum(['same-origin', 'same-site', 'cross-origin']), offSchema])
      .default('same-origin')
      .describe(
        'Cross-Origin-Resource-Policy: which sites may load answers without CORS, such as by an img or script element. ' +
          'It does not stop a fetch that the `cors` block allows. `cross-origin` and `false` let every site (weak).',
      ),
    permissionsPolicy: fieldValueSchema
      .optional()
      .describe('Permissions-Policy, such as `camera=(), geolocation=()`; absent: left to the upstream.'),
    remove: z
      .array(removedNameSchema)
      .default([])
      .describe(
        'Response fields to remove besides those that are always removed: Server, Via, X-Powered-By, X-Runtime, ' +
          'X-Debug-… and the others of the list of leaking fields.',
      ),
    verboseErrors: z
      .enum(['replace', 'keep'])
      .default('replace')
      .describe(
        'Whether upstream errors (5xx) get a body of the gateway unless they are problem documents; `keep` shows clients ' +
          'what the upstream says about its failure (weak).',
      ),
  })
  .describe('Security fields on every answer, and what is kept from clients.');

export type HardeningConfig = z.infer<typeof hardeningSchema>;
