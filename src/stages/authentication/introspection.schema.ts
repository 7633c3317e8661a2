import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import type { Weakness } from '../../core/stage.ts';
import { isTrustworthyUrl } from '../../lib/jose/keys-url.ts';
import { claimsShape } from './claims.schema.ts';
import { dpopShape } from './dpop.schema.ts';
import { headerName, type MethodBase } from './method.schema.ts';
import { replayShape } from './replay.schema.ts';

/** Whether a text is a private key that assertions are signed with. */
function isSigningKey(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    if (asymmetricKeyType === 'ec') return asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return asymmetricKeyType === 'rsa' || asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}

const clientSchema = z
  .strictObject({
    id: z.string().min(1).max(512).describe('`client_id` of the gateway at the authorization server.'),
    method: z
      .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt'])
      .default('client_secret_basic')
      .describe('How the gateway shows that it is this client.'),
    secret: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe('Secret of the client. Refer to it as `${env:NAME}` or `${file:path}`.'),
    privateKey: z
      .string()
      .refine(
        isSigningKey,
        'Refer to an RSA, P-256 or Ed25519 private key in PEM, such as `${file:./client.key}`.',
      )
      .optional()
      .describe(
        'Of `private_key_jwt`: private key in PEM (RSA, P-256 or Ed25519), as a `${file:…}` reference.',
      ),
    keyId: z.string().max(256).default('').describe('Of `private_key_jwt`: the `kid` that assertions name.'),
  })
  .superRefine(({ method, secret, privateKey }, issues) => {
    const needed = method === 'private_key_jwt' ? 'privateKey' : 'secret';
    const other = method === 'private_key_jwt' ? 'secret' : 'privateKey';
    const has = { secret: secret !== undefined, privateKey: privateKey !== undefined };
    if (!has[needed])
      issues.addIssue({ code: 'custom', path: [needed], message: `\`${method}\` needs \`${needed}\`.` });
    if (has[other])
      issues.addIssue({
        code: 'custom',
        path: [other],
        message: `\`${method}\` has no use for \`${other}\`.`,
      });
  })
  .describe('The client that the gateway is to the authorization server.');

/** The `introspection` method. */
export const introspectionSchema = z
  .strictObject({
    endpoint: z
      .string()
      .max(2048)
      .refine(isTrustworthyUrl, 'Tokens are sent over https, or over http to this machine only.')
      .optional()
      .describe('Address of the introspection endpoint; found in the metadata of `issuer` when absent.'),
    issuer: z
      .string()
      .optional()
      .describe(
        'Id of one of the `issuers`: an `iss` in the answer must be it. Needed where there is no `endpoint`.',
      ),
    client: clientSchema,
    audience: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe(
        'One of these must be in the `aud` of the answer. Without it, tokens for other APIs are taken: weak.',
      ),
    header: headerName
      .default('Authorization')
      .describe('Header field that carries the token: `Authorization` with the Bearer scheme, others bare.'),
    forward: z.boolean().default(true).describe('Whether the upstream gets the token.'),
    cacheS: z
      .int()
      .min(0)
      .max(3600)
      .default(60)
      .describe(
        'Seconds that an answer about an active token is used, never beyond its `exp`: for so long a revoked token may still work. More than 300 is weak.',
      ),
    inactiveCacheS: z
      .int()
      .min(0)
      .max(300)
      .default(10)
      .describe('Seconds that a token that is not active is refused without asking again.'),
    clockToleranceS: z
      .int()
      .min(0)
      .max(600)
      .default(60)
      .describe('Seconds that `exp`, `nbf` and `iat` of the answer may be off.'),
    timeoutMs: z
      .int()
      .min(100)
      .max(30_000)
      .default(3000)
      .describe('Milliseconds in which the endpoint must have answered.'),
    maxCalls: z.int().min(1).max(1024).default(32).describe('Most calls under way at once, for each thread.'),
    callsPerS: z
      .int()
      .min(1)
      .max(10_000)
      .default(50)
      .describe('Most calls in a second, for each thread. New tokens beyond it are answered with 503.'),
    ...claimsShape,
    ...replayShape,
    ...dpopShape,
  })
  .describe('Opaque tokens, which an authorization server is asked about (RFC 7662).');

type IntrospectionBlock = z.output<typeof introspectionSchema>;

export interface IntrospectionConfig extends MethodBase, Omit<IntrospectionBlock, 'audience'> {
  readonly kind: 'introspection';
  readonly audience: readonly string[];
}

/** The configuration of an `introspection` method. */
export function toIntrospectionConfig(block: IntrospectionBlock, pointer: string): IntrospectionConfig {
  const { audience } = block;
  const list = audience === undefined ? [] : Array.isArray(audience) ? audience : [audience];
  return { ...block, kind: 'introspection', pointer, audience: list };
}

/** Lists what weakens protection in a valid method; pointers are relative to the block. */
export function introspectionWeaknesses(config: IntrospectionConfig): readonly Weakness[] {
  const { pointer, audience, cacheS, replay } = config;
  const found: Weakness[] = [];
  const report = (field: string, message: string) => found.push({ pointer: `${pointer}${field}`, message });
  if (audience.length === 0)
    report(
      '',
      'Without `audience`, every active token of the authorization server is taken, whatever API it is for.',
    );
  if (cacheS > 300) report('/cacheS', `${cacheS} s: a revoked token may work for more than five minutes.`);
  if (replay === 'off') report('/replay', 'A captured token works from anywhere until it expires.');
  return found;
}
