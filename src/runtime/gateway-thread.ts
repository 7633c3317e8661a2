import type { GatewayConfig } from '../config/config.ts';
import { parseDocument } from '../config/load.ts';
import type { RequestContext } from '../core/context.ts';
import { ConfigError, Unavailable } from '../core/errors.ts';
import type { Counters } from '../core/limits.ts';
import type { Ports, StatusAnswer } from '../core/ports.ts';
import { ThreadMetrics } from '../lib/metrics/thread-metrics.ts';
import { monotonicMs } from '../lib/time/monotonic.ts';
import { Turns } from '../lib/time/turns.ts';
import { RuleEngines } from '../plan/rule-engines.ts';
import { DataPlane } from '../proxy/data-plane.ts';
import type { Journal } from '../proxy/journal.ts';
import type { ListenerSettings } from '../proxy/listener.ts';
import { LoadedPlan } from '../proxy/loaded-plan.ts';
import { PoolRegistry } from '../proxy/pool-registry.ts';
import type { Outcome } from '../proxy/record.ts';
import { openThreadWheel } from '../proxy/thread-wheel.ts';
import { ThreadStatuses } from '../stores/certificates/thread-statuses.ts';
import type { CountryLookup } from '../stores/geo/country-database.ts';
import { ThreadKeySets } from '../stores/keysets/thread-key-sets.ts';
import type { RedisLink } from '../stores/redis/redis-link.ts';
import { memoryLimits } from '../stores/shared/memory-limits.ts';
import { openCounters } from '../stores/shared/shared-counters.ts';
import { openSlots } from '../stores/shared/slots.ts';
import { AdaptiveThread } from './adaptive-thread.ts';
import { countFinished, countRejected } from './count-outcome.ts';
import { stackOf } from './gateway-log.ts';
import type {
  FromThread,
  HealthChange,
  MetricsResult,
  PlanDocument,
  PrepareResult,
  ThreadData,
  ToThread,
} from './messages.ts';
import { Notebook } from './notebook.ts';
import { openJournal } from './open-journal.ts';
import { type OpenedLimits, openLimits } from './open-limits.ts';
import { makeLink } from './open-link.ts';
import { PendingAnswers } from './pending-answers.ts';
import { requestIds } from './request-ids.ts';
import type { RuleHost } from './rule-host.ts';
import { listenersOf, planParts } from './thread-plan.ts';
import { openThreadPorts } from './thread-ports.ts';
import { isRecordMessage, ThreadRecords } from './thread-records.ts';

/** What a call is answered with that failed by a defect: not what any call is answered with when it succeeds. */
const DEFECT = { pointer: '', message: 'This is a defect of the gateway: its log has the stack trace.' };

/** A plan that is compiled and whose listeners are open, but that is not in force yet. */
interface Prepared {
  readonly plan: LoadedPlan;
  readonly listeners: readonly ListenerSettings[];
  readonly countries: SharedArrayBuffer;
  readonly undo: () => void;
}

/** One data-plane thread: composes stores, plan and proxy, and does what the main thread says. */
export class GatewayThread {
  readonly #send: (message: FromThread) => void;
  readonly #clock = { nowMs: () => Date.now() };
  readonly #records: ThreadRecords;
  readonly #keySets: ThreadKeySets;
  readonly #countries: CountryLookup;
  readonly #link: RedisLink | null;
  readonly #limits: OpenedLimits;
  readonly #ports: Ports;
  readonly #ruleHost: RuleHost;
  readonly #engines: RuleEngines;
  readonly #wheel = openThreadWheel();
  readonly #registry = new PoolRegistry(this.#wheel);
  readonly #metrics = new ThreadMetrics();
  readonly #notebook: Notebook;
  readonly #adaptive: AdaptiveThread;
  readonly #journal: Journal;
  readonly #plane: DataPlane;
  readonly #firstListeners: readonly ListenerSettings[];
  readonly #refetches = new Map<number, (fetched: boolean) => void>();
  readonly #statuses = new PendingAnswers<StatusAnswer>();
  readonly #prepared = new Map<number, Prepared>();
  #calls = 0;
  #isDraining = false;
  /** Changes of the plan take turns, so that none meets another half done. */
  readonly #turns = new Turns();

