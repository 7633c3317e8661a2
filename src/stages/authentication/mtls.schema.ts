import { z } from 'zod';
import { type AuthoritySource, authoritiesSchema } from './authorities.schema.ts';
import type { MethodBase } from './method.schema.ts';
import { namePatternProblem, parseThumbprint, subjectProblem } from './mtls-patterns.ts';
import { type RevocationConfig, revocationSchema } from './revocation.schema.ts';

const patternSchema = z.string().superRefine((text, issues) => {
  const message = namePatternProblem(text);
  if (message !== '') issues.addIssue({ code: 'custom', message });
});
const subjectSchema = z.string().superRefine((text, issues) => {
  const message = subjectProblem(text);
  if (message !== '') issues.addIssue({ code: 'custom', message });
});
const thumbprintSchema = z
  .string()
  .refine(
    (text) => parseThumbprint(text) !== null,
    'A thumbprint is SHA-256: 64 hexadecimal digits, with or without colons, or 43 characters of base64url.',
  );

const namesShape = {
  san: z
    .array(patternSchema)
    .min(1)
    .max(256)
    .optional()
    .describe(
      'Names of subjectAltName, of which the certificate has one: `spiffe://company/partner/*` (the asterisk is one ' +
        'whole segment), `*.partner.example` (one whole label), `*@company.example` or without an asterisk.',
    ),
  subject: z
    .array(subjectSchema)
    .min(1)
    .max(256)
    .optional()
    .describe('Subjects as `openssl x509 -noout -subject -nameopt RFC2253` prints them, compared exactly.'),
  thumbprints: z
    .array(thumbprintSchema)
    .min(1)
    .max(1024)
    .optional()
    .describe('SHA-256 over certificates, in hexadecimal or base64url.'),
};

const rightsShape = {
  tier: z.string().min(1).max(63).optional().describe('Rate limit tier.'),
  scopes: z.array(z.string().min(1).max(128)).max(128).optional().describe('Scopes that are granted.'),
  roles: z.array(z.string().min(1).max(128)).max(128).optional().describe('Roles that are granted.'),
};

const callerSchema = z
  .strictObject({
    ...namesShape,
    as: z
      .string()
      .regex(/^[\x21-\x7e]{1,256}$/)
      .optional()
      .describe('What the caller is called; found by `subjectFrom` when absent.'),
    ...rightsShape,
  })
  .refine(
    ({ san, subject, thumbprints }) =>
      san !== undefined || subject !== undefined || thumbprints !== undefined,
    'Say which certificates this is for: by `san`, `subject` or `thumbprints`.',
  )
  .describe('Certificates, and what whoever shows one of them is called and may do.');

/** Where the name of a caller comes from. */
export const SUBJECT_SOURCES = ['san-uri', 'san-dns', 'san-email', 'cn', 'subject', 'thumbprint'] as const;

/** The `mtls` method. */
export const mtlsSchema = z
  .strictObject({
    ca: authoritiesSchema
      .optional()
      .describe(
        'Authorities whose clients are let in: a PEM file, or several, each with `from` and `until`; those of the ' +
          'listener (`tls.clientCa`) when absent.',
      ),
    ...namesShape,
    subjectFrom: z
      .enum(SUBJECT_SOURCES)
      .optional()
      .describe(
        'Which name of the certificate the caller is called by. When absent: the name that `san` matched, else the subject.',
      ),
    ...rightsShape,
    callers: z
      .array(callerSchema)
      .min(1)
      .max(1024)
      .optional()
      .describe('Who is let in, with rights of their own; the first entry that matches counts.'),
    purpose: z
      .enum(['required', 'ifPresent'])
      .default('required')
      .describe(
        'Whether a certificate must say that it is for clients (extendedKeyUsage clientAuth). `ifPresent` is weak: it ' +
          'lets in those that say nothing.',
      ),
    revocation: revocationSchema.optional(),
    forward: z
      .boolean()
      .default(false)
      .describe('Whether the upstream gets the verified certificate in a Client-Cert field (RFC 9440).'),
  })
  .describe('Client certificates.');

type Parsed = z.output<typeof mtlsSchema>;

export interface MtlsConfig extends MethodBase, Omit<Parsed, 'ca' | 'revocation'> {
  readonly kind: 'mtls';
  /** Null: the authorities of the listener. */
  readonly ca: readonly AuthoritySource[] | null;
  readonly revocation: RevocationConfig | null;
}

/** The names and rights that an entry lists. */
export type CallerConfig = z.output<typeof callerSchema>;

/** The configuration of an `mtls` method. */
export function toMtlsConfig(mtls: Parsed, pointer: string): MtlsConfig {
  return { ...mtls, kind: 'mtls', pointer, ca: mtls.ca ?? null, revocation: mtls.revocation ?? null };
}
