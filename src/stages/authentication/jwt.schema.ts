import { z } from 'zod';
import type { Weakness } from '../../core/stage.ts';
import { claimsShape } from './claims.schema.ts';
import { dpopShape } from './dpop.schema.ts';
import { headerName, type MethodBase } from './method.schema.ts';
import { replayShape } from './replay.schema.ts';

/** The `jwt` method. */
export const jwtSchema = z
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
    tokenType: z
      .enum(['any', 'at+jwt'])
      .default('any')
      .describe(
        '`at+jwt` takes only tokens that say in `typ` that they are access tokens (RFC 9068); `any` also those that say JWT or nothing. What is evidently an ID, refresh or logout token is refused in any case.',
      ),
    principalType: z
      .enum(['auto', 'user', 'client'])
      .default('auto')
      .describe(
        'Who the tokens speak for. `auto`: an application where `sub` equals `client_id` or `azp` (RFC 9068, section 5), else a user.',
      ),
    ...claimsShape,
    ...replayShape,
    ...dpopShape,
  })
  .describe('JSON Web Tokens of a configured issuer.');

export interface JwtConfig extends MethodBase, Omit<z.output<typeof jwtSchema>, 'audience'> {
  readonly kind: 'jwt';
  readonly audience: readonly string[];
}

/** The configuration of a `jwt` method. */
export function toJwtConfig(jwt: z.output<typeof jwtSchema>, pointer: string): JwtConfig {
  const { audience } = jwt;
  const list = audience === undefined ? [] : Array.isArray(audience) ? audience : [audience];
  return { ...jwt, kind: 'jwt', pointer, audience: list };
}

/** Lists what weakens protection in a valid method; pointers are relative to the block. */
export function jwtWeaknesses({
  pointer,
  replay,
  bindingPrefix,
  dpopMaxAgeS,
}: JwtConfig): readonly Weakness[] {
  const found: Weakness[] = [];
  if (replay === 'off') {
    const message = 'A captured token works from anywhere until it expires.';
    found.push({ pointer: `${pointer}/replay`, message });
  }
  if (bindingPrefix.v4 < 16 || bindingPrefix.v6 < 32) {
    const message = 'Networks this large hold whole providers: a captured token works from many of them.';
    found.push({ pointer: `${pointer}/bindingPrefix`, message });
  }
  if (dpopMaxAgeS > 300) {
    const message = 'Proofs may be made more than five minutes ahead of their use.';
    found.push({ pointer: `${pointer}/dpopMaxAgeS`, message });
  }
  return found;
}
