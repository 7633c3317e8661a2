import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import { isToken } from '../../lib/http/fields.ts';
import { originPatternProblem } from './origin-pattern.ts';

const originSchema = z
  .string()
  .superRefine((text, issues) => {
    const message = originPatternProblem(text);
    if (message !== null) issues.addIssue({ code: 'custom', message });
  })
  .describe('`https://app.company.com`, `https://*.company.com`, `null` or `*`.');

const fieldNameSchema = z
  .string()
  .max(128)
  .superRefine((name, issues) => {
    // Fetch, 4.9: with credentials a `*` is the name of a field, and it never covers Authorization
    if (name === '*')
      issues.addIssue({ code: 'custom', message: 'A "*" is not taken here; list the fields by name.' });
    else if (!isToken(name)) {
      issues.addIssue({ code: 'custom', message: `${JSON.stringify(name)} is not a field name.` });
    }
  });

const methodSchema = z
  .string()
  .max(32)
  .superRefine((method, issues) => {
    const upper = method.toUpperCase();
    if (method === '*')
      issues.addIssue({ code: 'custom', message: 'A "*" is not taken here; list the methods.' });
    else if (!isToken(method)) {
      issues.addIssue({ code: 'custom', message: `${JSON.stringify(method)} is not a method name.` });
    } else if (method !== upper) {
      issues.addIssue({ code: 'custom', message: `Methods are case-sensitive: write "${upper}".` });
    }
  });

export const corsSchema = z
  .strictObject({
    mode: modeSchema,
    origins: z
      .array(originSchema)
      .default([])
      .describe(
        'Origins whose pages may use the API: exact ones, `https://*.company.com` for every subdomain at any depth but not ' +
          'company.com itself, `null` (weak: any sandboxed page), or `*` alone (weak: any page). Empty: CORS is not handled here.',
      ),
    methods: z
      .array(methodSchema)
      .default(['GET', 'POST', 'PUT', 'DELETE', 'PATCH'])
      .describe('Methods for cross-origin requests; HEAD is always among them.'),
    headers: z
      .array(fieldNameSchema)
      .default(['Content-Type', 'Authorization', 'X-API-Key', 'X-Request-ID', 'X-CSRF-Token'])
      .describe('Request header fields that cross-origin requests may carry.'),
    exposedHeaders: z
      .array(fieldNameSchema)
      .default(['X-RateLimit-Remaining', 'X-RateLimit-Reset', 'X-Request-ID'])
      .describe('Response header fields that pages may read.'),
    credentials: z
      .boolean()
      .default(false)
      .describe(
        'Whether pages may send cookies and other ambient credentials; not together with the origin `*`.',
      ),
    maxAgeS: z
      .int()
      .min(0)
      .max(86_400)
      .default(3600)
      .describe('Seconds that a browser may remember the answer to a preflight.'),
  })
  .superRefine((block, issues) => {
    const any = block.origins.indexOf('*');
    if (any < 0) return;
    if (block.credentials) {
      const message =
        'Credentials cannot be combined with the origin "*"; list the origins, or set it to false.';
      issues.addIssue({ code: 'custom', path: ['credentials'], message });
    }
    if (block.origins.length > 1) {
      const message = '"*" already stands for the other origins; write it alone, or take it off the list.';
      issues.addIssue({ code: 'custom', path: ['origins', any], message });
    }
  })
  .describe('Which web pages of other origins may use the API from a browser.');

export type CorsConfig = z.infer<typeof corsSchema>;
