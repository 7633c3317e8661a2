import { z } from 'zod';

/** What of a principal an upstream may be told. */
export const IDENTITY_FIELDS = [
  'subject',
  'client',
  'type',
  'scopes',
  'roles',
  'tier',
  'credentialId',
  'issuer',
  'methods',
  'mfa',
  'acr',
  'amr',
  'department',
  'clearance',
  'tenant',
] as const;

export type IdentityField = (typeof IDENTITY_FIELDS)[number];

/** By header name as written. */
export type IdentityHeadersConfig = Readonly<Record<string, IdentityField>>;

/** Fields that mean something else: to the gateway, to HTTP, or to whoever reads a request before the upstream's code does. */
const RESERVED = new Set([
  'age',
  'allow',
  'authorization',
  'cache-control',
  'connection',
  'cookie',
  'cookie2',
  'date',
  'depth',
  'destination',
  'dnt',
  'dpop',
  'early-data',
  'expect',
  'forwarded',
  'from',
  'front-end-https',
  'host',
  'http2-settings',
  'idempotency-key',
  'keep-alive',
  'last-event-id',
  'max-forwards',
  'origin',
  'overwrite',
  'pragma',
  'prefer',
  'priority',
  'range',
  'referer',
  'signature',
  'signature-input',
  'te',
  'timeout',
  'trailer',
  'true-client-ip',
  'upgrade',
  'upgrade-insecure-requests',
  'user-agent',
  'via',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-forwarded-for',
  'x-original-url',
  'x-originating-ip',
  'x-real-ip',
  'x-remote-addr',
  'x-remote-ip',
  'x-request-id',
  'x-requested-with',
  'x-rewrite-url',
  'x-url-scheme',
]);
const RESERVED_STARTS =
  /^(?:accept|access-control|content|client-cert|if|proxy|sec|ssl-client|transfer|x-amzn-mtls|x-arr-clientcert|x-client-(?:cert|certificate|dn|verify)|x-forwarded|x-ratelimit|x-ssl)(?:-|$)/;

/** Whether a field has a meaning already, so that it cannot tell who is asking. `name` is lower-case. */
export function isReserved(name: string): boolean {
  return RESERVED.has(name) || RESERVED_STARTS.test(name);
}

const NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
const MAX_HEADERS = 32;

/** The `identityHeaders` of an `authenticate` block. */
export const identityHeadersSchema = z
  .record(
    z.string().regex(NAME, 'The name has letters, digits and `-` only.'),
    z.enum(IDENTITY_FIELDS).describe('What of the caller the field holds.'),
  )
  .superRefine((headers, issues) => {
    const names = Object.keys(headers);
    if (names.length > MAX_HEADERS)
      issues.addIssue({ code: 'custom', message: `At most ${MAX_HEADERS} header fields.` });
    const seen = new Set<string>();
    for (const name of names) {
      const lower = name.toLowerCase();
      const issue = (message: string) => issues.addIssue({ code: 'custom', path: [name], message });
      if (isReserved(lower)) issue(`The header field ${name} has a meaning already: choose another name.`);
      if (seen.has(lower)) issue(`The header field ${name} is listed twice: names differ in more than case.`);
      seen.add(lower);
    }
  })
  .default({})
  .describe(
    'Header fields that tell the upstream who is asking, such as `X-User-Id: subject`; none unless named. The names are ' +
      'taken out of every request that a client sends, on every API. Values are percent-encoded where they are not plain ' +
      'ASCII; items of a list are separated by spaces; a field whose value is empty is not sent.',
  );
