import { z } from 'zod';
import { headerName, type MethodBase } from './method.schema.ts';

const claimName = z.string().min(1).max(256);
const CLAIM_FORM = 'A claim at the top, or a JSON pointer such as `/realm_access/roles`.';

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
