import { z } from 'zod';
import { nameSchema } from './listener.schema.ts';
import { isLoopback } from './services.schema.ts';

const claimName = z.string().min(1).max(128);
const roleName = z.string().min(1).max(200);

const claimsSchema = z
  .strictObject({
    roles: claimName
      .default('groups')
      .describe('Claim whose values `roles` translates: a text or a list of texts.'),
    department: claimName.optional().describe('Claim with the department; none when absent.'),
    clearance: claimName.optional().describe('Claim with the clearance; none when absent.'),
    tenant: claimName.optional().describe('Claim with the tenant; none when absent.'),
  })
  .describe('Claims of the provider that are taken over, from the ID token or the userinfo endpoint.');

/** One entry of `oauth.federation`. */
export const federationSchema = z
  .strictObject({
    id: nameSchema.describe(
      'Name of the provider in URLs: `<issuer>/federation/<id>/callback` is the redirect URI to register there.',
    ),
    name: z.string().trim().min(1).max(60).describe('What people read on the button: `Sign in with …`.'),
    issuer: z
      .url({ protocol: /^https?$/ })
      .refine((text) => {
        const url = URL.parse(text);
        return url?.protocol === 'https:' || isLoopback(url?.hostname.replace(/^\[|\]$/g, '') ?? '');
      }, 'Write https: over http anyone in between signs in as anyone. Loopback addresses alone may have http.')
      .describe(
        'The issuer of the provider; its metadata is at `/.well-known/openid-configuration` below it.',
      ),
    clientId: z.string().min(1).max(512).describe('What the provider calls this server.'),
    clientSecret: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe(
        'What this server proves itself with: write `${env:…}` or `${file:…}`. Absent for a public client.',
      ),
    scopes: z
      .array(
        z
          .string()
          .regex(
            /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/,
            'A scope is printable ASCII without blanks and quotes.',
          ),
      )
      .max(32)
      .default(['openid', 'profile', 'email'])
      .describe('Scopes that are asked for; `openid` is always.'),
    claims: claimsSchema.prefault({}),
    roles: z
      .record(z.string().min(1).max(256), z.array(roleName).max(64))
      .default({})
      .describe(
        'Roles that each value of the roles claim gives here. Values that are not listed give none: the provider cannot make up roles.',
      ),
    defaultRoles: z
      .array(roleName)
      .max(64)
      .default([])
      .describe('Roles that everybody from this provider has.'),
    allowedDomains: z
      .array(z.string().regex(/^[a-z0-9.-]{1,253}$/, 'A domain is written in lower case.'))
      .max(256)
      .default([])
      .describe(
        'Domains of verified e-mail addresses that may sign in; everybody whom the provider knows when empty, which is weak for a provider that anybody can join.',
      ),
    trustMfa: z
      .boolean()
      .default(false)
      .describe(
        'Whether `mfa` in the `amr` claim of the provider counts as a second factor here. Where it does not, a code is asked for here.',
      ),
  })
  .describe('An OpenID Connect provider that people can sign in with.');

export type FederationConfig = z.output<typeof federationSchema>;
