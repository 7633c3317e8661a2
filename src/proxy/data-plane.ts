import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { AttackView } from '../core/attack.ts';
import type { Clock } from '../core/ports.ts';
import type { TimerWheel } from '../lib/time/timer-wheel.ts';
import { AnswerCache } from './answer-cache.ts';
import { Codecs } from './codecs.ts';
import type { ConnectionFacts, Exchange } from './exchange.ts';
import type { ActivePlan, Gate } from './gate.ts';
import { HeldBytes } from './held-bytes.ts';
import type { ServerEvents } from './http1-server.ts';
import type { Journal } from './journal.ts';
import { ConnectionCounts, Listener, type ListenerEvents, type ListenerSettings } from './listener.ts';
import { OpenExchanges } from './open-exchanges.ts';
import { openSweeper } from './pace.ts';
import type { BugReporter } from './pipeline.ts';
import { formatUnreadable } from './record.ts';
import { type OwnAnswer, unreadAnswer } from './refusal.ts';
import type { ClientLimits } from './settings.ts';
import { Transaction } from './transaction.ts';

/** What the data plane needs of the thread it runs in. */
export interface DataPlaneOptions {
  readonly clock: Clock;
  readonly attack: AttackView;
  readonly journal: Journal;
  readonly plan: ActivePlan;
  readonly ticketKeys: Buffer;
  readonly wheel: TimerWheel;
  makeId(): string;
  reportBug: BugReporter;
  onFinished: Gate['onFinished'];
  onRejected: ListenerEvents['onRejected'];
  onHandshake: ListenerEvents['onHandshake'];
}

/** Bounds of one thread for bodies that are looked at before they are passed on. */
const HELD_REQUEST_BYTES = 256 * 1_048_576;
const HELD_ANSWER_BYTES = 64 * 1_048_576;
const POLL_MS = 20;
/** Time that exchanges get to end after their connections were cut. */
const CUT_MS = 500;

/** Listeners, codecs and the plan in force of one thread. */
export class DataPlane implements Gate, ServerEvents, ListenerEvents {
  plan: ActivePlan;
  isDraining = false;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly cache: AnswerCache;
  readonly heldRequests = new HeldBytes(HELD_REQUEST_BYTES);
  readonly heldAnswers = new HeldBytes(HELD_ANSWER_BYTES);
  readonly makeId: () => string;
  readonly reportBug: BugReporter;
  readonly onFinished: Gate['onFinished'];
  readonly onRejected: ListenerEvents['onRejected'];
  readonly onHandshake: ListenerEvents['onHandshake'];
  readonly #ticketKeys: Buffer;
  readonly #wheel: TimerWheel;
  readonly #counts = new ConnectionCounts();
  readonly #exchanges = new OpenExchanges();
  readonly #listeners = new Map<string, Listener>();
  readonly #stopSweeper: () => void;
  /** Codecs of connections that were opened under other limits. */
  #retired: Codecs[] = [];
  #codecs: Codecs;
  /** Names of the listeners in force: on connections of others, the next answer is the last. */
  #names: ReadonlySet<string> | null = null;

  constructor(options: DataPlaneOptions) {
    this.plan = options.plan;
    this.clock = options.clock;
    this.journal = options.journal;
    this.cache = new AnswerCache(options.attack);
    this.makeId = options.makeId;
    this.reportBug = options.reportBug;
    this.onFinished = options.onFinished;
    this.onRejected = options.onRejected;
    this.onHandshake = options.onHandshake;
    this.#ticketKeys = options.ticketKeys;
    this.#wheel = options.wheel;
    this.#codecs = new Codecs(options.plan.read.limits, this, this.#exchanges, options.wheel);
    this.#stopSweeper = openSweeper(this.#exchanges, options.wheel, () => this.plan.read.limits);
  }

  get connections(): number {
    return this.#counts.total;
  }

  /** Exchanges under way. */
  get active(): number {
    return this.#exchanges.size;
  }

