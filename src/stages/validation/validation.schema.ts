import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import { isFieldValue, isToken, trimBlanks } from '../../lib/http/fields.ts';
import { mediaRangeProblem } from '../../lib/http/media-range.ts';

const MAX_BODY_BYTES = 2 ** 40;

const mediaRangeSchema = z
  .string()
  .superRefine((text, issues) => {
    const message = mediaRangeProblem(text);
    if (message !== null) issues.addIssue({ code: 'custom', message });
  })
  .describe('`application/json`, `application/*+json`, `image/*` or `*/*`.');

const headerRuleSchema = z
  .strictObject({
    required: z.boolean().default(false).describe('Whether a request without the field is refused.'),
    maxBytes: z
      .int()
      .min(0)
      .optional()
      .describe('The most bytes of the value; several lines of the field count together.'),
    oneOf: z
      .array(
        z.string().refine((value) => isFieldValue(value) && trimBlanks(value) === value, {
          message: 'Not a value that a header field can have; write it without line breaks and outer blanks.',
        }),
      )
      .min(1)
      .optional()
      .describe('The only values that are taken, compared exactly; the field may then have one line only.'),
  })
  .describe('What a request header field must be like.');

const jsonSchema = z
  .strictObject({
    maxDepth: z
      .int()
      .min(0)
      .max(10_000)
      .default(32)
      .describe('The most arrays and objects inside one another.'),
    maxKeys: z.int().min(0).optional().describe('The most members of one object; absent: not limited.'),
    maxBytes: z
      .int()
      .min(1)
      .max(2 ** 28)
      .default(1_048_576)
      .describe('The most bytes of a JSON body: it is held in memory to be checked.'),
  })
  .describe('Limits of JSON bodies.');

export const validationSchema = z
  .strictObject({
    mode: modeSchema,
    maxBodyBytes: z
      .int()
      .min(1)
      .max(MAX_BODY_BYTES)
      .default(10_485_760)
      .describe('The most bytes of a request body, declared or streamed.'),
    contentTypes: z
      .array(mediaRangeSchema)
      .default([])
      .describe(
        'Types that bodies may have; parameters do not count. Empty: any, or with `json` set only JSON types. ' +
          'Listing `text/plain` or `*/*` beside `json` weakens it: some upstreams read JSON of any type.',
      ),
    contentEncodings: z
      .array(z.enum(['gzip', 'deflate', 'br', 'zstd', 'compress']))
      .default([])
      .describe(
        'Content codings that bodies may have. Empty: any, or with `json` set none. A JSON body that is checked may never have one.',
      ),
    headers: z
      .record(z.string(), headerRuleSchema)
      .superRefine(checkNames)
      .default({})
      .describe('Rules for request header fields by name.'),
    json: z
      .union([jsonSchema, z.literal(false)])
      .default(false)
      .describe(
        'Checks that JSON bodies are well-formed, in UTF-8, without duplicate keys and within limits; `{}` for the defaults, `false` for no check.',
      ),
  })
  .describe('What requests may bring along: sizes, types, header fields, well-formed JSON.');

function checkNames(rules: Record<string, unknown>, issues: z.RefinementCtx): void {
  const seen = new Map<string, string>();
  for (const name of Object.keys(rules)) {
    const lower = name.toLowerCase();
    const other = seen.get(lower);
    seen.set(lower, name);
    const quoted = JSON.stringify(name);
    if (!isToken(name))
      issues.addIssue({ code: 'custom', path: [name], message: `${quoted} is not a field name.` });
    else if (other !== undefined) {
      issues.addIssue({
        code: 'custom',
        path: [name],
        message: `"${other}" and "${name}" are one field; keep one rule.`,
      });
    }
  }
}

export type ValidationConfig = z.infer<typeof validationSchema>;
export type HeaderRuleConfig = z.infer<typeof headerRuleSchema>;
