import { isMainThread } from 'node:worker_threads';
import type { AdaptiveActions } from '../../core/adaptive-actions.ts';
import type { UsageStore } from '../../core/key-usage.ts';
import type { LimitActivityStore } from '../../core/limit-activity.ts';
import type { LimitExceptionStore } from '../../core/limit-exceptions.ts';
import type { NoticeStore } from '../../core/notices.ts';
import type { ArtifactStore, OauthClientStore, OauthKeyStore } from '../../core/oauth-records.ts';
import type { Clock } from '../../core/ports.ts';
import type { DecisionStore, KeyStore } from '../../core/records.ts';
import type { SharedRecords } from '../../core/shared-records.ts';
import type { TokenRevocationStore } from '../../core/token-revocations.ts';
import type { UserStore } from '../../core/users.ts';
import type { WafStores } from '../../core/waf-records.ts';
import { DAY_MS } from '../../lib/time/day.ts';
import { sqlAdaptiveActions } from './adaptive-action-store.ts';
import type { Connection } from './connection.ts';
import { type DecisionBounds, sqlDecisionStore } from './decision-store.ts';
import { sqlKeyStore } from './key-store.ts';
import { sqlLimitActivityStore } from './limit-activity-store.ts';
import { sqlLimitExceptionStore } from './limit-exception-store.ts';
import type { StoreLocation } from './location.ts';
import { sqlSharedRecords } from './node-registry.ts';
import { sqlNoticeStore } from './notice-store.ts';
import { sqlArtifactStore } from './oauth-artifacts.ts';
import { sqlOauthClientStore } from './oauth-clients.ts';
import { sqlOauthKeyStore } from './oauth-keys.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite-file.ts';
import { sqlTokenRevocationStore } from './token-revocation-store.ts';
import { sqlUsageStore } from './usage-store.ts';
import { sqlUserStore } from './user-store.ts';
import { sqlBypassStore } from './waf-bypass-store.ts';
import { sqlRuleActivityStore } from './waf-rule-activity-store.ts';
import { sqlRuleStore } from './waf-rule-store.ts';

export interface DatabaseOptions {
  readonly location: StoreLocation;
  readonly clock: Clock;
  /** How long to wait for another process to let go of a file. */
  readonly busyTimeoutMs?: number;
  /** How many connections to a server there are at most. */
  readonly connections?: number;
  readonly decisions?: Partial<DecisionBounds>;
}

/** What the authorization server keeps. */
export interface OauthStores {
  readonly artifacts: ArtifactStore;
  readonly clients: OauthClientStore;
  readonly keys: OauthKeyStore;
}

/** The open database: a file that this process alone holds, or a server that several gateways share. */
export interface Database {
  /** How the database is named to people. */
  readonly name: string;
  readonly keys: KeyStore;
  readonly usage: UsageStore;
  readonly decisions: DecisionStore;
  readonly limitActivity: LimitActivityStore;
  readonly notices: NoticeStore;
  readonly users: UserStore;
  readonly oauth: OauthStores;
  readonly revocations: TokenRevocationStore;
  readonly adaptive: AdaptiveActions;
  readonly limitExceptions: LimitExceptionStore;
  readonly waf: WafStores;
  /** What gateways know of each other; null for a file, which one gateway has for itself. */
  readonly shared: SharedRecords | null;
  close(): Promise<void>;
}

const DEFAULT_BOUNDS: DecisionBounds = { maxCount: 100_000, maxAgeMs: 30 * DAY_MS };
const BUSY_MS = 2_000;
const CONNECTIONS = 8;

/**
 * Opens the database and brings its schema up to date.
 *
 * Errors: Unavailable with a sentence that names the database, what is wrong with it and what to do.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (!isMainThread) throw new Error('The database is opened in the main thread only.');
  const { location, clock, busyTimeoutMs = BUSY_MS, connections = CONNECTIONS } = options;
  if (location.kind === 'sqlite') {
    const file = await openSqlite(location.path, busyTimeoutMs, clock.nowMs());
    return { ...storesOn(file, options), shared: null, close: file.close };
  }
  const { records, watch } = await openPostgres(location.address, connections, clock.nowMs());
  return {
    ...storesOn(records, options),
    shared: sqlSharedRecords(watch),
    close: async () => {
      await Promise.all([records.close(), watch.close()]);
    },
  };
}

function storesOn(open: Connection, options: DatabaseOptions): Omit<Database, 'shared' | 'close'> {
  return {
    name: open.name,
    keys: sqlKeyStore(open),
    usage: sqlUsageStore(open),
    decisions: sqlDecisionStore(open, { ...DEFAULT_BOUNDS, ...options.decisions }),
    limitActivity: sqlLimitActivityStore(open),
    notices: sqlNoticeStore(open),
    users: sqlUserStore(open),
    oauth: {
      artifacts: sqlArtifactStore(open),
      clients: sqlOauthClientStore(open),
      keys: sqlOauthKeyStore(open),
    },
    revocations: sqlTokenRevocationStore(open),
    adaptive: sqlAdaptiveActions(open),
    limitExceptions: sqlLimitExceptionStore(open),
    waf: {
      bypasses: sqlBypassStore(open),
      rules: sqlRuleStore(open),
      activity: sqlRuleActivityStore(open),
    },
  };
}
