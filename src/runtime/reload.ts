import type { ReloadReport } from '../control/services.ts';
import { ConfigError, type ConfigProblem } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { HealthChecks } from '../proxy/health-checks.ts';
import type { JwksFetcher } from '../stores/keysets/fetcher.ts';
import { type ConfigSource, type FileWatcher, type LoadedConfig, loadFrom } from './config-source.ts';
import { fixedProblems } from './fixed-settings.ts';
import { assignPortsOrExplain } from './free-port.ts';
import type { Log } from './gateway-log.ts';
import type { GatewayState } from './gateway-state.ts';
import type { OauthService } from './oauth-service.ts';
import { externalIssuers, healthSettings, isSameAddress, planDocument } from './plan-document.ts';
import type { RuleBook } from './rule-book.ts';
import type { StandingProblems } from './standing-problems.ts';
import type { Supervisor } from './supervisor.ts';

/** What a reload changes, beside the state. */
export interface ReloadParts {
  readonly source: ConfigSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly supervisor: Supervisor;
  readonly fetcher: JwksFetcher;
  readonly health: HealthChecks;
  readonly watcher: FileWatcher;
  readonly problems: StandingProblems;
  readonly oauth: OauthService;
  readonly rules: RuleBook;
}

/**
 * Loads, compiles and swaps; what is in force stays there when anything is wrong.
 *
 * Safety: one at a time; nothing that requests see changes before every thread is ready for all of it.
 */
export async function reloadPlan(state: GatewayState, parts: ReloadParts): Promise<ReloadReport> {
  try {
    await parts.watcher.mark();
    const loaded = loadFrom(parts.source, parts.clock.nowMs());
    const problems = await bringIntoForce(loaded, state, parts);
    if (problems.length > 0) throw new ConfigError(problems.map((problem) => loaded.place(problem)));
    await settle(loaded, parts);
    const { version } = state.plan;
    state.reloads.ok++;
    parts.problems.set('config', '', '');
    parts.log('info', `Plan ${version} is in force.`);
    return { planVersion: version, problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return refuse(error.problems, state, parts);
  }
}

/** Returns the problems that keep a configuration from coming into force; empty when it is in force. */
async function bringIntoForce(
  loaded: LoadedConfig,
  state: GatewayState,
  { supervisor, fetcher, oauth, rules }: ReloadParts,
): Promise<readonly ConfigProblem[]> {
  const before = state.loaded.config;
  const fixed = fixedProblems(before, loaded.config);
  if (fixed.length > 0) return fixed;
  const ports = await assignPortsOrExplain(loaded.config.listeners, state.plan.ports, (listener) =>
    isSameAddress(listener, before.listeners),
  );
  const plan = planDocument(state.plan.version + 1, loaded, ports, state.plan.oauth);
  await rules.registerOf(loaded);
  const issuers = await fetcher.prepare(externalIssuers(loaded.config));
  const problems = await supervisor.swap(plan, () => {
    state.plan = plan;
    state.loaded = loaded;
    issuers.commit();
    oauth.configure(loaded);
  });
  if (problems.length > 0) issuers.discard();
  return problems;
}

/** What follows a configuration that is in force. */
async function settle(loaded: LoadedConfig, { fetcher, health, watcher }: ReloadParts): Promise<void> {
  await fetcher.rereadFiles();
  health.update(healthSettings(loaded));
  await watcher.watch(loaded.files, loaded.readAtMs);
}

function refuse(problems: readonly ConfigProblem[], state: GatewayState, parts: ReloadParts): ReloadReport {
  const planVersion = state.plan.version;
  state.reloads.failed++;
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  parts.problems.set('config', '', `The configuration was changed and has ${count}.`);
  parts.log('error', `The configuration has mistakes; plan ${planVersion} stays in force.`, { problems });
  return { planVersion, problems };
}
