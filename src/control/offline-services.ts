import type { AdaptiveActions } from '../core/adaptive-actions.ts';
import { Unavailable } from '../core/errors.ts';
import type { UsageStore } from '../core/key-usage.ts';
import type { LimitActivityStore } from '../core/limit-activity.ts';
import type { LimitExceptionStore } from '../core/limit-exceptions.ts';
import type { Clock } from '../core/ports.ts';
import type { DecisionStore, KeyStore } from '../core/records.ts';
import type { TokenRevocationStore } from '../core/token-revocations.ts';
import type { UserStore } from '../core/users.ts';
import type { WafStores } from '../core/waf-records.ts';
import type { DeliveryPlaces } from './key-delivery.ts';
import { type GovernanceSettings, ruleGovernanceOf } from './rule-governance.ts';
import type {
  ControlServices,
  NodeAcknowledgement,
  NoticeBook,
  OauthControl,
  PasswordPolicy,
  StatusReport,
} from './services.ts';

/** What the command line brings along where no gateway runs. */
export interface OfflineParts {
  readonly clock: Clock;
  readonly version: string;
  readonly keys: KeyStore;
  readonly usage: UsageStore;
  readonly decisions: DecisionStore;
  readonly limitActivity: LimitActivityStore;
  readonly adaptiveActions: AdaptiveActions;
  readonly notices: NoticeBook;
  readonly users: UserStore;
  readonly revocations: TokenRevocationStore;
  readonly limitExceptions: LimitExceptionStore;
  readonly waf: WafStores;
  readonly passwordPolicy: PasswordPolicy;
  readonly endSessions: (userId: string) => Promise<void>;
  readonly keyDelivery: DeliveryPlaces;
  readonly governance: GovernanceSettings;
  readonly graceHours: number;
  /** Waits for gateways elsewhere that use the same database. */
  awaitNodes(withinMs?: number): Promise<readonly NodeAcknowledgement[]>;
  readonly oauth: Pick<OauthControl, 'clients' | 'facts' | 'endClient'>;
  readonly journalPath: string;
  readonly configPath: string;
}

const SENTENCE = 'No gateway is running: start it with `portcullis run`.';

/** What is kept, and how gateways elsewhere learn of a change: one that starts later reads it from the database. */
function recordServices(parts: OfflineParts) {
  const toNodes = async (_: unknown, withinMs?: number) => ({
    slowestMs: 0,
    slowestThread: -1,
    nodes: await parts.awaitNodes(withinMs),
  });
  const { keys, usage, decisions, limitActivity, notices, users, limitExceptions, revocations, waf } = parts;
  return {
    ...{ keys, usage, decisions, limitActivity, notices, users, limitExceptions, revocations, waf },
    distributeKeys: toNodes,
    distributeExceptions: (ids: readonly string[]) => toNodes(ids),
    distributeRevocations: (ids: readonly string[]) => toNodes(ids),
    distributeBypasses: (ids: readonly string[]) => toNodes(ids),
    distributeTrials: (ids: readonly string[]) => toNodes(ids),
  };
}

/** The services of operations that work on the database alone: keys, usage and recent requests. */
export function offlineServices(parts: OfflineParts): ControlServices {
  const needsGateway = (): never => {
    throw new Unavailable('gateway', SENTENCE);
  };
  return {
    ...recordServices(parts),
    clock: parts.clock,
    version: parts.version,
    passwordPolicy: () => parts.passwordPolicy,
    endSessions: parts.endSessions,
    keyDelivery: () => parts.keyDelivery,
    graceHours: () => parts.graceHours,
    attack: { start: needsGateway, stop: needsGateway, state: needsGateway },
    blockedAddresses: { list: needsGateway, unblock: needsGateway },
    blockedClients: { list: needsGateway, unblock: needsGateway },
    adaptive: { actions: parts.adaptiveActions, report: needsGateway, accept: needsGateway },
    oauth: { ...parts.oauth, signingKeys: needsGateway, rotateSigningKeys: needsGateway },
    operators: () => parts.governance.operators,
    ruleGovernance: () => ruleGovernanceOf(parts.governance),
    wafRules: needsGateway,
    journalPath: () => parts.journalPath,
    status: () => statusOf(parts),
    reload: async () => needsGateway(),
    redactedConfig: needsGateway,
    metrics: async () => needsGateway(),
    live: () => SENTENCE,
    ready: () => SENTENCE,
    started: () => SENTENCE,
  };
}

/** What there is to say of a gateway that does not run. */
function statusOf({ clock, configPath }: OfflineParts): StatusReport {
  const nothing = { threads: [], nodes: [], plan: null, certificates: [], lists: [], attack: null };
  return { ...nothing, startedAtMs: clock.nowMs(), configPath, problems: [SENTENCE] };
}
