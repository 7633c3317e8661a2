import { z } from 'zod';
import { isHttpUrl } from '../../lib/x509/responder-url.ts';

const listFile = z
  .string()
  .min(1)
  .describe('File with a certificate revocation list, PEM or DER, relative to the configuration.');

const ocspSchema = z
  .strictObject({
    responder: z
      .string()
      .refine(isHttpUrl, 'Write a URL that begins with http:// or https://, without user and password.')
      .optional()
      .describe('Address of the OCSP responder; the one that each certificate names when absent.'),
    nonce: z
      .boolean()
      .default(false)
      .describe(
        'Whether an answer must repeat a number made for it. Responders that answer in advance cannot.',
      ),
    timeoutMs: z
      .int()
      .min(100)
      .max(30_000)
      .default(3_000)
      .describe('Longest time for an answer, in milliseconds.'),
    maxAgeS: z
      .int()
      .min(1)
      .max(604_800)
      .default(3_600)
      .describe('Longest time that an answer is used, in seconds, however long it says itself.'),
  })
  .describe('Asks the responder of the authority (OCSP).');

/** Whether certificates were revoked. */
export const revocationSchema = z
  .strictObject({
    crl: z
      .union([listFile, z.array(listFile).min(1).max(64)])
      .transform((written): readonly string[] => (Array.isArray(written) ? written : [written]))
      .optional()
      .describe('Certificate revocation lists: a file, or several; read again when one changes.'),
    ocsp: ocspSchema.optional(),
    covers: z
      .enum(['path', 'client'])
      .default('path')
      .describe(
        'Whether the authorities between the client and the one of `ca` are looked up, too. `client` is weak: it ' +
          'does not notice when one of them was revoked.',
      ),
    onUnavailable: z
      .enum(['deny', 'allow'])
      .default('deny')
      .describe(
        'What happens when nobody can tell: `deny` answers 503 with the cause in the journal; `allow` is weak: it ' +
          'lets revoked certificates in for as long.',
      ),
  })
  .refine(
    ({ crl, ocsp }) => crl !== undefined || ocsp !== undefined,
    'Say where to look: in `crl`, by `ocsp`, or both.',
  )
  .describe('Where to look whether certificates were revoked; nowhere when absent.');

export type RevocationConfig = z.output<typeof revocationSchema>;
