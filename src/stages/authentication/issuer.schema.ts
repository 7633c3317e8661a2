import { z } from 'zod';
import type { Weakness } from '../../core/stage.ts';
import { ALGORITHM_NAMES, isSymmetric } from '../../lib/jose/algorithms.ts';
import { isTrustworthyUrl } from '../../lib/jose/keys-url.ts';

/** Claims without which no token is accepted; an operator can only add to them. */
const BASE_CLAIMS: readonly string[] = ['sub', 'iss', 'exp', 'iat', 'aud'];

const keysUrl = z.strictObject({
  url: z
    .string()
    .refine(isTrustworthyUrl, 'Keys are fetched over https, or over http from this machine only.')
    .describe('Address of the JSON Web Key Set.'),
});
const keysFile = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe(
      'File with a JSON Web Key Set, relative to the configuration; the only place for HMAC secrets (`oct`).',
    ),
});

/** An issuer of tokens: who it is, where its keys are, what its tokens must hold. */
export const issuerSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)
      .describe('Name by which `authenticate` refers to the issuer.'),
    issuer: z
      .string()
      .refine((text) => URL.canParse(text), 'The issuer is a URL, written exactly as its tokens write it.')
      .describe('The `iss` claim, compared character by character.'),
    algorithms: z
      .array(z.enum(ALGORITHM_NAMES))
      .min(1)
      .default(['RS256'])
      .describe(
        'Signature algorithms that are accepted. HS256, HS384 and HS512 are weak: they share the secret.',
      ),
    jwks: z
      .union([keysUrl, keysFile])
      .optional()
      .describe('Where the keys are; found by the discovery document of the issuer when absent.'),
    requiredClaims: z
      .array(z.string().min(1).max(128))
      .max(32)
      .default([...BASE_CLAIMS])
      .transform((claims) => [...new Set([...BASE_CLAIMS, ...claims])])
      .describe(
        'Claims a token must hold. `sub`, `iss`, `exp`, `iat` and `aud` are always required; add others such as `scope`, `roles` or `jti`.',
      ),
    clockToleranceS: z
      .int()
      .min(0)
      .max(600)
      .default(60)
      .describe('Seconds that `exp` and `nbf` may be off. More than 60 is weak.'),
    maxIatSkewS: z
      .int()
      .min(0)
      .max(3600)
      .default(300)
      .describe('Seconds that `iat` may lie in the future. More than 300 is weak.'),
    refreshS: z
      .int()
      .min(60)
      .max(86_400)
      .default(3600)
      .describe('Seconds after which the keys are fetched again in the background.'),
    maxStaleS: z
      .int()
      .min(60)
      .max(2_592_000)
      .default(86_400)
      .describe('Seconds that keys stay in use while they cannot be fetched again. More than a day is weak.'),
  })
  .superRefine((issuer, ctx) => {
    const fromFile = issuer.jwks !== undefined && 'file' in issuer.jwks;
    if (issuer.algorithms.some(isSymmetric) && !fromFile) {
      const message =
        'An HMAC algorithm needs its secret from `jwks.file`: a key set on the network is public.';
      ctx.addIssue({ code: 'custom', path: ['jwks'], message });
    }
    if (issuer.jwks === undefined && !isTrustworthyUrl(issuer.issuer)) {
      const message =
        'Keys are discovered over https only: correct the issuer, or say `jwks.url` or `jwks.file`.';
      ctx.addIssue({ code: 'custom', path: ['issuer'], message });
    }
  });

export type IssuerConfig = z.output<typeof issuerSchema>;

/** Lists what weakens protection in a valid issuer; pointers are relative to it. */
export function issuerWeaknesses(issuer: IssuerConfig): readonly Weakness[] {
  const found: Weakness[] = [];
  issuer.algorithms.forEach((name, at) => {
    if (!isSymmetric(name)) return;
    found.push({
      pointer: `/algorithms/${at}`,
      message: `${name} shares one secret between issuer and gateway: whoever verifies a token can forge one.`,
    });
  });
  const report = (field: 'clockToleranceS' | 'maxIatSkewS' | 'maxStaleS', limit: number, why: string) => {
    if (issuer[field] > limit) found.push({ pointer: `/${field}`, message: `${issuer[field]} s: ${why}` });
  };
  report('clockToleranceS', 60, 'expired tokens are accepted for longer than a minute.');
  report('maxIatSkewS', 300, 'tokens may be issued more than five minutes ahead.');
  report('maxStaleS', 86_400, 'withdrawn keys may stay in use for more than a day.');
  return found;
}
