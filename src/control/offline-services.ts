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
  readonly graceHours: number;
  /** Waits for gateways elsewhere that use the same database. */
  awaitNodes(withinMs?: number): Promise<readonly NodeAcknowledgement[]>;
  readonly oauth: Pick<OauthControl, 'clients' | 'facts' | 'endClient'>;
  readonly journalPath: string;
  readonly configPath: string;
}

const SENTENCE = 'No gateway is running: start it with `portcullis run`.';

/** The services of operations that work on the database alone: keys, usage and recent requests. */
export function offlineServices(parts: OfflineParts): ControlServices {
  const needsGateway = (): never => {
    throw new Unavailable('gateway', SENTENCE);
  };
  const toNodes = async () => ({ slowestMs: 0, slowestThread: -1, nodes: await parts.awaitNodes() });
  return {
    clock: parts.clock,
    version: parts.version,
    keys: parts.keys,
    usage: parts.usage,
    decisions: parts.decisions,
    limitActivity: parts.limitActivity,
    notices: parts.notices,
    users: parts.users,
    limitExceptions: parts.limitExceptions,
    distributeExceptions: toNodes,
    waf: parts.waf,
    distributeBypasses: toNodes,
    distributeTrials: toNodes,
    revocations: parts.revocations,
    distributeRevocations: toNodes,
    passwordPolicy: () => parts.passwordPolicy,
    endSessions: parts.endSessions,
    keyDelivery: () => parts.keyDelivery,
    graceHours: () => parts.graceHours,
    attack: { start: needsGateway, stop: needsGateway, state: needsGateway },
    blockedAddresses: { list: needsGateway, unblock: needsGateway },
    adaptive: { actions: parts.adaptiveActions, report: needsGateway, accept: needsGateway },
    oauth: { ...parts.oauth, signingKeys: needsGateway, rotateSigningKeys: needsGateway },
    journalPath: () => parts.journalPath,
    status: () => statusOf(parts),
    // A gateway that starts later reads the keys from the database.
    distributeKeys: async (_, withinMs) => ({
      slowestMs: 0,
      slowestThread: -1,
      nodes: await parts.awaitNodes(withinMs),
    }),
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
