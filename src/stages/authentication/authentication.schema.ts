import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import type { Mode } from '../../core/stage.ts';
import { isToken } from '../../lib/http/fields.ts';

const headerName = z
  .string()
  .max(64)
  .refine(isToken, "A header name has letters, digits and !#$%&'*+-.^_`|~ only.");
const claimName = z.string().min(1).max(256);
const CLAIM_FORM = 'A claim at the top, or a JSON pointer such as `/realm_access/roles`.';

const apiKeySchema = z
  .strictObject({
    header: headerName.default('X-API-Key').describe('Header field that carries the key.'),
    query: z
      .string()
      .regex(/^[A-Za-z0-9_.~-]{1,64}$/)
      .optional()
      .describe(
        'Query parameter that may carry the key instead. Weak: addresses end up in logs and histories.',
      ),
    forward: z.boolean().default(false).describe('Whether the upstream gets the key.'),
  })
  .describe('API keys that `portcullis key create` makes.');

const jwtSchema = z
  .strictObject({
    issuer: z.string().optional().describe('Id of one of the `issuers`. Required.'),
    audience: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe('One of these must be in the `aud` claim. Required.'),
    header: headerName
      .default('Authorization')
      .describe('Header field that carries the token: `Authorization` with the Bearer scheme, others bare.'),
    forward: z.boolean().default(true).describe('Whether the upstream gets the token.'),
    tierClaim: claimName.default('tier').describe(`Claim that names the rate limit tier. ${CLAIM_FORM}`),
    rolesClaim: claimName
      .default('roles')
      .describe(`Claim with the roles: a list, or one role. ${CLAIM_FORM}`),
    scopeClaim: claimName
      .default('scope')
      .describe(
        `Claim with the scopes: a list, or words between spaces. \`scp\` is read where \`scope\` is absent. ${CLAIM_FORM}`,
      ),
  })
  .describe('JSON Web Tokens of a configured issuer.');

const alternativeSchema = z
  .strictObject({ apiKey: apiKeySchema.optional(), jwt: jwtSchema.optional() })
  .refine(
    (entry) => (entry.apiKey === undefined) !== (entry.jwt === undefined),
    'Name one method: `apiKey` or `jwt`.',
  );

const blockSchema = z
  .strictObject({
    mode: modeSchema,
    realm: z
      .string()
      .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]{1,128}$/)
      .optional()
      .describe('What the challenge of a 401 calls the protected space; the id of the API when absent.'),
    apiKey: apiKeySchema.optional(),
    jwt: jwtSchema.optional(),
    anyOf: z
      .array(alternativeSchema)
      .min(1)
      .max(8)
      .optional()
      .describe(
        'Methods of which one is enough. A request that carries several credentials needs every one to be valid.',
      ),
  })
  .refine(
    (block) => [block.apiKey, block.jwt, block.anyOf].filter((method) => method !== undefined).length <= 1,
    'Name one method, or list several under `anyOf`.',
  );

interface MethodBase {
  /** JSON pointer of the method, relative to the block. */
  readonly pointer: string;
  readonly header: string;
  readonly forward: boolean;
}

export interface ApiKeyConfig extends MethodBase {
  readonly kind: 'apiKey';
  readonly query?: string;
}

export interface JwtConfig extends MethodBase {
  readonly kind: 'jwt';
  readonly issuer?: string;
  readonly audience: readonly string[];
  readonly tierClaim: string;
  readonly rolesClaim: string;
  readonly scopeClaim: string;
}

export interface AuthenticationConfig {
  readonly mode: Mode;
  readonly realm?: string;
  /** Whether the operator said `none`. */
  readonly none: boolean;
  /** In order of preference; empty only with `none`. */
  readonly methods: readonly (ApiKeyConfig | JwtConfig)[];
}

type Method = { apiKey?: z.output<typeof apiKeySchema>; jwt?: z.output<typeof jwtSchema> };

function toMethod({ apiKey, jwt }: Method, at: string): ApiKeyConfig | JwtConfig {
  if (jwt === undefined)
    return { kind: 'apiKey', pointer: `${at}/apiKey`, ...(apiKey ?? apiKeySchema.parse({})) };
  const { audience } = jwt;
  const list = audience === undefined ? [] : Array.isArray(audience) ? audience : [audience];
  return { ...jwt, kind: 'jwt', pointer: `${at}/jwt`, audience: list };
}

/** The `authenticate` block; an absent or empty one requires an API key. */
export const authenticationSchema = z
  .union([
    z
      .literal('none')
      .describe('Anyone may call. Weak; must be said, and `check` lists every API that says it.'),
    blockSchema,
  ])
  .transform((block): AuthenticationConfig => {
    if (block === 'none') return { mode: 'enforce', none: true, methods: [] };
    const methods = block.anyOf?.map((entry, i) => toMethod(entry, `/anyOf/${i}`)) ?? [toMethod(block, '')];
    return { mode: block.mode, realm: block.realm, none: false, methods };
  });

/** Whether requests need no credential, so that no principal can be relied on. */
export function isAnonymous(config: AuthenticationConfig): boolean {
  return config.none || config.mode === 'off';
}

/** The request header fields that may carry a credential, lower-case, and whether the upstream gets them. */
export function credentialHeaders(config: AuthenticationConfig): { name: string; forward: boolean }[] {
  if (isAnonymous(config)) return [];
  const found = new Map<string, boolean>();
  for (const { header, forward } of config.methods) {
    const name = header.toLowerCase();
    found.set(name, forward && (found.get(name) ?? true));
  }
  return [...found].map(([name, forward]) => ({ name, forward }));
}

/** The query parameter that may carry a key: the journal must not show its value; null when there is none. */
export function credentialQuery(config: AuthenticationConfig): { name: string; forward: boolean } | null {
  if (isAnonymous(config)) return null;
  for (const method of config.methods) {
    if (method.kind === 'apiKey' && method.query !== undefined)
      return { name: method.query, forward: method.forward };
  }
  return null;
}
