import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { GatewayConfig, ListenerConfig } from './config/config.ts';
import { type AdminListener, openAdminListener } from './control/admin-listener.ts';
import { aggregate, MetricsLedger } from './control/metrics.ts';
import type { ControlServices, ReloadReport, StatusReport } from './control/services.ts';
import { type AdminToken, loadAdminToken } from './control/token.ts';
import { ConfigError } from './core/errors.ts';
import type { ApiKeyRecord } from './core/ports.ts';
import { HealthChecks, type HealthSettings } from './proxy/health-checks.ts';
import { type ConfigSource, FileWatcher, type LoadedConfig, loadFrom } from './runtime/config-source.ts';
import { assignPorts, assignPortsOrExplain } from './runtime/free-port.ts';
import { JournalRotation } from './runtime/journal-rotation.ts';
import type { HealthChange, PlanDocument, ThreadData } from './runtime/messages.ts';
import { Supervisor } from './runtime/supervisor.ts';
import type { ThreadHandle, ThreadNews } from './runtime/thread-handle.ts';
import { fetchText } from './stores/keysets/fetch-text.ts';
import { JwksFetcher } from './stores/keysets/fetcher.ts';
import { timers } from './stores/keysets/scheduler.ts';
import { createCounterTable } from './stores/shared/counter-table.ts';
import { type Database, openDatabase } from './stores/sqlite/open-database.ts';
import { VERSION } from './version.ts';

export type LogLevel = 'info' | 'warn' | 'error';

