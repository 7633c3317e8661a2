/** Something the authorization server gave out and must recognise: code, token, session, grant, interaction … */
export interface Artifact {
  /** Keyed hash of kind and identifier: whoever reads it cannot present the identifier. */
  readonly id: string;
  readonly kind: string;
  /** What belongs to it, sealed. */
  readonly payload: string;
  /** Keyed hash of the grant it belongs to; '' for none. */
  readonly grant: string;
  /** Keyed hash of another name that it is found by, such as a user code; '' for none. */
  readonly alias: string;
  /** Whose it is; '' for nobody's. */
  readonly account: string;
  readonly client: string;
  readonly expiresAtMs: number;
  /** 0 while it was not used. */
  readonly consumedAtMs: number;
}

/** What the authorization server gave out. Every method rejects with Unavailable when the store cannot be used. */
export interface ArtifactStore {
  /** Puts one in the place of what has its id; a use that is on record stays. */
  save(artifact: Artifact): Promise<void>;
  /** Saves one unless there is one of this id that has not expired; tells whether it did. One of several at once wins. */
  saveOnce(artifact: Artifact, nowMs: number): Promise<boolean>;
  /** Finds one, expired or not. */
  find(id: string): Promise<Artifact | null>;
  findByAlias(kind: string, alias: string): Promise<Artifact | null>;
  /** Marks one as used; tells whether this call did. One of several at once wins. */
  consume(id: string, nowMs: number): Promise<boolean>;
  delete(id: string): Promise<void>;
  /** Deletes everything of a grant, of one kind or ('') of all. */
  deleteGrant(kind: string, grant: string): Promise<void>;
  /** Deletes everything of an account, of one kind or ('') of all; tells how many. */
  deleteAccount(kind: string, account: string): Promise<number>;
  /** Deletes everything of a client; tells how many. */
  deleteClient(client: string): Promise<number>;
  /** Deletes some of what expired before; tells how many. */
  prune(beforeMs: number): Promise<number>;
}

export type ClientClass = 'internal' | 'partner' | 'public';

/** A secret as a salted hash. */
export interface ClientSecret {
  readonly salt: string;
  readonly hash: string;
  /** 0 does not expire. */
  readonly expiresAtMs: number;
}

/** A registered client. */
export interface OauthClient {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly class: ClientClass;
  /** How it authenticates at the token endpoint, as OpenID Connect names it. */
  readonly authMethod: string;
  /** The newest first. */
  readonly secrets: readonly ClientSecret[];
  /** Public keys (RFC 7517) as JSON text; '' for none. */
  readonly jwks: string;
  /** What the certificate of a `tls_client_auth` client is recognised by. */
  readonly certificate: { readonly field: string; readonly value: string } | null;
  readonly grantTypes: readonly string[];
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly scopes: readonly string[];
  /** Ids of resources; empty is every one. */
  readonly resources: readonly string[];
  readonly roles: readonly string[];
  readonly tier: string;
  /** Whether its tokens must be bound to a key by DPoP. */
  readonly dpopRequired: boolean;
  readonly parRequired: boolean;
  /** Whether it may ask about tokens of other clients (RFC 7662). */
  readonly mayIntrospect: boolean;
  readonly createdAtMs: number;
  /** 0 while it is enabled. */
  readonly disabledAtMs: number;
}

/** The registered clients. Every method rejects with Unavailable when the store cannot be used. */
export interface OauthClientStore {
  /** False when there is one of its id. */
  create(client: OauthClient): Promise<boolean>;
  /** The newest first. */
  list(): Promise<readonly OauthClient[]>;
  find(id: string): Promise<OauthClient | null>;
  /** Changes one, from what it is when the change takes effect; null when there is none of its id. */
  change(id: string, change: (client: OauthClient) => OauthClient): Promise<OauthClient | null>;
  /** Tells whether there was one. */
  delete(id: string): Promise<boolean>;
}

/** A key of the authorization server, sealed. */
export interface OauthKey {
  readonly purpose: 'sign' | 'cookie';
  /** Counts up from 1 for each purpose. */
  readonly generation: number;
  readonly kid: string;
  readonly sealed: string;
  readonly createdAtMs: number;
  /** From when it is used to sign. */
  readonly activeFromMs: number;
  /** When it is forgotten; 0 while that is not decided. */
  readonly expiresAtMs: number;
}

/** The keys of the authorization server. Every method rejects with Unavailable when the store cannot be used. */
export interface OauthKeyStore {
  /** By purpose, the oldest first. */
  list(): Promise<readonly OauthKey[]>;
  /** Adds one; false when there is one of its purpose and generation already: another gateway was first. */
  add(key: OauthKey): Promise<boolean>;
  /** Says when the older keys of a purpose are forgotten, where that is not decided. */
  expireBefore(purpose: OauthKey['purpose'], generation: number, expiresAtMs: number): Promise<void>;
  prune(nowMs: number): Promise<number>;
}

/** What may be shown of a signing key. */
export interface KeyReport {
  readonly kid: string;
  readonly state: 'signs' | 'next' | 'retired';
  readonly activeFromMs: number;
  /** 0 while that is not decided. */
  readonly expiresAtMs: number;
}
