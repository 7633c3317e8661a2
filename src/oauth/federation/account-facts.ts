import type { FederationConfig } from '../../config/oauth-federation.schema.ts';
import type { UserAttributes } from '../../core/users.ts';

/** What a provider says about a person, as far as it is believed. */
export interface AccountFacts {
  readonly subject: string;
  readonly displayName: string;
  readonly email: string;
  readonly isEmailVerified: boolean;
  readonly roles: readonly string[];
  readonly attributes: UserAttributes;
  /** Methods (RFC 8176); never `pwd`, which is a password of this server. */
  readonly amr: readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;

const MAX_CHARS = 200;
const MAX_METHODS = 8;

/** A text on one line and of bounded length; '' for anything else. */
function textOf(value: unknown): string {
  if (typeof value !== 'string') return '';
  return [...value.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').trim()].slice(0, MAX_CHARS).join('');
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function rolesOf(claims: Claims, config: FederationConfig): readonly string[] {
  const given = textsOf(claims[config.claims.roles]).flatMap((value) =>
    Object.hasOwn(config.roles, value) ? (config.roles[value] as readonly string[]) : [],
  );
  return [...new Set([...config.defaultRoles, ...given])];
}

/** Safety: methods of a provider that is not trusted are left out, because APIs count them, too. */
function methodsOf(claims: Claims, { trustMfa }: FederationConfig): readonly string[] {
  const known = textsOf(claims.amr).filter((method) => /^[a-z0-9_-]{1,16}$/.test(method));
  const others = known.filter((method) => method !== 'pwd' && method !== 'mfa').slice(0, MAX_METHODS);
  return trustMfa ? ['fed', ...others, ...(known.includes('mfa') ? ['mfa'] : [])] : ['fed'];
}

/** What is taken over of the claims of a provider. */
export function accountFacts(claims: Claims, config: FederationConfig): AccountFacts {
  const { department, clearance, tenant } = config.claims;
  const of = (claim: string | undefined): string => (claim === undefined ? '' : textOf(claims[claim]));
  const email = textOf(claims.email);
  return {
    subject: String(claims.sub),
    displayName: textOf(claims.name) || textOf(claims.preferred_username) || email,
    email,
    isEmailVerified: email !== '' && claims.email_verified === true,
    roles: rolesOf(claims, config),
    attributes: { department: of(department), clearance: of(clearance), tenant: of(tenant) },
    amr: methodsOf(claims, config),
  };
}

/** Whether somebody with these facts may sign in: by the domain of an e-mail address that the provider verified. */
export function isAllowed(
  { email, isEmailVerified }: Pick<AccountFacts, 'email' | 'isEmailVerified'>,
  domains: readonly string[],
): boolean {
  if (domains.length === 0) return true;
  const at = email.lastIndexOf('@');
  return isEmailVerified && at > 0 && domains.includes(email.slice(at + 1).toLowerCase());
}