export interface GatewayOptions {
  /** A file, watched for changes; or a document held in memory with the folder its paths are relative to. */
  readonly source: ConfigSource;
  /** Takes one event of the gateway itself; requests are in the journal. */
  readonly log: (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;
}

export interface Gateway {
  /** Ports by listener name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly admin: { readonly url: string; readonly tokenPath: string };
  readonly services: ControlServices;
  reload(): Promise<ReloadReport>;
  /** Lets requests under way finish, then stops everything. */
  close(): Promise<void>;
}

const PRUNE_MS = 5_000;
const TICKET_KEY_BYTES = 48;
const clock = { nowMs: () => Date.now() };

/** Settings that a running gateway cannot change. */
const FIXED: readonly (readonly [pointer: string, of: (config: GatewayConfig) => unknown])[] = [
  ['/threads', (config) => config.threads],
  ['/dataDir', (config) => config.dataDir],
  ['/admin', (config) => config.admin],
  ['/store', (config) => config.store],
  ['/counters', (config) => config.counters],
  ['/journal', (config) => config.journal],
];

function fixedProblems(before: GatewayConfig, after: GatewayConfig): ConfigError | null {
  const problems = FIXED.filter(([, of]) => JSON.stringify(of(before)) !== JSON.stringify(of(after))).map(
    ([pointer]) => ({ pointer, message: 'This cannot change while the gateway runs: restart it.' }),
  );
  return problems.length === 0 ? null : new ConfigError(problems);
}

function healthSettings(loaded: LoadedConfig): HealthSettings[] {
  return loaded.config.apis.flatMap(({ id, upstream }) =>
    upstream.health === undefined
      ? []
      : [
          {
            ...upstream.health,
            upstream: id,
            targets: upstream.targets,
            tls: loaded.material.upstreams[id] ?? null,
          },
        ],
  );
}

/** The control plane and supervisor: everything that runs once per process. */
class RunningGateway implements Gateway, ControlServices {
  readonly clock = clock;
  readonly version = VERSION;
  readonly keys: Database['keys'];
  readonly usage: Database['usage'];
  readonly decisions: Database['decisions'];
  readonly #options: GatewayOptions;
  readonly #database: Database;
  readonly #token: AdminToken;
  readonly #startedAtMs = clock.nowMs();
  readonly #counters: SharedArrayBuffer;
  readonly #ticketKeys = randomBytes(TICKET_KEY_BYTES);
  readonly #supervisor: Supervisor;
  readonly #fetcher: JwksFetcher;
  readonly #health: HealthChecks;
  readonly #watcher: FileWatcher;
  readonly #rotation: JournalRotation;
  readonly #ledger = new MetricsLedger();
  readonly #apiKeys = new Map<string, ApiKeyRecord>();
  readonly #unhealthy = new Map<string, HealthChange>();
  readonly #problems = new Map<string, string>();
  #pruner: NodeJS.Timeout | null = null;
  #loaded: LoadedConfig;
  #plan: PlanDocument;
  #loadedAtMs = clock.nowMs();
  #adminListener: AdminListener | null = null;
  #reloads = { ok: 0, failed: 0 };
  #isStarted = false;
  #isClosing = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    options: GatewayOptions,
    loaded: LoadedConfig,
    ports: Record<string, number>,
    database: Database,
  ) {
    const { config } = loaded;
    this.#options = options;
    this.#loaded = loaded;
    this.#plan = planDocument(1, loaded, ports);
    this.#database = database;
    this.keys = database.keys;
    this.usage = database.usage;
    this.decisions = database.decisions;
    this.#token = loadAdminToken(config.dataDir);
    this.#counters = createCounterTable({ clients: config.counters.clients });
    this.#rotation = new JournalRotation(
      config.journal.path,
      config.journal.maxBytes,
      config.journal.keepFiles,
    );
    this.#health = new HealthChecks((...change) => this.#healthChanged(...change));
    this.#watcher = new FileWatcher(() => void this.#reloadChanged());
    this.#fetcher = new JwksFetcher({
      clock,
      scheduler: timers,
      fetchText,
      readFile: (path) => readFile(path, 'utf8'),
      random: Math.random,
      publish: (update) => this.#supervisor.broadcast({ type: 'keySet', update }),
    });
    this.#supervisor = new Supervisor({
      threads: config.threads,
      dataFor: (index) => this.#threadData(index),
      onNews: (thread, news) => this.#hear(thread, news),
      onRestart: (thread, delayMs) => {
        this.#ledger.retire(thread.id);
        this.#log('error', `Data-plane thread ${thread.index} ended; it starts again in ${delayMs} ms.`);
      },
    });
  }

  get ports(): Readonly<Record<string, number>> {
    return this.#plan.ports;
  }

  get admin(): Gateway['admin'] {
    return { url: this.#adminListener?.url ?? '', tokenPath: this.#token.path };
  }

  get services(): ControlServices {
    return this;
  }

  async start(): Promise<void> {
    for (const notice of this.#token.notices) this.#log('warn', notice);
    for (const record of await this.keys.list()) this.#apiKeys.set(record.id, record);
    const { config } = this.#loaded;
    this.#adminListener = await openAdminListener({
      host: config.admin.host,
      port: config.admin.port,
      token: this.#token.token,
      services: this,
      onBug: (error, requestId) =>
        this.#log('error', 'An admin operation failed.', { requestId, stack: stackOf(error) }),
    });
    await this.#fetcher.setIssuers(config.issuers);
    await this.#supervisor.start();
    this.#health.update(healthSettings(this.#loaded));
    if ('path' in this.#options.source) await this.#watcher.watch(this.#loaded.files);
    this.#pruner = setInterval(() => void this.#prune(), PRUNE_MS);
    this.#pruner.unref();
    this.#isStarted = true;
  }

  reload(): Promise<ReloadReport> {
    const result = this.#turn.then(() => this.#reload());
    this.#turn = result.catch(() => {});
    return result;
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#watcher.close();
    this.#health.close();
    this.#fetcher.close();
    if (this.#pruner !== null) clearInterval(this.#pruner);
    await this.#supervisor.drain(this.#loaded.config.limits.drainMs);
    await this.#adminListener?.close();
    await this.#database.close();
  }

  journalPath(): string {
    return this.#loaded.config.journal.path;
  }

  status(): StatusReport {
    const { config } = this.#loaded;
    return {
      startedAtMs: this.#startedAtMs,
      threads: this.#supervisor.reports,
      plan: {
        version: this.#plan.version,
        loadedAtMs: this.#loadedAtMs,
        apis: config.apis.map(({ id }) => id),
        tiers: [...config.tiers.keys()],
      },
      configPath: 'path' in this.#options.source ? this.#options.source.path : '',
      problems: [...this.#problems.values()],
    };
  }

  async distributeKeys(records: readonly ApiKeyRecord[]): Promise<{ slowestMs: number }> {
    for (const record of records) this.#apiKeys.set(record.id, record);
    return this.#supervisor.distributeKeys(records);
  }

  redactedConfig(): unknown {
    return this.#loaded.redacted;
  }

  async metrics(): Promise<string> {
    for (const { thread, snapshot } of await this.#supervisor.metrics()) this.#ledger.put(thread, snapshot);
    return aggregate(this.#ledger.snapshots(), {
      version: VERSION,
      threads: this.#supervisor.running,
      planVersion: this.#plan.version,
      reloadsOk: this.#reloads.ok,
      reloadsFailed: this.#reloads.failed,
      startedAtMs: this.#startedAtMs,
    });
  }

  live(): string {
    return '';
  }

  ready(): string {
    if (!this.#isStarted) return 'The gateway is starting.';
    if (this.#isClosing) return 'The gateway is stopping.';
    if (this.#supervisor.running === 0) return 'No data-plane thread is running.';
    return this.#problems.get('journal') ?? '';
  }

  started(): string {
    return this.#isStarted ? '' : 'The gateway is starting.';
  }

  #log(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    this.#options.log(level, message, fields);
  }

  #threadData(index: number): ThreadData {
    return {
      index,
      counters: this.#counters,
      ticketKeys: this.#ticketKeys,
      plan: this.#plan,
      apiKeys: [...this.#apiKeys.values()],
      keySets: this.#fetcher.updates,
      unhealthy: [...this.#unhealthy.values()],
    };
  }

  /** Loads, compiles and swaps; what is in force stays there when anything is wrong. */
  async #reload(): Promise<ReloadReport> {
    try {
      const loaded = loadFrom(this.#options.source, clock.nowMs());
      const fixed = fixedProblems(this.#loaded.config, loaded.config);
      if (fixed !== null) throw fixed;
      const ports = await assignPortsOrExplain(loaded.config.listeners, this.#plan.ports, (listener) =>
        isSameAddress(listener, this.#loaded.config.listeners),
      );
      const plan = planDocument(this.#plan.version + 1, loaded, ports);
      await this.#fetcher.setIssuers(loaded.config.issuers);
      await this.#fetcher.rereadFiles();
      const problems = await this.#supervisor.swap(plan, () => {
        this.#plan = plan;
        this.#loaded = loaded;
        this.#loadedAtMs = clock.nowMs();
      });
      if (problems.length > 0) throw new ConfigError(problems);
      this.#health.update(healthSettings(loaded));
      await this.#watcher.watch('path' in this.#options.source ? loaded.files : []);
      this.#reloads.ok++;
      this.#problems.delete('config');
      this.#log('info', `Plan ${plan.version} is in force.`);
      return { planVersion: plan.version, problems: [] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#reloads.failed++;
      this.#problems.set(
        'config',
        `The configuration was changed and has ${error.problems.length} mistakes.`,
      );
      this.#log('error', `The configuration has mistakes; plan ${this.#plan.version} stays in force.`, {
        problems: error.problems,
      });
      return { planVersion: this.#plan.version, problems: error.problems };
    }
  }

  async #reloadChanged(): Promise<void> {
    try {
      await this.reload();
    } catch (error) {
      this.#log('error', 'The reload failed.', { stack: stackOf(error) });
    }
  }

  #hear(thread: ThreadHandle, news: ThreadNews): void {
    switch (news.type) {
      case 'refetch':
        return void this.#refetch(thread, news.call, news.issuerId);
      case 'notes':
        return void this.#keepNotes(news.usage, news.decisions);
      case 'journalProblem':
        if (news.sentence === '') this.#problems.delete('journal');
        else this.#problems.set('journal', news.sentence);
        return this.#log(
          news.sentence === '' ? 'info' : 'error',
          news.sentence || 'The journal is written again.',
        );
      case 'journalFull':
        return void this.#rotation.rotate().then((isMoved) => {
          if (isMoved) this.#supervisor.broadcast({ type: 'reopenJournal' });
        });
      case 'bug':
        return this.#log('error', 'A defect of the gateway.', {
          requestId: news.requestId,
          stage: news.stage,
          stack: news.stack,
        });
    }
  }

  async #refetch(thread: ThreadHandle, call: number, issuerId: string): Promise<void> {
    const fetched = await this.#fetcher.refetch(issuerId);
    thread.send({ type: 'refetched', call, fetched });
  }

  async #keepNotes(
    usage: Extract<ThreadNews, { type: 'notes' }>['usage'],
    decisions: Extract<ThreadNews, { type: 'notes' }>['decisions'],
  ): Promise<void> {
    try {
      if (usage.length > 0) await this.usage.addUsage(usage);
      if (decisions.length > 0) await this.decisions.addDecisions(decisions);
      this.#problems.delete('database');
    } catch (error) {
      const sentence = (error as Error).message;
      if (this.#problems.get('database') !== sentence) this.#log('error', sentence);
      this.#problems.set('database', sentence);
    }
  }

  async #prune(): Promise<void> {
    try {
      await this.decisions.pruneDecisions(clock.nowMs());
    } catch (error) {
      this.#problems.set('database', (error as Error).message);
    }
  }

  #healthChanged(upstream: string, origin: string, isHealthy: boolean, why: string): void {
    const change = { upstream, origin, isHealthy };
    if (isHealthy) this.#unhealthy.delete(`${upstream} ${origin}`);
    else this.#unhealthy.set(`${upstream} ${origin}`, change);
    this.#supervisor.broadcast({ type: 'health', change });
    this.#log(
      isHealthy ? 'info' : 'warn',
      `Target ${origin} of ${upstream} is ${isHealthy ? 'well' : `out: ${why}`}.`,
    );
  }
}

