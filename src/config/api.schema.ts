import { z } from 'zod';
import { isToken } from '../lib/http/fields.ts';
import { parseHost } from '../lib/http/host.ts';
import { canonicalPath } from '../lib/uri/target.ts';
import { retriesSchema, timeoutsSchema } from './limits.schema.ts';
import { nameSchema } from './listener.schema.ts';
import { upstreamSchema } from './upstream.schema.ts';

const PARAMETER = /^\{[A-Za-z_][A-Za-z0-9_]{0,63}\}$/;

/** Says in one sentence why a text is not a canonical path; null when it is. `{name}` segments only where allowed. */
function pathProblem(text: string, parameters: boolean): string | null {
  if (!text.startsWith('/')) return 'A path begins with a slash.';
  const plain = text
    .split('/')
    .map((segment) => (parameters && PARAMETER.test(segment) ? 'x' : segment))
    .join('/');
  if (/[{}]/.test(plain)) {
    return parameters
      ? 'Braces stand for one whole segment: write `{name}` with letters, digits and `_`.'
      : 'The path of an API has no `{name}` segments; give them to its endpoints.';
  }
  if (plain.includes('*')) return 'A path has no wildcards: it stands for everything below it.';
  const canonical = canonicalPath(plain);
  if (canonical === null)
    return 'No request can have this path: it has characters or escapes that are refused.';
  return canonical === plain
    ? null
    : `Requests never have this spelling after normalisation: write \`${canonical}\`.`;
}

function pathSchema(parameters: boolean) {
  return z
    .string()
    .max(2048)
    .superRefine((text, issues) => {
      const message = pathProblem(text, parameters);
      if (message !== null) issues.addIssue({ code: 'custom', message });
    })
    .transform((path) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path));
}

/** The canonical spelling of a host pattern, or null: a host name, or `*.` and a host name. */
export function canonicalHostPattern(text: string): string | null {
  const wild = text.startsWith('*.');
  const host = parseHost(wild ? text.slice(2) : text);
  if (host === null || host.port !== null) return null;
  return wild ? `*.${host.host}` : host.host;
}

const hostSchema = z
  .string()
  .refine(
    (text) => canonicalHostPattern(text) !== null,
    'Write a host name such as `api.example.com` or `*.example.com`, without scheme, port or path.',
  )
  .transform((text) => canonicalHostPattern(text) ?? text);

const methodSchema = z
  .string()
  .max(32)
  .superRefine((method, issues) => {
    if (!isToken(method)) issues.addIssue({ code: 'custom', message: 'This is not the name of a method.' });
    else if (method !== method.toUpperCase()) {
      issues.addIssue({ code: 'custom', message: 'Methods are written in capital letters, such as GET.' });
    }
  });

/** What `defaults`, an API and an endpoint share beside the blocks of the stages. */
export const routeShape = {
  timeouts: timeoutsSchema.optional(),
  retries: retriesSchema.optional(),
};

export const endpointShape = {
  id: nameSchema
    .optional()
    .describe('Name of the endpoint in keys, journal and metrics; made of methods and path when absent.'),
  path: pathSchema(true).describe('Path below that of the API; `{name}` stands for any one segment.'),
  methods: z.array(methodSchema).min(1).optional().describe('Methods it is for; every method when absent.'),
  ...routeShape,
};

export const apiShape = {
  id: nameSchema.describe('Name of the API in keys, journal and metrics; unique.'),
  hosts: z
    .array(hostSchema)
    .max(1024)
    .prefault([])
    .describe('Host names the API answers to, exact or as `*.example.com`; every host when empty.'),
  path: pathSchema(false).prefault('/').describe('Path in front of everything that belongs to the API.'),
  stripPath: z.boolean().default(false).describe('Whether that path is cut off before forwarding.'),
  preserveHost: z
    .boolean()
    .default(true)
    .describe('Whether the upstream sees the Host that the client sent, or the name of the target.'),
  upstream: upstreamSchema,
  undeclared: z
    .enum(['allow', 'deny'])
    .default('allow')
    .describe('What happens to paths and methods that no endpoint declares.'),
  ...routeShape,
};
