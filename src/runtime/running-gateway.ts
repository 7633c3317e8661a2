import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AdminListener } from '../control/admin-listener.ts';
import { MetricsLedger } from '../control/metrics.ts';
import type { ControlServices, ReloadReport } from '../control/services.ts';
import { type AdminToken, loadAdminToken } from '../control/token.ts';
import { Unavailable } from '../core/errors.ts';
import { monotonicMs } from '../lib/time/monotonic.ts';
import { Turns } from '../lib/time/turns.ts';
import type { People } from '../oauth/users/people.ts';
import { HealthChecks } from '../proxy/health-checks.ts';
import type { JwksFetcher } from '../stores/keysets/fetcher.ts';
import { openCounters } from '../stores/shared/shared-counters.ts';
import type { Database } from '../stores/sql/open-database.ts';
import type { AdaptiveWatch } from './adaptive-watch.ts';
import { startAdmin } from './admin-start.ts';
import type { SwitchedAttack } from './attack-mode.ts';
import { CertificateWatch } from './certificate-watch.ts';
import { type ConfigSource, FileWatcher, type LoadedConfig } from './config-source.ts';
import { controlServices } from './control-services.ts';
import { GatewayHeartbeat } from './gateway-heartbeat.ts';
import { type Log, stackOf } from './gateway-log.ts';
import type { GatewayState } from './gateway-state.ts';
import { JournalRotation } from './journal-rotation.ts';
import { prepareJournal } from './journal-start.ts';
import type { ThreadData } from './messages.ts';
import { shareNonceSecret } from './nonce-secret.ts';
import { NoteKeeper } from './note-keeper.ts';
import type { NoticeBoard } from './notice-board.ts';
import { OauthService } from './oauth-service.ts';
import { openAdaptive } from './open-adaptive.ts';
import { openAttack } from './open-attack.ts';
import { openFetcher } from './open-fetcher.ts';
import { openNotices } from './open-notices.ts';
import { type RecordLife, startRecordLife } from './open-record-life.ts';
import { externalIssuers, healthSettings, planDocument } from './plan-document.ts';
import { RecordKeeper } from './record-keeper.ts';
import { type ReloadParts, reloadPlan } from './reload.ts';
import { openRuleBook } from './rule-book.ts';
import { createTables, type SharedTables, takeBackFrom } from './shared-tables.ts';
import { StandingProblems } from './standing-problems.ts';
import { superviseThreads } from './supervise-threads.ts';
import type { Supervisor } from './supervisor.ts';
import { TargetHealth } from './target-health.ts';
import type { ThreadHandle, ThreadNews } from './thread-handle.ts';

/** What a gateway is started with. */
export interface RunningGatewayOptions {
  readonly source: ConfigSource;
  readonly log: Log;
  readonly loaded: LoadedConfig;
  readonly ports: Readonly<Record<string, number>>;
  readonly database: Database;
  /** Who may sign in at the built-in authorization server; nobody when absent. */
  readonly people?: People | null;
}

const TICKET_KEY_BYTES = 48;
const LAST_TURN_MS = 1_000;
const clock = { nowMs: () => Date.now() };

/** The control plane and supervisor: everything that runs once per process. */
export class RunningGateway {
  readonly services: ControlServices;
  readonly #log: Log;
  readonly #database: Database;
  readonly #state: GatewayState;
  readonly #token: AdminToken;
  /** Memory that all threads share. */
  readonly #tables: SharedTables;
  readonly #ticketKeys = randomBytes(TICKET_KEY_BYTES);
  readonly #problems: StandingProblems;
  readonly #supervisor: Supervisor;
  readonly #fetcher: JwksFetcher;
  readonly #certificates: CertificateWatch;
  readonly #health: HealthChecks;
  readonly #watcher: FileWatcher;
  readonly #rotation: JournalRotation;
  readonly #notes: NoteKeeper;
  readonly #notices: NoticeBoard;
  readonly #adaptive: AdaptiveWatch;
  readonly #attack: SwitchedAttack;
  #recordLife: RecordLife | null = null;
  readonly #ledger = new MetricsLedger();
  readonly #records: RecordKeeper;
  readonly #targets: TargetHealth;
  readonly #oauth: OauthService;
  readonly #reloadParts: ReloadParts;
  readonly #heartbeat: GatewayHeartbeat;
  #adminListener: AdminListener | null = null;
  #closed: Promise<void> | null = null;
  /** The start and then reloads take turns. */
  readonly #turns = new Turns();

