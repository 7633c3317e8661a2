import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';

/** RFC 6749, section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). */
const scope = z
  .string()
  .max(256)
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]+$/,
    'A scope is one word of visible ASCII without quotes and backslashes.',
  );

const ruleSchema = z
  .strictObject({
    methods: z
      .array(z.string().regex(/^[A-Z][A-Z-]{0,31}$/, 'Methods are written in capital letters, such as GET.'))
      .min(1)
      .optional()
      .describe('Methods that the rule is about; every method when absent. GET includes HEAD.'),
    scopes: z.array(scope).min(1).optional().describe('Scopes of which the caller needs any one.'),
    allScopes: z.array(scope).min(1).optional().describe('Scopes of which the caller needs every one.'),
    roles: z
      .array(z.string().min(1).max(256))
      .min(1)
      .optional()
      .describe('Roles of which the caller needs any one.'),
  })
  .describe(
    'What callers of some methods must have. A rule that names nothing asks for a verified caller only.',
  );

const RULES =
  'Every rule about the method of a request must be met. Where there are rules, a method that none is about is refused.';

/** The `authorize` block: a list of rules, or `{ mode, rules }`. */
export const authorizationSchema = z
  .union([
    z.array(ruleSchema).describe(RULES),
    z.strictObject({ mode: modeSchema, rules: z.array(ruleSchema).default([]).describe(RULES) }),
  ])
  .transform((block) => (Array.isArray(block) ? { mode: 'enforce' as const, rules: block } : block));

export type AuthorizationConfig = z.output<typeof authorizationSchema>;
export type RuleConfig = z.output<typeof ruleSchema>;
