import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import { networkSchema } from '../../core/network.schema.ts';
import { RULE_MODES } from '../../core/waf.ts';
import { mediaRangeProblem } from '../../lib/http/media-range.ts';

const MIB = 1_048_576;

const mediaRangeSchema = z
  .string()
  .superRefine((text, issues) => {
    const message = mediaRangeProblem(text);
    if (message !== null) issues.addIssue({ code: 'custom', message });
  })
  .describe('`application/pdf`, `application/*+json` or `image/*`.');

const fileSchema = z
  .string()
  .min(1)
  .describe('A file, or a pattern with `*` and `?` in its last part; from the folder of the configuration.');

const ruleModeSchema = z
  .enum(RULE_MODES)
  .describe('`block`: it counts; `log`: it is noted and counts nothing; `bypass`: it does not run.');

const thresholdSchema = z.int().min(1).max(100_000);

const TEXT_TYPES = [
  'text/*',
  'application/json',
  'application/*+json',
  'application/xml',
  'application/*+xml',
  'application/javascript',
  'application/x-javascript',
  'application/yaml',
  'application/x-www-form-urlencoded',
  'image/svg+xml',
  // Whatever is in it: a client has a server make one of any text.
  'multipart/byteranges',
];

const responsesSchema = z
  .strictObject({
    inspect: z
      .boolean()
      .default(true)
      .describe(
        'Whether rules see bodies of answers. `false` weakens protection: what leaks is not noticed.',
      ),
    types: z
      .array(mediaRangeSchema)
      .min(1)
      .default(TEXT_TYPES)
      .describe('Types of answers that are held and looked at; all others, and `text/event-stream`, stream.'),
    limitBytes: z
      .int()
      .min(1024)
      .max(16 * MIB)
      .default(524_288)
      .describe(
        'The most bytes of an answer that are held and looked at, inflated ones too. Of a longer one the beginning is; the rest follows.',
      ),
  })
  .describe('What rules see of answers.');

export const wafSchema = z
  .strictObject({
    mode: modeSchema,
    include: z
      .array(fileSchema)
      .min(1)
      .optional()
      .describe(
        'Files of a released rule set in SecLang, in their order, such as `crs-setup.conf` and `rules/*.conf` of the OWASP Core Rule Set. Absent: the rules that come with the gateway.',
      ),
    custom: z
      .array(fileSchema)
      .default([])
      .describe(
        'Files with rules of your own, read before those of `include`. A rule in them only notes what it matches for its first 48 hours, see the guide.',
      ),
    paranoia: z
      .int()
      .min(1)
      .max(4)
      .optional()
      .describe(
        'How much the rules suspect, 1 to 4: the paranoia level. Absent: what the files say, else 1.',
      ),
    inboundThreshold: thresholdSchema
      .optional()
      .describe(
        'Score at which a request is blocked. Absent: what the files say, else 5. Higher weakens protection.',
      ),
    outboundThreshold: thresholdSchema
      .optional()
      .describe(
        'Score at which an answer is blocked. Absent: what the files say, else 4. Higher weakens protection.',
      ),
    rules: z
      .record(z.string().regex(/^[1-9]\d{0,8}$/, 'Not the id of a rule; write its number.'), ruleModeSchema)
      .default({})
      .describe('Modes of rules by id. `log` and `bypass` weaken protection.'),
    categories: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9./_-]{0,63}$/i, 'Not the name of a category.'),
        ruleModeSchema,
      )
      .default({})
      .describe(
        'Modes of rules by category: `sqli` are the rules with the tag `attack-sqli` or `sqli`. `log` and `bypass` weaken protection.',
      ),
    allow: z
      .array(networkSchema)
      .default([])
      .describe('Networks whose requests no rule looks at. Weakens protection.'),
    bodyLimitBytes: z
      .int()
      .min(1024)
      .max(128 * MIB)
      .default(10 * MIB)
      .describe(
        'The most bytes of a request body, which is held in memory to be looked at; inflated bytes count.',
      ),
    dataLimitBytes: z
      .int()
      .min(1024)
      .max(64 * MIB)
      .default(MIB)
      .describe(
        'The most bytes of a body of data: JSON, XML, forms without files, text, and what does not say what it is.',
      ),
    uploads: z
      .array(mediaRangeSchema)
      .default([])
      .describe(
        'Types of bodies of which only the first `dataLimitBytes` are looked at, and the rest passes while it comes. Weakens protection for upstreams that read these types.',
      ),
    whenUninspected: z
      .enum(['deny', 'log'])
      .default('deny')
      .describe(
        'What happens to a request that the rules could not look at whole: too long, coded in an unknown way, `budgetMs` was reached, or a rule gave up on a value at its bound. `log` looks at what it can and lets it pass, which weakens protection.',
      ),
    budgetMs: z
      .int()
      .min(10)
      .max(60_000)
      .default(500)
      .describe('The most milliseconds of computing that rules may spend on a request and its answer.'),
    responses: responsesSchema.default(() => responsesSchema.parse({})),
    matchedValues: z
      .enum(['masked', 'none'])
      .default('masked')
      .describe(
        'Whether the journal shows what a rule matched: `masked` shows up to 100 bytes around it without what may be a credential, `none` only the name of the variable.',
      ),
  })
  .describe('Rules in SecLang that look at requests and answers: the web application firewall.');

export type WafConfig = z.infer<typeof wafSchema>;