  /** `ruleHost` is prepared for the rules of the first plan. */
  constructor(
    data: ThreadData,
    countries: CountryLookup,
    ruleHost: RuleHost,
    send: (message: FromThread) => void,
  ) {
    this.#send = send;
    this.#countries = countries;
    this.#ruleHost = ruleHost;
    this.#engines = new RuleEngines(ruleHost);
    this.#keySets = new ThreadKeySets(this.#clock, (issuerId, kid) => this.#refetch(issuerId, kid));
    this.#records = new ThreadRecords(data, this.#clock);
    for (const update of data.keySets) this.#keySets.update(update);
    const { config } = parseDocument(data.plan.document, data.plan.baseDir, data.plan.oauth ?? undefined);
    this.#link = makeLink(config.counters, (sentence) => {
      send({ type: 'replayProblem', sentence });
      this.#limits.linkChanged();
    });
    const counters = openCounters(data.counters, { monotonicMs });
    this.#limits = openLimits(config.counters, {
      link: this.#link,
      local: memoryLimits(counters, openSlots(data.slots, data.index)),
      facts: data.guardFacts,
      clock: this.#clock,
    });
    this.#adaptive = new AdaptiveThread(data.adaptive, this.#countries);
    this.#ports = this.#openPorts(data, config, counters);
    this.#notebook = new Notebook(this.#clock, this.#countries, (notes) => send({ type: 'notes', notes }));
    this.#journal = openJournal(config, send);
    this.#plane = this.#openPlane(data, config);
    this.#firstListeners = listenersOf(config, data.plan);
    for (const change of data.unhealthy) this.#setHealth(change);
  }

  #openPlane(data: ThreadData, config: GatewayConfig): DataPlane {
    return new DataPlane({
      clock: this.#clock,
      attack: this.#ports.attack,
      journal: this.#journal,
      plan: new LoadedPlan(planParts(config, data.plan, this.#ports, this.#engines), this.#registry),
      ticketKeys: Buffer.from(data.ticketKeys),
      wheel: this.#wheel,
      makeId: requestIds(this.#clock.nowMs()),
      reportBug: (requestId, stage, error) =>
        this.#send({ type: 'bug', requestId, stage, stack: stackOf(error) }),
      onFinished: (ctx, outcome, record) => this.#finished(ctx, outcome, record),
      onRejected: (_listener, why, tlsVersion) => countRejected(this.#metrics, why, tlsVersion),
      onHandshake: (version) => this.#metrics.countHandshake(version, 'ok'),
    });
  }

  #openPorts(data: ThreadData, config: GatewayConfig, counters: Counters): Ports {
    this.#countries.use(data.plan.material.countries);
    return openThreadPorts(data, config, {
      clock: this.#clock,
      counters,
      limits: this.#limits.store,
      adaptive: this.#adaptive,
      records: this.#records,
      keySets: this.#keySets,
      statuses: this.#openStatuses(),
      link: this.#link,
      countries: this.#countries,
      wheel: this.#wheel,
      send: this.#send,
    });
  }

  #openStatuses(): ThreadStatuses {
    return new ThreadStatuses(this.#clock, (question) =>
      this.#statuses.ask((id) => this.#send({ type: 'certificateStatus', id, question })),
    );
  }

  async start(): Promise<void> {
    await this.#link?.open();
    await this.#plane.openListeners(this.#firstListeners);
    this.#send({ type: 'ready' });
  }

  /** Writes what is held; for the last moment of a thread that dies. */
  lastWords(): void {
    this.#journal.flushNow();
  }

  /** Does what the main thread says. Never rejects: what fails is reported, and a call is answered in any case. */
  async receive(message: ToThread): Promise<void> {
    try {
      const result = await this.#obey(message);
      if (isCall(message)) this.#send({ type: 'done', call: message.call, result });
    } catch (error) {
      this.#send({ type: 'bug', requestId: '', stage: message.type, stack: stackOf(error) });
      if (isCall(message)) this.#send({ type: 'done', call: message.call, result: [DEFECT] });
    }
  }

  #obey(message: ToThread): unknown {
    if (isRecordMessage(message)) return this.#records.take(message);
    switch (message.type) {
      case 'prepare':
        return this.#turns.take(() => this.#prepare(message.plan));
      case 'commit':
        return this.#turns.take(() => this.#commit(message.version));
      case 'discard':
        return this.#turns.take(() => this.#discard(message.version));
      case 'metrics':
        return this.#takeMetrics();
      case 'drain':
        return this.#drain(message.deadlineMs);
      case 'keySet':
        return this.#keySets.update(message.update);
      case 'refetched':
        this.#refetches.get(message.call)?.(message.fetched);
        return this.#refetches.delete(message.call);
      case 'certificateStatus':
        return this.#statuses.take(message.id, message.answer);
      case 'health':
        return this.#setHealth(message.change);
      case 'reopenJournal':
        return this.#journal.reopen();
      case 'adaptive':
        return this.#adaptive.take(message.state);
      case 'window':
        return this.#adaptive.collect();
    }
  }

  #takeMetrics(): MetricsResult {
    this.#metrics.connections = this.#plane.connections;
    this.#metrics.journalRecords = this.#journal.written;
    this.#metrics.journalDropped = this.#journal.dropped;
    return this.#metrics.takeSnapshot();
  }

  async #drain(deadlineMs: number): Promise<null> {
    this.#isDraining = true;
    await this.#plane.drain(deadlineMs);
    this.#limits.close();
    this.#notebook.flush();
    return null;
  }

  #setHealth({ upstream, origin, isHealthy }: HealthChange): void {
    this.#registry.setHealth(upstream, origin, isHealthy);
  }

  /** Compiles a plan and opens its listeners beside those in force. */
  async #prepare(document: PlanDocument): Promise<PrepareResult> {
    if (this.#isDraining) return [{ pointer: '', message: 'The gateway is stopping.' }];
    try {
      const { config } = parseDocument(document.document, document.baseDir, document.oauth ?? undefined);
      await this.#ruleHost.prepare(document.material.ruleSets);
      await this.#engines.prepare(document.material.ruleSets);
      const parts = planParts(config, document, this.#ports, this.#engines);
      const listeners = listenersOf(config, document);
      const plan = new LoadedPlan(parts, this.#registry);
      const { undo } = await this.#plane.openListeners(listeners).catch((error: unknown) => {
        plan.release();
        throw error;
      });
      const { countries } = document.material;
      this.#prepared.set(document.version, { plan, listeners, countries, undo });
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      if (error instanceof Unavailable) return [{ pointer: '/listeners', message: error.message }];
      throw error;
    }
  }

  /** Returns whether the plan is in force. */
  #commit(version: number): boolean {
    const prepared = this.#prepared.get(version);
    this.#prepared.delete(version);
    if (prepared !== undefined) {
      this.#countries.use(prepared.countries);
      this.#plane.activate(prepared.plan, prepared.listeners);
    }
    return prepared !== undefined;
  }

  #discard(version: number): null {
    const prepared = this.#prepared.get(version);
    this.#prepared.delete(version);
    prepared?.undo();
    prepared?.plan.release();
    return null;
  }

  #refetch(issuerId: string, kid: string): Promise<boolean> {
    const call = ++this.#calls;
    return new Promise((resolve) => {
      this.#refetches.set(call, resolve);
      this.#send({ type: 'refetch', call, issuerId, kid });
    });
  }

  #finished(ctx: RequestContext | null, outcome: Outcome, record: string): void {
    // What could not be read and what the journal itself turned away was never let in.
    this.#journal.append(record, ctx === null || outcome.reason === 'gateway.journal');
    countFinished(this.#metrics, ctx, outcome);
    if (ctx === null) return;
    this.#notebook.note(ctx, outcome, record);
    this.#adaptive.note(ctx, outcome);
  }
}

function isCall(message: ToThread): message is Extract<ToThread, { readonly call: number }> {
  return 'call' in message && message.type !== 'refetched';
}
