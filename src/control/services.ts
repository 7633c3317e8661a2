import type { AdaptiveAction, AdaptiveActions, AdaptiveClient } from '../core/adaptive-actions.ts';
import type { AttackFigures, AttackMode } from '../core/attack.ts';
import type { BlockedClients } from '../core/behaviour.ts';
import type { ConfigProblem } from '../core/errors.ts';
import type { UsageStore } from '../core/key-usage.ts';
import type { LimitActivityStore } from '../core/limit-activity.ts';
import type { LimitExceptionStore } from '../core/limit-exceptions.ts';
import type { BlockedAddresses } from '../core/logins.ts';
import type { Notice, NoticeRecord } from '../core/notices.ts';
import type { KeyReport, OauthClientStore } from '../core/oauth-records.ts';
import type { ApiKeyRecord, Clock } from '../core/ports.ts';
import type { DecisionStore, KeyStore } from '../core/records.ts';
import type { TokenRevocationStore } from '../core/token-revocations.ts';
import type { UserStore } from '../core/users.ts';
import type { RuleFacts } from '../core/waf.ts';
import type { WafStores } from '../core/waf-records.ts';
import type { HashCost } from '../lib/password/argon2.ts';
import type { DeliveryPlaces } from './key-delivery.ts';
import type { Operator } from './operators.ts';

/** One data-plane thread. */
export interface ThreadReport {
  readonly id: number;
  readonly state: 'starting' | 'running' | 'draining' | 'dead';
  /** How often the supervisor had to start it again. */
  readonly restarts: number;
}

/** The plan in force. */
export interface PlanReport {
  readonly version: number;
  readonly loadedAtMs: number;
  readonly apis: readonly string[];
  /** Ids of routes: `api`, or `api/endpoint`. */
  readonly endpoints: readonly string[];
  readonly tiers: readonly string[];
}

/** A gateway on the same database. */
export interface NodeView {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Number of the latest change of records that all its threads have applied. */
  readonly applied: number;
  /** Milliseconds since it was last heard of. */
  readonly beatAgeMs: number;
  readonly isSelf: boolean;
  readonly isSilent: boolean;
}

/** How one other gateway came to know of a change. */
export interface NodeAcknowledgement {
  readonly name: string;
  /**
   * `applied`: all its threads have it. `lease-ended`: it fell silent, and by now refuses what it would need the database
   * for. `pending`: it had neither when the time was up.
   */
  readonly state: 'applied' | 'lease-ended' | 'pending';
  /** Milliseconds until it was known. */
  readonly ms: number;
}

/** Who has acknowledged a change of records. */
export interface Distribution {
  /** Milliseconds of the slowest thread of this gateway, and its number; -1 where there is none. */
  readonly slowestMs: number;
  readonly slowestThread: number;
  /** The other gateways on the same database. */
  readonly nodes: readonly NodeAcknowledgement[];
}

/** Something of the configuration that ends by itself. */
export interface CertificateReport {
  readonly kind: 'server-certificate' | 'client-authority' | 'revocation-list';
  readonly name: string;
  /** Epoch milliseconds. */
  readonly untilMs: number;
}

/** A list of addresses or countries that are refused. */
export interface ListReport {
  readonly kind: 'reputation' | 'countries';
  readonly file: string;
  readonly entries: number;
  /** Epoch milliseconds. */
  readonly changedAtMs: number;
  readonly isStale: boolean;
}

export interface StatusReport {
  readonly startedAtMs: number;
  readonly threads: readonly ThreadReport[];
  /** Gateways that share the database, this one among them; empty where it has a database of its own. */
  readonly nodes: readonly NodeView[];
  /** Null while there is none, and without a gateway. */
  readonly plan: PlanReport | null;
  readonly configPath: string;
  /** Certificates, authorities and lists of the configuration that end by themselves, the first to end first. */
  readonly certificates: readonly CertificateReport[];
  /** Null without a gateway. */
  readonly attack: AttackFigures | null;
  readonly lists: readonly ListReport[];
  /** Sentences about what does not work now, such as a journal that cannot be written. */
  readonly problems: readonly string[];
}

export interface ReloadReport {
  /** The version in force after the reload; the old one when there were problems. */
  readonly planVersion: number;
  /** Empty when the new configuration is in force; otherwise nothing was swapped. */
  readonly problems: readonly ConfigProblem[];
}

/** The notices that were raised, and a way to raise one that is kept before it resolves. */
export interface NoticeBook {
  list(kind: string, limit: number): Promise<readonly NoticeRecord[]>;
  /** Errors: Unavailable when the database cannot be used. */
  record(notice: Notice): Promise<void>;
}

/** What is asked of passwords. */
export interface PasswordPolicy {
  readonly minChars: number;
  readonly cost: HashCost;
  /** Where people sign in: no good part of a password. */
  readonly place: string;
}

