import type { KeyObject } from 'node:crypto';
import type { Ip } from '../lib/ip/address.ts';
import type { AttackView, Strangers } from './attack.ts';
import type { Behaviours } from './behaviour.ts';
import type { LimitExceptions } from './limit-exceptions.ts';
import type { Counters, LimitScale, LimitStore, WindowLimits } from './limits.ts';
import type { Loads, ThreadLoad } from './load.ts';
import type { Logins } from './logins.ts';
import type { Notices } from './notices.ts';
import type { KeyGrant } from './principal.ts';
import type { RevokedTokens } from './token-revocations.ts';
import type { WafGovernance } from './waf.ts';

/** Wall-clock time; tests put a fake one in its place. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
}

/** Waits without holding a thread. */
export interface Timers {
  /** Resolves after a delay, never early and about a tenth of a second late at most. */
  after(delayMs: number): Promise<void>;
}

/** What a key is for: decides how it is replaced. */
export const KEY_KINDS = ['internal', 'partner', 'app', 'public'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** Where the gateway puts the successor that it makes by itself. */
export type KeyDelivery =
  /** Relative to the folder that the configuration allows. */
  | { readonly file: string }
  /** Name of a webhook of the configuration. */
  | { readonly webhook: string };

/** An API key as the store keeps it: the secret only as a salted hash. */
export interface ApiKeyRecord {
  /** Public id, part of the key. */
  readonly id: string;
  readonly name: string;
  /** The first eight characters of the key: all that may ever be shown. */
  readonly prefix: string;
  /** Per-key random salt and SHA-256 of salt followed by secret, both hexadecimal. */
  readonly salt: string;
  readonly hash: string;
  readonly owner: string;
  readonly kind: KeyKind;
  /** OAuth client that the key belongs to; '' when to none. */
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly tier: string;
  readonly grant: KeyGrant;
  /** How often the key may be used, beside the limits of tier and route; null when it has none of its own. */
  readonly limits: WindowLimits | null;
  readonly createdAtMs: number;
  /** 0 never expires. */
  readonly expiresAtMs: number;
  /** 0 while the key is active. */
  readonly revokedAtMs: number;
  /** The key that this one was made to replace; '' when none. */
  readonly predecessorId: string;
  /** The key that replaces this one; '' when none. */
  readonly successorId: string;
  /** When it got its successor; 0 when it has none. `expiresAtMs` is the end of the grace period then. */
  readonly rotatedAtMs: number;
  /** Days after which the gateway replaces the key by itself; 0 never. */
  readonly rotateEveryDays: number;
  /** When the gateway replaces the key, or tries it again; 0 never. */
  readonly nextRotationAtMs: number;
  readonly delivery: KeyDelivery | null;
}

/** The API keys this thread knows. */
export interface ApiKeys {
  find(id: string): ApiKeyRecord | null;
  /**
   * Why the keys must not be trusted now, as a sentence; '' when they may.
   *
   * Safety: a key may have been revoked, or made, since this thread last heard of the store: neither a yes nor a no is
   * known to be right then.
   */
  problem(): string;
}

/** A public key of an issuer, ready to verify with. */
export interface VerificationKey {
  readonly kid: string;
  /** The algorithm the key is bound to, or '' when its type alone decides. */
  readonly alg: string;
  readonly key: KeyObject;
}

/** The key sets of the configured issuers, kept fresh in the background. */
export interface KeySets {
  /** Keys an issuer's token may be signed with; all of its keys when `kid` is ''. Null while no set was ever loaded. */
  find(issuerId: string, kid: string): readonly VerificationKey[] | null;
  /** A number that grows whenever the keys of the issuer change: caches of verified tokens compare it. */
  version(issuerId: string): number;
  /** Why the keys of the issuer are not there, as a sentence; '' when they are. */
  problem(issuerId: string): string;
  /** Why the keys that are there could not be fetched again, as a sentence; '' when they could. */
  fetchProblem(issuerId: string): string;
  /**
   * Asks for a refetch because of an unknown `kid`. Resolves when the set was refetched, or at once when the
   * budget of refetches is spent. Never rejects.
   */
  refetch(issuerId: string, kid: string): Promise<void>;
}

/** Whether something may be used (again). `full` and `unavailable`: it cannot be told, so it must not be. */
export type ReplayVerdict = 'accepted' | 'replayed' | 'full' | 'unavailable';

/**
 * Remembers what was used, exactly across threads, and across nodes where they share a store.
 *
 * Shape: identifiers of different scopes never meet.
 * Cost: waits only where the memory is shared between nodes.
 * Safety: an entry that still matters is never forgotten for another: `full` is the answer then.
 */
export interface ReplayCache {
  /** Accepts an identifier once until `untilMs`, when it must have become useless by itself. */
  once(scope: string, id: string, untilMs: number): ReplayVerdict | Promise<ReplayVerdict>;
  /**
   * Accepts an identifier from one binding at a time: another one is refused until the identifier was not used for
   * `windowMs`, or `untilMs` has come.
   */
  bound(
    scope: string,
    id: string,
    binding: string,
    untilMs: number,
    windowMs: number,
  ): ReplayVerdict | Promise<ReplayVerdict>;
  /**
   * Takes back that an identifier was accepted by `once`: it was of no use after all, and may come again. When that
   * cannot be written down, the identifier stays used. Never rejects.
   */
  forget(scope: string, id: string): void | Promise<void>;
  /** Why the last verdict was `unavailable`, as a sentence. */
  readonly problem: string;
}

/** Nonces that the gateway gives out for DPoP proofs (RFC 9449, section 8); valid on every thread. */
export interface ProofNonces {
  /** The one to use from now on. */
  current(): string;
  /** Whether it was given out not long ago. */
  isValid(nonce: string): boolean;
}

/** What is to be found out about a certificate. */
export interface StatusQuestion {
  /** The certificate and the one of the authority that issued it, DER. */
  readonly certificate: Uint8Array;
  readonly issuer: Uint8Array;
  /** Address of the OCSP responder. */
  readonly responder: string;
  readonly nonce: boolean;
  readonly timeoutMs: number;
  readonly maxAgeS: number;
}

/** What is known about whether a certificate was revoked. */
export interface StatusAnswer {
  readonly status: 'good' | 'revoked' | 'unknown' | 'unavailable';
  /** Until when it counts, epoch milliseconds. */
  readonly untilMs: number;
  /** Why it is unavailable, as a sentence; else ''. */
  readonly problem: string;
}

/** Asks the responders of authorities about certificates. */
export interface CertificateStatuses {
  /** At once where the answer is known; never rejects. */
  ask(question: StatusQuestion): StatusAnswer | Promise<StatusAnswer>;
  /** A number that grows whenever something that was known is answered otherwise. */
  readonly version: number;
}

/** Which country an address belongs to. */
export interface Countries {
  /** ISO 3166-1 alpha-2, in capitals; '' for private and other special addresses, and where nobody knows. */
  find(ip: Ip): string;
}

/** How the gateway shows to an authorization server that it is the gateway. */
export interface ClientCredentials {
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
  readonly id: string;
  readonly secret: string;
  /** PEM; '' where the client has none. */
  readonly privateKey: string;
  /** `kid` of that key; '' for none. */
  readonly keyId: string;
}

/** An authorization server that answers what a token is (RFC 7662). */
export interface IntrospectionServer {
  /** Address of the introspection endpoint; '' when the metadata of the issuer tells. */
  readonly endpoint: string;
  /** The issuer whose metadata names the endpoint, and the audience of assertions; '' when it is not known. */
  readonly issuer: string;
  readonly client: ClientCredentials;
  readonly timeoutMs: number;
  /** Most calls of one thread under way, and in one second. */
  readonly maxCalls: number;
  readonly callsPerS: number;
}

/**
 * What an authorization server says of a token. `busy`: too many others are asked about; `unavailable`: it cannot be
 * asked, or does not answer in the way of RFC 7662.
 */
export type IntrospectionAnswer =
  | { readonly kind: 'active'; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly kind: 'inactive' }
  | { readonly kind: 'busy' | 'unavailable'; readonly problem: string };

/** Asks authorization servers about tokens. Remembers nothing about tokens. */
export interface TokenIntrospection {
  /** Never rejects. */
  introspect(server: IntrospectionServer, token: string): Promise<IntrospectionAnswer>;
}

/** Everything a stage may use of the outside world. */
export interface Ports {
  readonly clock: Clock;
  /** Counts in the memory of this gateway, whatever the configuration says of limits. */
  readonly counters: Counters;
  readonly limits: LimitStore;
  /** What makes limits smaller for a while; their shares multiply. */
  readonly limitScales: readonly LimitScale[];
  readonly attack: AttackView;
  readonly loads: Loads;
  readonly threadLoad: ThreadLoad;
  readonly strangers: Strangers;
  readonly limitExceptions: LimitExceptions;
  readonly apiKeys: ApiKeys;
  readonly keySets: KeySets;
  readonly notices: Notices;
  readonly replay: ReplayCache;
  readonly proofNonces: ProofNonces;
  readonly revokedTokens: RevokedTokens;
  readonly certificateStatuses: CertificateStatuses;
  readonly countries: Countries;
  readonly introspection: TokenIntrospection;
  readonly logins: Logins;
  readonly behaviours: Behaviours;
  readonly timers: Timers;
  readonly wafGovernance: WafGovernance;
}