  /**
   * Opens the listeners that are not open yet; nothing is closed. Returns the ports by name and what takes the new
   * ones back. Throws Unavailable when one cannot be opened, leaving none of the new ones open.
   */
  async openListeners(
    wanted: readonly ListenerSettings[],
  ): Promise<{ ports: Map<string, number>; undo: () => void }> {
    const opened: string[] = [];
    const undo = (): void => {
      for (const key of opened) this.#closeListener(key);
    };
    const ports = new Map<string, number>();
    try {
      for (const settings of wanted) {
        const key = keyOf(settings);
        if (this.#listeners.has(key)) continue;
        const listener = new Listener(settings, () => this.plan.read, this.#counts, this, this.#ticketKeys);
        ports.set(settings.name, await listener.open());
        this.#listeners.set(key, listener);
        opened.push(key);
      }
    } catch (error) {
      undo();
      throw error;
    }
    return { ports, undo };
  }

  /** Puts a plan in force for requests from now on; requests under way keep theirs. */
  activate(plan: ActivePlan, wanted: readonly ListenerSettings[]): void {
    const previous = this.plan;
    this.plan = plan;
    this.#renewCodecs(plan.read.limits);
    this.#names = new Set(wanted.map(({ name }) => name));
    const keys = new Set(wanted.map(keyOf));
    for (const key of [...this.#listeners.keys()]) if (!keys.has(key)) this.#closeListener(key);
    for (const settings of wanted) this.#listeners.get(keyOf(settings))?.update(settings);
    if (previous !== plan) previous.release();
  }

  /** Stops accepting, lets requests under way finish within the time, cuts what is left, and writes all records. */
  async drain(deadlineMs: number): Promise<void> {
    this.isDraining = true;
    for (const key of [...this.#listeners.keys()]) this.#closeListener(key);
    const codecs = [...this.#retired, this.#codecs];
    for (const each of codecs) each.drain();
    await this.#untilIdle(deadlineMs);
    for (const each of codecs) each.close();
    // What was cut leaves records as well.
    await this.#untilIdle(CUT_MS);
    this.#stopSweeper();
    await this.journal.drain();
  }

  /** Resolves when no exchange is under way, or when the time is over. */
  async #untilIdle(withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    while (this.#exchanges.size > 0 && performance.now() < end) await pause(POLL_MS);
  }

  onConnection(socket: Socket, facts: ConnectionFacts, protocol: 'h1' | 'h2'): void {
    this.#codecs.serve(socket, facts, protocol);
  }

  onExchange(exchange: Exchange): void {
    if (this.#names?.has(exchange.connection.listener) === false) exchange.closeAfterwards();
    new Transaction(this, exchange).start();
  }

  onUnreadable(
    connection: ConnectionFacts,
    decision: Parameters<ServerEvents['onUnreadable']>[1],
    line: string,
  ): OwnAnswer {
    const id = this.makeId();
    const record = formatUnreadable(id, this.clock.nowMs(), connection, decision, line);
    const { effect, reason, detail, status } = decision;
    this.onFinished(
      null,
      {
        effect,
        reason,
        detail,
        stage: 'protocol',
        status,
        durationMs: 0,
        bytesIn: 0,
        bytesOut: 0,
        upstream: '',
        upstreamMs: 0,
        attempts: 0,
      },
      record,
    );
    return unreadAnswer(connection, decision, id, this.plan.fallback, this.reportBug);
  }

  #closeListener(key: string): void {
    this.#listeners.get(key)?.stop();
    this.#listeners.delete(key);
  }

  /** New limits are for new connections: the codecs of open ones keep theirs. */
  #renewCodecs(limits: ClientLimits): void {
    if (JSON.stringify(limits) === JSON.stringify(this.#codecs.limits)) return;
    this.#codecs.retire();
    this.#retired = [...this.#retired, this.#codecs].filter(({ isUnused }) => !isUnused);
    this.#codecs = new Codecs(limits, this, this.#exchanges, this.#wheel);
  }
}

/** Two listeners are the same one when nothing but certificates, their own and those of authorities, differs. */
function keyOf(settings: ListenerSettings): string {
  const { name, host, port, tls, proxyProtocol } = settings;
  return JSON.stringify([
    name,
    host,
    port,
    proxyProtocol,
    tls === null ? null : [tls.minVersion, tls.http2, tls.clientCa !== ''],
  ]);
}
