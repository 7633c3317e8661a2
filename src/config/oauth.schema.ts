import { z } from 'zod';
import { federationSchema } from './oauth-federation.schema.ts';
import { oauthUsersSchema } from './oauth-users.schema.ts';
import { isLoopback } from './services.schema.ts';

const DAY_S = 86_400;

/** Says in one sentence why a text is not an issuer identifier; null when it is (RFC 8414, section 2). */
function issuerProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'The issuer is a URL such as `https://auth.company.com`.';
  if (text.includes('?') || text.includes('#')) return 'An issuer has no query and no fragment.';
  if (url.username !== '' || url.password !== '') return 'An issuer has no user name or password.';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'http:' && !isLoopback(host))
    return 'Write https: over http anyone in between reads passwords and tokens. Loopback addresses alone may have http.';
  const canonical = url.pathname === '/' ? url.origin : url.href;
  if (text !== canonical) return `Tokens compare the issuer character by character: write \`${canonical}\`.`;
  return text.endsWith('/') ? `Write it without the slash at its end: \`${text.slice(0, -1)}\`.` : null;
}

const scopeSchema = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'A scope is printable ASCII without blanks and quotes.');

/** What a resource indicator may be (RFC 8707, section 2): an absolute URI without a fragment. */
const resourceIdSchema = z
  .string()
  .max(512)
  .refine((text) => URL.canParse(text) && !text.includes('#'), {
    message:
      'A resource is named by an absolute URI without a fragment, such as `https://api.company.com/orders`.',
  });

const resourceSchema = z
  .strictObject({
    id: resourceIdSchema.describe(
      'The `resource` that clients ask for (RFC 8707), compared character by character.',
    ),
    audience: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .describe('The `aud` claim of its tokens; the `id` when absent.'),
    scopes: z.array(scopeSchema).max(256).default([]).describe('Scopes that its tokens may have.'),
    tokens: z
      .enum(['jwt', 'opaque'])
      .default('jwt')
      .describe(
        '`jwt` is a signed token (RFC 9068); `opaque` one that the resource server has introspected.',
      ),
    accessTokenS: z
      .int()
      .min(30)
      .max(DAY_S)
      .optional()
      .describe('Seconds that its access tokens are valid; `lifetimes.accessTokenS` when absent.'),
  })
  .describe('A resource server: an API that tokens are for.');

const lifetimesSchema = z
  .strictObject({
    accessTokenS: z
      .int()
      .min(30)
      .max(DAY_S)
      .default(900)
      .describe('Seconds of an access token. More than 900 is weak.'),
    idTokenS: z.int().min(30).max(DAY_S).default(900).describe('Seconds of an ID token.'),
    refreshIdleS: z
      .int()
      .min(1)
      .max(30 * DAY_S)
      .default(7 * DAY_S)
      .describe(
        'Seconds that a refresh token stays valid unused; each use gives a new one. More than 7 days is weak.',
      ),
    refreshAbsoluteS: z
      .int()
      .min(1)
      .max(365 * DAY_S)
      .default(30 * DAY_S)
      .describe(
        'Seconds after which the user must sign in again, however often it was refreshed. More than 30 days is weak.',
      ),
    codeS: z
      .int()
      .min(5)
      .max(600)
      .default(60)
      .describe('Seconds of an authorization code. More than 60 is weak.'),
    deviceCodeS: z.int().min(30).max(3600).default(600).describe('Seconds of a device code.'),
    sessionS: z
      .int()
      .min(1)
      .max(365 * DAY_S)
      .default(30 * DAY_S)
      .describe('Seconds after signing in that a session ends, and every refresh token with it.'),
  })
  .describe('How long what the server gives out is valid.');

const keysSchema = z
  .strictObject({
    rotateDays: z
      .int()
      .min(1)
      .max(365)
      .default(90)
      .describe('Days that a signing key is in use. More than 90 is weak.'),
    publishAheadHours: z
      .int()
      .min(2)
      .max(720)
      .default(24)
      .describe('Hours that a key is published before it signs, so that every cache of the key set has it.'),
  })
  .describe('Signing keys, made and replaced by themselves.');

const dpopSchema = z
  .strictObject({
    nonce: z
      .boolean()
      .default(true)
      .describe(
        'Whether DPoP proofs must hold a nonce of the server (RFC 9449, section 8). `false` is weak: proofs can be made in advance.',
      ),
  })
  .describe('Tokens bound to a key of the client (RFC 9449); any client may use it.');

/** The `oauth` block. */
export const oauthSchema = z
  .strictObject({
    issuer: z
      .string()
      .superRefine((text, issues) => {
        const message = issuerProblem(text);
        if (message !== null) issues.addIssue({ code: 'custom', message });
      })
      .describe(
        'The URL of the authorization server, as clients reach it through a listener of this gateway.',
      ),
    secret: z
      .string()
      .min(32, 'The secret has at least 32 characters: make one with `openssl rand -base64 32`.')
      .max(1024)
      .optional()
      .describe(
        'Secret that seals signing keys and tokens in the database: write `${env:…}` or `${file:…}`. Absent: made once and kept in `<dataDir>/oauth.secret`. Gateways that share a database need the same.',
      ),
    resources: z
      .array(resourceSchema)
      .max(256)
      .prefault([])
      .describe('The resource servers that tokens are for.'),
    defaultResource: resourceIdSchema
      .optional()
      .describe('The resource of requests that name none; that of the list where it has only one.'),
    lifetimes: lifetimesSchema.prefault({}),
    refreshChainAlert: z
      .int()
      .min(1)
      .max(100_000)
      .default(20)
      .describe('Refreshes of one grant after which a notice is given.'),
    tokenRequestsPerMinute: z
      .int()
      .min(1)
      .max(100_000)
      .default(10)
      .describe(
        'Token requests per minute that one client may make; a public client from one address. More than 10 is weak.',
      ),
    dpop: dpopSchema.prefault({}),
    keys: keysSchema.prefault({}),
    users: oauthUsersSchema.prefault({}),
    federation: z
      .array(federationSchema)
      .max(16)
      .prefault([])
      .describe('Other providers that people can sign in with.'),
  })
  .describe('The built-in authorization server (OAuth 2.0, OpenID Connect); its presence starts it.');

export type OauthConfig = z.output<typeof oauthSchema>;
