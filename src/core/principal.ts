/** What an API key is limited to; an empty list limits nothing. */
export interface KeyGrant {
  readonly apis: readonly string[];
  readonly endpoints: readonly string[];
  readonly methods: readonly string[];
}

/** Who is asking, as authentication verified it. */
export class Principal {
  /** How the caller proved it. */
  readonly method: 'apiKey' | 'jwt';
  /** The user, service or key owner. */
  readonly subject: string;
  /** The credential itself: key id, or `jti`, or '' for a token without one. Never a secret. */
  readonly credentialId: string;
  readonly clientId: string;
  readonly issuer: string;
  readonly scopes: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  /** Rate limit tier, or '' when the credential names none. */
  readonly tier: string;
  readonly grant: KeyGrant | null;
  /** Identifies the caller to counters: the same for two tokens of one subject, different for two keys. */
  readonly counterKey: string;

  constructor(fields: Omit<Principal, never>) {
    this.method = fields.method;
    this.subject = fields.subject;
    this.credentialId = fields.credentialId;
    this.clientId = fields.clientId;
    this.issuer = fields.issuer;
    this.scopes = fields.scopes;
    this.roles = fields.roles;
    this.tier = fields.tier;
    this.grant = fields.grant;
    this.counterKey = fields.counterKey;
  }
}
