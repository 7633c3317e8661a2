import { accessListAges } from '../config/access-lists.ts';
import { datedFiles } from '../config/certificate-dates.ts';
import { type GatewayConfig, routeIds } from '../config/config.ts';
import type { DeliveryPlaces } from '../control/key-delivery.ts';
import { aggregate, type MetricsLedger } from '../control/metrics.ts';
import { passwordPolicyOf } from '../control/password-policy.ts';
import { ruleGovernanceOf } from '../control/rule-governance.ts';
import type { AdaptiveControl, ControlServices, ReloadReport, StatusReport } from '../control/services.ts';
import type { AttackMode } from '../core/attack.ts';
import type { Clock } from '../core/ports.ts';
import { openBlockedAddresses } from '../stores/shared/blocked-addresses.ts';
import { openBlockedClients } from '../stores/shared/blocked-clients.ts';
import type { Database } from '../stores/sql/open-database.ts';
import { VERSION } from '../version.ts';
import type { GatewayState } from './gateway-state.ts';
import type { NoticeBoard } from './notice-board.ts';
import type { OauthService } from './oauth-service.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { SharedTables } from './shared-tables.ts';
import type { StandingProblems } from './standing-problems.ts';
import type { Supervisor } from './supervisor.ts';

/** What the admin operations work on. */
export interface ControlParts {
  readonly clock: Clock;
  readonly database: Database;
  readonly supervisor: Supervisor;
  readonly notices: NoticeBoard;
  readonly tables: SharedTables;
  readonly adaptive: AdaptiveControl;
  readonly attack: AttackMode;
  readonly oauth: OauthService;
  readonly ledger: MetricsLedger;
  readonly problems: StandingProblems;
  readonly records: RecordKeeper;
  /** Path of the configuration file; '' when there is none. */
  readonly configPath: string;
  readonly startedAtMs: number;
  reload(): Promise<ReloadReport>;
}

/** Makes what the admin operations may use of a running gateway. */
export function controlServices(state: GatewayState, parts: ControlParts): ControlServices {
  const { clock, database } = parts;
  const { keys, usage, decisions, limitActivity, users } = database;
  return {
    clock,
    version: VERSION,
    keys,
    usage,
    decisions,
    limitActivity,
    users,
    passwordPolicy: () => passwordPolicyOf(state.loaded.config),
    endSessions: async (userId) => void (await database.oauth.artifacts.deleteAccount('', userId)),
    keyDelivery: () => deliveryPlaces(state.loaded.config),
    graceHours: () => state.loaded.config.keys.graceHours,
    blockedAddresses: openBlockedAddresses(parts.tables.logins),
    blockedClients: openBlockedClients(parts.tables.behaviours),
    adaptive: parts.adaptive,
    attack: parts.attack,
    notices: { list: database.notices.list, record: (notice) => parts.notices.record(notice) },
    oauth: parts.oauth.control(() => state.loaded.config),
    journalPath: () => state.loaded.config.journal.path,
    status: () => statusOf(state, parts),
    reload: () => parts.reload(),
    limitExceptions: database.limitExceptions,
    distributeExceptions: (ids) => parts.records.distributeExceptions(ids),
    ...wafServices(state, parts),
    revocations: database.revocations,
    distributeRevocations: (ids) => parts.records.distributeRevocations(ids),
    distributeKeys: (records, withinMs) => parts.records.distributeKeys(records, withinMs),
    redactedConfig: () => state.loaded.redacted,
    metrics: () => metricsOf(state, parts),
    live: () => '',
    ready: () => readiness(state, parts),
    started: () => (state.phase === 'starting' ? 'The gateway is starting.' : ''),
  };
}

function wafServices(state: GatewayState, { database, records }: ControlParts) {
  return {
    waf: database.waf,
    operators: () => state.loaded.config.governance.operators,
    ruleGovernance: () => ruleGovernanceOf(state.loaded.config.governance),
    wafRules: () => state.loaded.rules,
    distributeBypasses: (ids: readonly string[]) => records.distributeBypasses(ids),
    distributeTrials: (ids: readonly string[]) => records.distributeTrials(ids),
  };
}

/** Where the successors of keys may be delivered to. */
export function deliveryPlaces({ keys, notices }: GatewayConfig): DeliveryPlaces {
  return { folder: keys.deliveryFolder, webhooks: notices.webhooks.map(({ name }) => name) };
}

function statusOf(
  state: GatewayState,
  { clock, supervisor, records, attack, problems, configPath, startedAtMs }: ControlParts,
): StatusReport {
  const { config, material, readAtMs } = state.loaded;
  return {
    startedAtMs,
    threads: supervisor.reports,
    nodes: records.nodes,
    plan: {
      version: state.plan.version,
      loadedAtMs: readAtMs,
      apis: config.apis.filter(({ isBuiltIn }) => !isBuiltIn).map(({ id }) => id),
      endpoints: routeIds(config),
      tiers: [...config.tiers.keys()],
    },
    configPath,
    certificates: datedFiles(config, material),
    attack: attack.state(),
    lists: accessListAges(config, material, clock.nowMs()),
    problems: problems.all,
  };
}

async function metricsOf(
  state: GatewayState,
  { supervisor, records, attack, ledger, startedAtMs }: ControlParts,
): Promise<string> {
  for (const { thread, snapshot } of await supervisor.metrics()) ledger.put(thread, snapshot);
  return aggregate(ledger.snapshots(), {
    version: VERSION,
    threads: supervisor.running,
    planVersion: state.plan.version,
    reloadsOk: state.reloads.ok,
    reloadsFailed: state.reloads.failed,
    isAttackModeOn: attack.state().isOn,
    startedAtMs,
    shared: sharedFacts(records),
  });
}

function sharedFacts({ nodes, staleS }: RecordKeeper) {
  if (staleS === null) return null;
  return { nodes: nodes.length, silentNodes: nodes.filter(({ isSilent }) => isSilent).length, staleS };
}

function readiness({ phase, loaded }: GatewayState, { supervisor, problems }: ControlParts): string {
  if (phase === 'starting') return 'The gateway is starting.';
  if (phase === 'stopping') return 'The gateway is stopping.';
  if (supervisor.running === 0) return 'No data-plane thread is running.';
  // Where requests go on without a journal, the gateway serves as the operator wants it to.
  return loaded.config.journal.onFailure === 'refuse' ? problems.first('journal') : '';
}
