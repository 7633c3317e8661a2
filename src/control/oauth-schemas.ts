import { z } from 'zod';
import { AUTH_METHODS, CLIENT_CLASSES, GRANT_TYPES } from '../core/client-classes.ts';
import type { ClientClass } from '../core/oauth-records.ts';
import { instant } from './instants.ts';

const CLASSES = Object.keys(CLIENT_CLASSES) as [ClientClass, ...ClientClass[]];
const scope = z
  .string()
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/,
    'a scope has printable ASCII without spaces, quotes and backslashes',
  );
const word = z.string().min(1).max(200);
const uri = z.string().min(1).max(2048);

export const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$/;

/** Which client an operation is about. */
export const oauthClientId = z.strictObject({
  id: z
    .string()
    .regex(CLIENT_ID, 'a client id has letters, digits, dots and dashes')
    .describe('Id of the client.'),
});

const certificateNames = z
  .strictObject({
    field: z
      .enum(['subject_dn', 'san_dns', 'san_uri', 'san_email'])
      .describe('Which name of the certificate is compared.'),
    value: z
      .string()
      .min(1)
      .max(1024)
      .describe('The name, compared exactly; a subject as RFC 4514 writes it.'),
  })
  .describe('What the certificate of a `tls_client_auth` client is recognised by (RFC 8705, section 2.1.2).');

/** What a new client is. */
export const createOauthClientBody = z.strictObject({
  id: z
    .string()
    .regex(CLIENT_ID, 'a client id has 3 to 64 letters, digits, dots and dashes')
    .optional()
    .describe('Id of the client; made up when absent.'),
  name: z.string().trim().min(1).max(100).describe('What people see when they are asked for consent.'),
  owner: z.string().trim().max(200).default('').describe('Who answers for it: a person, team or company.'),
  class: z
    .enum(CLASSES)
    .describe(
      '`internal` keeps a secret or key, `partner` shows a certificate, `public` can keep nothing secret.',
    ),
  authMethod: z
    .enum(AUTH_METHODS)
    .optional()
    .describe('How it authenticates at the token endpoint; the first that its class may when absent.'),
  grantTypes: z
    .array(z.enum(GRANT_TYPES))
    .min(1)
    .max(GRANT_TYPES.length)
    .optional()
    .describe('Grant types it may use; those of its class when absent.'),
  redirectUris: z
    .array(uri)
    .max(50)
    .default([])
    .describe('Where browsers may be sent back to, compared exactly.'),
  postLogoutRedirectUris: z
    .array(uri)
    .max(50)
    .default([])
    .describe('Where browsers may be sent after signing out.'),
  scopes: z.array(scope).max(200).default([]).describe('Scopes of resources that it may ask for.'),
  resources: z
    .array(uri)
    .max(200)
    .default([])
    .describe('Ids of resources it may have tokens for; empty for all.'),
  roles: z.array(word).max(100).default([]).describe('Roles of tokens that it has for itself.'),
  tier: z.string().max(64).default('').describe('Rate limit tier of tokens that it has for itself.'),
  jwks: z
    .object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) })
    .optional()
    .describe(
      'Its public keys (RFC 7517): for `private_key_jwt`, or certificates in `x5c` for `self_signed_tls_client_auth`.',
    ),
  certificate: certificateNames.optional(),
  dpopRequired: z
    .boolean()
    .default(false)
    .describe('Whether its tokens must be bound to a key of its own by DPoP.'),
  parRequired: z
    .boolean()
    .default(false)
    .describe('Whether authorization requests must be pushed first (RFC 9126).'),
  mayIntrospect: z
    .boolean()
    .default(false)
    .describe('Whether it may ask about tokens of other clients, as a resource server does (RFC 7662).'),
});

/** What may be shown of a client. */
export const oauthClientView = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  class: z.enum(CLASSES),
  status: z.enum(['enabled', 'disabled']),
  authMethod: z.string(),
  grantTypes: z.array(z.string()),
  redirectUris: z.array(z.string()),
  postLogoutRedirectUris: z.array(z.string()),
  scopes: z.array(z.string()),
  resources: z.array(z.string()),
  roles: z.array(z.string()),
  tier: z.string(),
  jwks: z.unknown().describe('Its public keys; null for none.'),
  certificate: certificateNames.nullable(),
  dpopRequired: z.boolean(),
  parRequired: z.boolean(),
  mayIntrospect: z.boolean(),
  secrets: z
    .array(z.object({ expiresAt: instant.nullable() }))
    .describe('Secrets that are accepted, the newest first; never the secrets themselves.'),
  createdAt: instant,
  disabledAt: instant.nullable(),
});

export const oauthClientList = z.object({ clients: z.array(oauthClientView) });

export const createdOauthClient = z.object({
  client: oauthClientView,
  secret: z.string().nullable().describe('Shown this once; null for a client without a secret.'),
  notes: z.array(z.string()).describe('Sentences about what is weaker than it could be.'),
});

export const rotateSecretBody = z.strictObject({
  graceHours: z
    .int()
    .min(0)
    .max(24 * 90)
    .default(24)
    .describe('Hours that the secrets there were are still accepted; 0 ends them at once.'),
});

export const endedOauthClient = z.object({
  id: z.string(),
  ended: z.int().describe('How many of its codes, tokens and grants ended with it.'),
});

export const rotateKeysBody = z.strictObject({
  now: z
    .boolean()
    .default(false)
    .describe(
      'Whether the new key signs at once and the old ones are withdrawn, because somebody else may have them.',
    ),
});

export const oauthKeyList = z.object({
  keys: z.array(
    z.object({
      kid: z.string(),
      state: z.enum(['signs', 'next', 'retired']),
      activeFrom: instant,
      expiresAt: instant.nullable(),
    }),
  ),
});
