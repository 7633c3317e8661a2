import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import type { Mode } from '../../core/stage.ts';
import { type ApiKeyConfig, apiKeySchema } from './api-key.schema.ts';
import { type IdentityHeadersConfig, identityHeadersSchema } from './identity-headers.schema.ts';
import {
  type IntrospectionConfig,
  introspectionSchema,
  toIntrospectionConfig,
} from './introspection.schema.ts';
import { type JwtConfig, jwtSchema, toJwtConfig } from './jwt.schema.ts';
import { type MtlsConfig, mtlsSchema, toMtlsConfig } from './mtls.schema.ts';
import { toWebhookConfig, type WebhookConfig, webhookSchema } from './webhook.schema.ts';

/** THE TABLE of methods: every key that names a way to prove who is asking. */
const METHODS = {
  apiKey: apiKeySchema,
  jwt: jwtSchema,
  introspection: introspectionSchema,
  mtls: mtlsSchema,
  webhook: webhookSchema,
};

type MethodName = keyof typeof METHODS;
type MethodBlocks = { readonly [Name in MethodName]?: z.output<(typeof METHODS)[Name]> };

export type MethodConfig = ApiKeyConfig | JwtConfig | IntrospectionConfig | MtlsConfig | WebhookConfig;

export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];
const LISTED = METHOD_NAMES.map((name) => `\`${name}\``).join(', ');

const optionalMethods = {
  apiKey: apiKeySchema.optional(),
  jwt: jwtSchema.optional(),
  introspection: introspectionSchema.optional(),
  mtls: mtlsSchema.optional(),
  webhook: webhookSchema.optional(),
};

const namesOf = (block: object): string[] =>
  Object.entries(block).flatMap(([name, value]) => (value === undefined ? [] : [name]));

const methodSchema = z
  .strictObject(optionalMethods)
  .refine((entry) => namesOf(entry).length === 1, `Name one method: ${LISTED}.`);

const allOfSchema = z
  .array(methodSchema)
  .min(2)
  .max(4)
  .describe('Methods that are all needed; the first one gives subject and rights, every one its limits.');

const alternativeSchema = z
  .strictObject({ ...optionalMethods, allOf: allOfSchema.optional() })
  .refine((entry) => namesOf(entry).length === 1, `Name one method: ${LISTED}; or several under \`allOf\`.`);

const CHOICES = [...METHOD_NAMES, 'allOf', 'anyOf'];

const blockSchema = z
  .strictObject({
    mode: modeSchema,
    realm: z
      .string()
      .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]{1,128}$/)
      .optional()
      .describe('What the challenge of a 401 calls the protected space; the id of the API when absent.'),
    ...optionalMethods,
    allOf: allOfSchema.optional(),
    anyOf: z
      .array(alternativeSchema)
      .min(1)
      .max(8)
      .optional()
      .describe(
        'Methods, or combinations of them, of which one is enough. A request that carries several credentials needs ' +
          'every one to be valid, and all of them to name the same caller.',
      ),
    identityHeaders: identityHeadersSchema,
    sameSubject: z
      .boolean()
      .default(false)
      .describe(
        'Whether all credentials of an `allOf` must name the same subject, or the client by its id: a certificate and the ' +
          'token of another service are refused then.',
      ),
  })
  .refine(
    (block) => namesOf(block).filter((name) => CHOICES.includes(name)).length <= 1,
    'Name one method, or list several under `anyOf` or `allOf`.',
  );

export interface AuthenticationConfig {
  readonly mode: Mode;
  readonly realm?: string;
  /** Whether the operator said `none`. */
  readonly none: boolean;
  /** In order of preference, each with the methods it needs, the one that gives the rights first; empty only with `none`. */
  readonly alternatives: readonly (readonly MethodConfig[])[];
  /** Whether all credentials of a combination must name one subject. */
  readonly sameSubject: boolean;
  /** What the upstream is told of the caller. */
  readonly identityHeaders: IdentityHeadersConfig;
}

function toMethod({ apiKey, jwt, introspection, mtls, webhook }: MethodBlocks, at: string): MethodConfig {
  if (mtls !== undefined) return toMtlsConfig(mtls, `${at}/mtls`);
  if (jwt !== undefined) return toJwtConfig(jwt, `${at}/jwt`);
  if (introspection !== undefined) return toIntrospectionConfig(introspection, `${at}/introspection`);
  if (webhook !== undefined) return toWebhookConfig(webhook, `${at}/webhook`);
  return { ...(apiKey ?? apiKeySchema.parse({})), kind: 'apiKey', pointer: `${at}/apiKey` };
}

type Alternative = MethodBlocks & { readonly allOf?: readonly MethodBlocks[] };

function toAlternative(entry: Alternative, at: string): MethodConfig[] {
  return entry.allOf?.map((part, i) => toMethod(part, `${at}/allOf/${i}`)) ?? [toMethod(entry, at)];
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
    if (block === 'none')
      return { mode: 'enforce', none: true, alternatives: [], identityHeaders: {}, sameSubject: false };
    const { mode, realm, anyOf, identityHeaders, sameSubject } = block;
    const alternatives = anyOf?.map((entry, i) => toAlternative(entry, `/anyOf/${i}`)) ?? [
      toAlternative(block, ''),
    ];
    return { mode, realm, none: false, alternatives, identityHeaders, sameSubject };
  });

/** Keys that exclude each other in a block. */
export const EXCLUSIVE_KEYS: readonly string[] = CHOICES;

/** Whether requests need no credential, so that no principal can be relied on. */
export function isAnonymous(config: AuthenticationConfig): boolean {
  return config.none || config.mode === 'off';
}

/** The methods of all alternatives. */
export function methodsOf(config: AuthenticationConfig): readonly MethodConfig[] {
  return config.alternatives.flat();
}

/** The request header fields that may carry a credential, lower-case, and whether the upstream gets them. */
export function credentialHeaders(config: AuthenticationConfig): { name: string; forward: boolean }[] {
  if (isAnonymous(config)) return [];
  const found = new Map<string, boolean>();
  for (const method of methodsOf(config)) {
    if (method.kind === 'mtls') continue;
    const { header, forward } = method;
    const name = header.toLowerCase();
    found.set(name, forward && (found.get(name) ?? true));
  }
  return [...found].map(([name, forward]) => ({ name, forward }));
}

/** Whether the upstream gets the verified certificate of the caller. */
export function forwardsCertificate(config: AuthenticationConfig): boolean {
  return !isAnonymous(config) && methodsOf(config).some((method) => method.kind === 'mtls' && method.forward);
}

/** Whether requests may carry an API key. */
export function acceptsKeys(config: AuthenticationConfig): boolean {
  return !isAnonymous(config) && methodsOf(config).some(({ kind }) => kind === 'apiKey');
}

/** The cookie that may carry a key; null when there is none. */
export function credentialCookie(config: AuthenticationConfig): { name: string; forward: boolean } | null {
  if (isAnonymous(config)) return null;
  for (const method of methodsOf(config)) {
    if (method.kind === 'apiKey' && method.cookie !== undefined)
      return { name: method.cookie, forward: method.forward };
  }
  return null;
}

/** The query parameter that may carry a key: the journal must not show its value; null when there is none. */
export function credentialQuery(config: AuthenticationConfig): { name: string; forward: boolean } | null {
  if (isAnonymous(config)) return null;
  for (const method of methodsOf(config)) {
    if (method.kind === 'apiKey' && method.query !== undefined)
      return { name: method.query, forward: method.forward };
  }
  return null;
}