/** What the configuration says about the built-in authorization server. */
export interface OauthFacts {
  readonly issuer: string;
  readonly resources: readonly { readonly id: string; readonly scopes: readonly string[] }[];
}

/** What the admin operations may use of the built-in authorization server. */
export interface OauthControl {
  readonly clients: OauthClientStore;
  /** Null where the configuration has none, or nobody knows it. */
  facts(): OauthFacts | null;
  /** Ends everything that a client was given; tells how many. */
  endClient(id: string): Promise<number>;
  /** Errors: Unavailable where no server runs. */
  signingKeys(): Promise<readonly KeyReport[]>;
  /** Errors: Unavailable where no server runs. */
  rotateSigningKeys(now: boolean): Promise<readonly KeyReport[]>;
}

/** What adaptive limits know and do now. */
export interface AdaptiveReport {
  readonly mode: 'enforce' | 'observe' | 'off';
  /** Whether there is enough history to judge anybody. */
  readonly isReady: boolean;
  readonly clients: number;
  readonly windows: number;
  readonly active: readonly (AdaptiveAction & { readonly latestScore: number })[];
}

/** What the admin operations may use of adaptive limits. */
export interface AdaptiveControl {
  readonly actions: Pick<AdaptiveActions, 'list'>;
  /** Errors: Unavailable where no gateway runs. */
  report(): AdaptiveReport;
  /** Takes what a client does for its normal; false when nothing was known of it. Errors: as `report`. */
  accept(client: AdaptiveClient): Promise<boolean>;
}

/** How rules come into force. */
export interface RuleGovernance {
  readonly trialMs: number;
  /** Share of blocks that may be confirmed false positives. */
  readonly falsePositiveBudget: number;
}

/** What the admin operations may use of the gateway. */
export interface ControlServices {
  readonly clock: Clock;
  /** Version of Portcullis. */
  readonly version: string;
  readonly keys: KeyStore;
  readonly usage: UsageStore;
  readonly decisions: DecisionStore;
  readonly limitActivity: LimitActivityStore;
  readonly notices: NoticeBook;
  readonly users: UserStore;
  passwordPolicy(): PasswordPolicy;
  /** Ends what a user was given by the authorization server: sessions, grants, refresh tokens. */
  endSessions(userId: string): Promise<void>;
  /** Where successors of keys may be delivered to, by the configuration in force. */
  keyDelivery(): DeliveryPlaces;
  /** Hours that a replaced key still works unless the caller says otherwise. */
  graceHours(): number;
  readonly blockedAddresses: BlockedAddresses;
  readonly blockedClients: BlockedClients;
  readonly adaptive: AdaptiveControl;
  readonly attack: AttackMode;
  readonly oauth: OauthControl;
  /** Path of the journal file; '' when the journal goes elsewhere. */
  journalPath(): string;
  status(): StatusReport;
  reload(): Promise<ReloadReport>;
  /**
   * Gives changed keys to every thread of every gateway; resolves when all of them acknowledged or the time is up.
   *
   * Errors: Unavailable when it cannot even be known which gateways there are.
   */
  distributeKeys(records: readonly ApiKeyRecord[], withinMs?: number): Promise<Distribution>;
  readonly limitExceptions: LimitExceptionStore;
  /** Gives changed exceptions from limits to every thread of every gateway, as `distributeKeys` does. */
  distributeExceptions(ids: readonly string[]): Promise<Distribution>;
  readonly revocations: TokenRevocationStore;
  /** Gives changed revocations of tokens to every thread of every gateway, as `distributeKeys` does. */
  distributeRevocations(ids: readonly string[]): Promise<Distribution>;
  readonly waf: WafStores;
  /** People of the configuration who show with tokens who they are; empty where it names none. */
  operators(): readonly Operator[];
  /** The rules of the plan in force. Errors: Unavailable where no gateway runs. */
  wafRules(): readonly RuleFacts[];
  /** By the configuration in force. */
  ruleGovernance(): RuleGovernance;
  /** Gives changed bypasses of the WAF to every thread of every gateway, as `distributeKeys` does. */
  distributeBypasses(ids: readonly string[]): Promise<Distribution>;
  /** Tells every thread of every gateway about rules on trial, by the ids of their records. */
  distributeTrials(ids: readonly string[]): Promise<Distribution>;
  /** The resolved configuration without a secret in it. */
  redactedConfig(): unknown;
  /** Prometheus text. */
  metrics(): Promise<string>;
  /** '' while the main thread works, else a sentence. */
  live(): string;
  /** '' while requests are served, else a sentence. */
  ready(): string;
  /** '' once the gateway has started, else a sentence. */
  started(): string;
}
