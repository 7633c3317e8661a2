import { z } from 'zod';

const CLAIM_FORM = 'A claim at the top, or a JSON pointer such as `/realm_access/roles`.';
const claim = (name: string, what: string) =>
  z.string().min(1).max(256).default(name).describe(`${what} ${CLAIM_FORM}`);

/** Keys of a method that say where in its claims to read what a principal holds. */
export const claimsShape = {
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
};

const claimsSchema = z.object(claimsShape);

export type ClaimsConfig = z.output<typeof claimsSchema>;
