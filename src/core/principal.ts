import type { WindowLimits } from './limits.ts';

/** What an API key is limited to; an empty list limits nothing. */
export interface KeyGrant {
  readonly apis: readonly string[];
  readonly endpoints: readonly string[];
  readonly methods: readonly string[];
  /** ISO 3166-1 alpha-2, in capitals. */
  readonly countries: readonly string[];
}

/** The ways to prove who is asking. */
export type AuthenticationMethod = 'apiKey' | 'jwt' | 'introspection' | 'mtls' | 'webhook';

/** `user` is a person, `client` an application that speaks for itself, `service` a machine with a certificate. */
export type PrincipalType = 'user' | 'client' | 'service' | 'key' | 'webhook';

/** What is known of a caller beside name and rights; '' and empty where the credential does not say. */
export interface PrincipalAttributes {
  /** Whether more than one factor was used. */
  readonly mfa: boolean;
  /** Authentication context class (OpenID Connect Core, section 2). */
  readonly acr: string;
  /** Authentication methods (RFC 8176). */
  readonly amr: readonly string[];
  readonly department: string;
  readonly clearance: string;
  readonly tenant: string;
}

/** No claims are kept. */
export const NO_CLAIMS: ReadonlyMap<string, string> = new Map();

export const NO_ATTRIBUTES: PrincipalAttributes = {
  mfa: false,
  acr: '',
  amr: [],
  department: '',
  clearance: '',
  tenant: '',
};

/** What not every credential has. */
interface Optional {
  readonly keyLimits?: WindowLimits | null;
  readonly claims?: ReadonlyMap<string, string>;
}

/** Who is asking, as authentication verified it. */
export class Principal {
  readonly type: PrincipalType;
  /** How the caller proved it; of several credentials, the one that gave subject and rights. */
  readonly method: AuthenticationMethod;
  /** Every method that the caller proved it by, with `+` between. */
  readonly methods: string;
  /** The user, service or key owner. */
  readonly subject: string;
  /** The credential itself: key id, or `jti`, or '' for a token without one. Never a secret. */
  readonly credentialId: string;
  /** Id of the API key among the credentials; '' when there is none. */
  readonly keyId: string;
  readonly clientId: string;
  readonly issuer: string;
  readonly scopes: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  readonly attributes: PrincipalAttributes;
  /** Claims of verified tokens that a route asks for, by the name or pointer it asks with; text of at most 256 characters. */
  readonly claims: ReadonlyMap<string, string>;
  /** Rate limit tier, or '' when the credential names none. */
  readonly tier: string;
  readonly grant: KeyGrant | null;
  /** How often the key among the credentials may be used, beside all other limits; null where it has none of its own. */
  readonly keyLimits: WindowLimits | null;
  /** Identifies the caller to counters: the same for two tokens of one subject, different for two keys. */
  readonly counterKey: string;

  constructor(fields: Omit<Principal, keyof Optional> & Optional) {
    this.type = fields.type;
    this.method = fields.method;
    this.methods = fields.methods;
    this.subject = fields.subject;
    this.credentialId = fields.credentialId;
    this.keyId = fields.keyId;
    this.clientId = fields.clientId;
    this.issuer = fields.issuer;
    this.scopes = fields.scopes;
    this.roles = fields.roles;
    this.attributes = fields.attributes;
    this.claims = fields.claims ?? NO_CLAIMS;
    this.tier = fields.tier;
    this.grant = fields.grant;
    this.keyLimits = fields.keyLimits ?? null;
    this.counterKey = fields.counterKey;
  }
}

/** Whether a method is among those that a caller proved to be one by. */
export function provesBy(methods: string, method: AuthenticationMethod): boolean {
  return methods.split('+').includes(method);
}
