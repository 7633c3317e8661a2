import { z } from 'zod';
import type { Weakness } from '../../core/stage.ts';
import { dpopShape } from './dpop.schema.ts';
import { headerName, type MethodBase } from './method.schema.ts';
import { replayShape } from './replay.schema.ts';

const CLAIM_FORM = 'A claim at the top, or a JSON pointer such as `/realm_access/roles`.';
const claim = (name: string, what: string) =>
  z.string().min(1).max(256).default(name).describe(`${what} ${CLAIM_FORM}`);

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
    tierClaim: claim('tier', 'Claim that names the rate limit tier.'),
    rolesClaim: claim('roles', 'Claim with the roles: a list, or one role.'),
    scopeClaim: claim(
      'scope',
      'Claim with the scopes: a list, or words between spaces. `scp` is read where `scope` is absent.',
    ),
    mfaClaim: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe(
        `Claim that is \`true\` when more than one factor was used. Without it, and beside it, \`amr\` tells: \`mfa\`, or methods of two kinds (RFC 8176). ${CLAIM_FORM}`,
      ),
    acrClaim: claim('acr', 'Claim with the authentication context class.'),
    amrClaim: claim('amr', 'Claim with the authentication methods, a list.'),
    departmentClaim: claim('department', 'Claim with the department of the caller.'),
    clearanceClaim: claim('clearance', 'Claim with the clearance of the caller.'),
    tenantClaim: claim('tenant', 'Claim with the tenant of the caller.'),
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