  /** Throws Unavailable when the journal or the admin token cannot be used; opens nothing that must be closed then. */
  constructor({ source, log, loaded, ports, database, people = null }: RunningGatewayOptions) {
    const { dataDir, journal } = loaded.config;
    this.#log = log;
    this.#database = database;
    const plan = planDocument(1, loaded, ports, null);
    this.#state = { phase: 'starting', loaded, plan, reloads: { ok: 0, failed: 0 } };
    this.#token = loadAdminToken(dataDir);
    prepareJournal(journal.path);
    this.#tables = createTables(loaded.config);
    this.#heartbeat = new GatewayHeartbeat(loaded.config.counters, this.#tables.guardFacts, clock);
    this.#problems = new StandingProblems(log);
    this.#rotation = new JournalRotation(journal.path, journal.maxBytes, journal.keepFiles);
    this.#notes = new NoteKeeper(database, clock, this.#problems);
    this.#notices = openNotices(this.#state, database, clock, this.#problems);
    this.#certificates = new CertificateWatch(this.#state, this.#notices, this.#problems);
    this.#records = this.#openRecords();
    const kept = { database, clock, problems: this.#problems, notices: this.#notices };
    this.#adaptive = openAdaptive(this.#state, kept, () => this.#supervisor);
    this.#attack = openAttack(this.#state, this.#tables.attack, this.#notices);
    this.#targets = new TargetHealth(this.#problems, log, (message) => this.#supervisor.broadcast(message));
    this.#health = new HealthChecks((...change) => this.#targets.changed(...change));
    this.#watcher = new FileWatcher(() => void this.#reloadChanged());
    this.#fetcher = openFetcher(clock, (update) => this.#supervisor.broadcast({ type: 'keySet', update }));
    this.#supervisor = this.#openSupervisor(loaded.config.threads);
    this.#oauth = this.#openOauth(people);
    this.#reloadParts = {
      source,
      clock,
      log,
      supervisor: this.#supervisor,
      fetcher: this.#fetcher,
      health: this.#health,
      watcher: this.#watcher,
      problems: this.#problems,
      oauth: this.#oauth,
      rules: openRuleBook(kept, this.#records),
    };
    this.services = this.#openServices('path' in source ? source.path : '');
  }

  #openRecords(): RecordKeeper {
    const { store } = this.#state.loaded.config;
    const supervisor = (): Supervisor => this.#supervisor;
    return new RecordKeeper({ database: this.#database, store, problems: this.#problems, supervisor });
  }

  #openServices(configPath: string): ControlServices {
    return controlServices(this.#state, {
      clock,
      database: this.#database,
      supervisor: this.#supervisor,
      notices: this.#notices,
      oauth: this.#oauth,
      attack: this.#attack,
      tables: this.#tables,
      adaptive: this.#adaptive,
      ledger: this.#ledger,
      problems: this.#problems,
      records: this.#records,
      configPath,
      startedAtMs: clock.nowMs(),
      reload: () => this.reload(),
    });
  }

  get ports(): Readonly<Record<string, number>> {
    return this.#state.plan.ports;
  }

