import type { ClientClass } from './oauth-records.ts';

export const AUTHORIZATION_CODE = 'authorization_code';
export const CLIENT_CREDENTIALS = 'client_credentials';
export const REFRESH_TOKEN = 'refresh_token';
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

export const GRANT_TYPES = [AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN, DEVICE_CODE] as const;

export const SECRET_METHODS: readonly string[] = ['client_secret_basic', 'client_secret_post'];
export const CERTIFICATE_METHODS: readonly string[] = ['tls_client_auth', 'self_signed_tls_client_auth'];
export const AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const;

/** What clients of a class may do. */
export interface ClassRules {
  /** The first is the default. */
  readonly authMethods: readonly string[];
  readonly grantTypes: readonly string[];
  /** Grant types of a client that names none. */
  readonly defaultGrants: readonly string[];
  /** Whether redirect URIs may have the private scheme of an app. */
  readonly nativeApps: boolean;
}

/** THE TABLE of the classes of clients. */
export const CLIENT_CLASSES: Readonly<Record<ClientClass, ClassRules>> = {
  // Services and applications of the company itself: they keep a secret or a key.
  internal: {
    authMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', ...CERTIFICATE_METHODS],
    grantTypes: GRANT_TYPES,
    defaultGrants: [CLIENT_CREDENTIALS],
    nativeApps: false,
  },
  // Applications of other companies: they show a certificate, and their tokens are bound to it.
  partner: {
    authMethods: CERTIFICATE_METHODS,
    grantTypes: [CLIENT_CREDENTIALS, AUTHORIZATION_CODE, REFRESH_TOKEN],
    defaultGrants: [CLIENT_CREDENTIALS],
    nativeApps: false,
  },
  // What runs in browsers, phones and televisions: nothing in it is secret, so it never speaks for itself.
  public: {
    authMethods: ['none'],
    grantTypes: [AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE],
    defaultGrants: [AUTHORIZATION_CODE, REFRESH_TOKEN],
    nativeApps: true,
  },
};
