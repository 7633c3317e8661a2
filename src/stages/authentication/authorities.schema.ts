import { z } from 'zod';

const MAX_PEM_CHARS = 1_048_576;

const fileSchema = z
  .string()
  .min(1)
  .max(MAX_PEM_CHARS)
  .describe('PEM file with certificates of authorities, relative to the configuration.');

const instantSchema = z.iso
  .datetime({ offset: true })
  .describe('Moment, such as 2026-12-31T00:00:00Z (RFC 3339).');

const entrySchema = z
  .strictObject({
    file: fileSchema,
    from: instantSchema.optional().describe('Moment from which these authorities count, RFC 3339.'),
    until: instantSchema.optional().describe('Moment from which these authorities count no more, RFC 3339.'),
  })
  .refine(
    ({ from, until }) => from === undefined || until === undefined || Date.parse(from) < Date.parse(until),
    '`until` lies before `from`.',
  );

const authoritySchema = z.union([fileSchema, entrySchema]);

/** Authorities whose certificates are accepted: a file, or several, each with the time in which it counts. */
export const authoritiesSchema = z
  .union([authoritySchema, z.array(authoritySchema).min(1).max(32)])
  .transform((written): readonly AuthoritySource[] =>
    (Array.isArray(written) ? written : [written]).map((entry) =>
      typeof entry === 'string'
        ? { file: entry, fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY }
        : {
            file: entry.file,
            fromMs: entry.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(entry.from),
            untilMs: entry.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(entry.until),
          },
    ),
  );

/** A file of authorities and when they count. */
export interface AuthoritySource {
  /** Path of a PEM file, or its text. */
  readonly file: string;
  readonly fromMs: number;
  readonly untilMs: number;
}
