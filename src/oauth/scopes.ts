/** Scopes of OpenID Connect that every client may ask for, and the claims each gives. */
export const SCOPE_CLAIMS: Readonly<Record<string, readonly string[]>> = {
  openid: ['sub', 'acr', 'amr', 'auth_time'],
  profile: [
    'name',
    'given_name',
    'family_name',
    'preferred_username',
    'picture',
    'locale',
    'zoneinfo',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
};

export const OIDC_SCOPES: readonly string[] = [...Object.keys(SCOPE_CLAIMS), 'offline_access'];