function planDocument(version: number, loaded: LoadedConfig, ports: Record<string, number>): PlanDocument {
  const { document, baseDir, material } = loaded;
  return { version, document, baseDir, material, ports };
}

function isSameAddress(listener: ListenerConfig, others: readonly ListenerConfig[]): boolean {
  return others.some(
    ({ name, host, port }) => name === listener.name && host === listener.host && port === listener.port,
  );
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * Starts a gateway in this process: control plane here, data plane in threads.
 *
 * Errors: ConfigError with every mistake of the configuration; Unavailable for a port in use, a damaged database, …
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const loaded = loadFrom(options.source, clock.nowMs());
  const ports = await assignPorts(loaded.config.listeners, {}, () => false);
  const database = await openDatabase({ path: loaded.config.store.path, clock });
  const gateway = await openGateway(options, loaded, ports, database);
  try {
    await gateway.start();
    return gateway;
  } catch (error) {
    await gateway.close().catch(() => {});
    throw error;
  }
}

async function openGateway(
  options: GatewayOptions,
  loaded: LoadedConfig,
  ports: Record<string, number>,
  database: Database,
): Promise<RunningGateway> {
  try {
    return new RunningGateway(options, loaded, ports, database);
  } catch (error) {
    await database.close();
    throw error;
  }
}