  get admin(): { readonly url: string; readonly tokenPath: string } {
    return { url: this.#adminListener?.url ?? '', tokenPath: this.#token.path };
  }

  start(): Promise<void> {
    return this.#turns.take(() => this.#start());
  }

  /** Errors: Unavailable while the gateway stops. Mistakes of the configuration are in the report. */
  reload(): Promise<ReloadReport> {
    return this.#turns.take(() => {
      if (this.#state.phase !== 'running') throw new Unavailable('gateway', 'The gateway is stopping.');
      return reloadPlan(this.#state, this.#reloadParts);
    });
  }

  /** Lets requests under way finish, then stops everything; the same promise however often it is called. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #start(): Promise<void> {
    for (const notice of this.#token.notices) this.#log('warn', notice);
    await this.#records.load();
    const { config, files, readAtMs } = this.#state.loaded;
    await this.#reloadParts.rules.registerOf(this.#state.loaded);
    this.#adminListener = await startAdmin(config.admin, this.#token.token, this.services, this.#log);
    const oauth = await this.#oauth.start(this.#state.loaded);
    this.#state.plan = { ...this.#state.plan, oauth };
    await this.#fetcher.setIssuers(externalIssuers(config));
    await shareNonceSecret(this.#tables.nonceSecret, config.counters);
    await this.#heartbeat.start();
    await this.#records.start();
    await this.#supervisor.start();
    await this.#adaptive.start();
    this.#attack.open();
    this.#health.update(healthSettings(this.#state.loaded));
    await this.#watcher.watch(files, readAtMs);
    this.#recordLife = startRecordLife(this.#state, this.services, this.#reloadParts, this.#notices);
    if (this.#state.phase === 'starting') this.#state.phase = 'running';
  }

  async #close(): Promise<void> {
    this.#state.phase = 'stopping';
    for (const part of [this.#watcher, this.#health, this.#certificates, this.#attack]) part.close();
    const keysLeft = this.#recordLife?.close();
    await this.#supervisor.drain(this.#state.loaded.config.limits.drainMs);
    await this.#heartbeat.close();
    await this.#records.close();
    this.#fetcher.close();
    // A reload under way can do no more: the threads are gone. It may wait for an issuer still.
    await Promise.race([this.#turns.settled(), pause(LAST_TURN_MS, null, { ref: false })]);
    await this.#adminListener?.close();
    await this.#oauth.close();
    await keysLeft;
    for (const part of [this.#adaptive, this.#notes, this.#notices, this.#database]) await part.close();
  }

  #openOauth(people: People | null): OauthService {
    return new OauthService({
      database: this.#database,
      clock,
      counters: openCounters(this.#tables.counters, { monotonicMs }),
      people,
      notices: this.#notices,
      problems: this.#problems,
      log: this.#log,
      publishKeys: (update) => this.#supervisor.broadcast({ type: 'keySet', update }),
    });
  }

  #openSupervisor(threads: number): Supervisor {
    const dataFor = (index: number) => this.#threadData(index);
    const onNews = (thread: ThreadHandle, news: ThreadNews) => this.#hear(thread, news);
    const onEnded = ({ index }: ThreadHandle) => takeBackFrom(this.#tables, index);
    return superviseThreads({ threads, dataFor, onNews, onEnded }, this.#ledger, this.#problems);
  }

  #threadData(index: number): ThreadData {
    return {
      index,
      ...this.#tables,
      ticketKeys: this.#ticketKeys,
      plan: this.#state.plan,
      ...this.#records.threadData,
      keySets: [...this.#fetcher.updates, ...this.#oauth.keySets],
      unhealthy: this.#targets.unhealthy,
      adaptive: this.#adaptive.threadState,
    };
  }

  async #reloadChanged(): Promise<void> {
    try {
      await this.reload();
    } catch (error) {
      if (this.#state.phase === 'running')
        this.#log('error', 'The reload failed.', { stack: stackOf(error) });
    }
  }

  #hear(thread: ThreadHandle, news: ThreadNews): void {
    switch (news.type) {
      case 'refetch':
        return void this.#refetch(thread, news.call, news.issuerId);
      case 'certificateStatus':
        return void this.#certificates.answer(thread, news.id, news.question);
      case 'notes':
        return this.#notes.keep(news.notes);
      case 'notice':
        return this.#notices.hear(news.notice);
      case 'journalProblem':
        return this.#problems.set('journal', String(thread.index), news.sentence);
      case 'replayProblem':
        return this.#problems.set('replay', String(thread.index), news.sentence);
      case 'journalFull':
        return void this.#rotate();
      case 'bug': {
        const { requestId, stage, stack } = news;
        return this.#log('error', 'A defect of the gateway.', { requestId, stage, stack });
      }
    }
  }

  async #refetch(thread: ThreadHandle, call: number, issuerId: string): Promise<void> {
    const fetched = (await this.#oauth.refetch(issuerId)) || (await this.#fetcher.refetch(issuerId));
    thread.send({ type: 'refetched', call, fetched });
  }

  async #rotate(): Promise<void> {
    const { isMoved, problem } = await this.#rotation.rotate();
    this.#problems.set('rotation', '', problem);
    if (isMoved) this.#supervisor.broadcast({ type: 'reopenJournal' });
  }
}
