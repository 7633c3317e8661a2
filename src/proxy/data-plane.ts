import type { Socket } from 'node:net';
import type { Clock } from '../core/ports.ts';
import type { ConnectionFacts, Exchange } from './exchange.ts';
import type { ActivePlan, Gate } from './gate.ts';
import { Http1Server, type ServerEvents } from './http1-server.ts';
import { Http2Server } from './http2-server.ts';
import type { Journal } from './journal.ts';
import { ConnectionCounts, Listener, type ListenerEvents, type ListenerSettings } from './listener.ts';
import { openSweeper, type Paced } from './pace.ts';
import type { BugReporter } from './pipeline.ts';
import { formatUnreadable } from './record.ts';
import type { ClientLimits } from './settings.ts';
import { Transaction } from './transaction.ts';

/** What the data plane needs of the thread it runs in. */
export interface DataPlaneOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly plan: ActivePlan;
  readonly ticketKeys: Buffer;
  makeId(): string;
  reportBug: BugReporter;
  onFinished: Gate['onFinished'];
  onRejected: ListenerEvents['onRejected'];
  onHandshake: ListenerEvents['onHandshake'];
}

/** Listeners, codecs and the plan in force of one thread. */
export class DataPlane implements Gate, ServerEvents, ListenerEvents {
  plan: ActivePlan;
  isDraining = false;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly makeId: () => string;
  readonly reportBug: BugReporter;
  readonly onFinished: Gate['onFinished'];
  readonly onRejected: ListenerEvents['onRejected'];
  readonly onHandshake: ListenerEvents['onHandshake'];
  readonly #ticketKeys: Buffer;
  readonly #counts = new ConnectionCounts();
  readonly #exchanges = new Set<Paced>();
  readonly #listeners = new Map<string, Listener>();
  readonly #stopSweeper: () => void;
  /** Codecs of connections that were opened under other limits. */
  readonly #retired: (Http1Server | Http2Server)[] = [];
  #http1: Http1Server;
  #http2: Http2Server;
  #limits: ClientLimits;

  constructor(options: DataPlaneOptions) {
    this.plan = options.plan;
    this.clock = options.clock;
    this.journal = options.journal;
    this.makeId = options.makeId;
    this.reportBug = options.reportBug;
    this.onFinished = options.onFinished;
    this.onRejected = options.onRejected;
    this.onHandshake = options.onHandshake;
    this.#ticketKeys = options.ticketKeys;
    this.#limits = options.plan.read.limits;
    this.#http1 = new Http1Server(this.#limits, this, this.#exchanges);
    this.#http2 = new Http2Server(this.#limits, this, this.#exchanges);
    this.#stopSweeper = openSweeper(this.#exchanges, () => this.plan.read.limits);
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
    this.#renewServers(plan.read.limits);
    const keys = new Set(wanted.map(keyOf));
    for (const key of [...this.#listeners.keys()]) if (!keys.has(key)) this.#closeListener(key);
    for (const settings of wanted) this.#listeners.get(keyOf(settings))?.update(settings);
    if (previous !== plan) previous.release();
  }

  /** Stops accepting, lets requests under way finish within the time, then cuts what is left. */
  async drain(deadlineMs: number): Promise<void> {
    this.isDraining = true;
    for (const key of [...this.#listeners.keys()]) this.#closeListener(key);
    const servers = [...this.#retired, this.#http1, this.#http2];
    for (const server of servers) server.drain();
    const end = Date.now() + deadlineMs;
    while (this.#exchanges.size > 0 && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
    for (const server of servers) server.close();
    this.#stopSweeper();
    await this.journal.drain();
  }

  onConnection(socket: Socket, facts: ConnectionFacts, protocol: 'h1' | 'h2'): void {
    if (protocol === 'h2') this.#http2.serve(socket, facts);
    else this.#http1.serve(socket, facts);
  }

  onExchange(exchange: Exchange): void {
    new Transaction(this, exchange).start();
  }

  onUnreadable(
    connection: ConnectionFacts,
    decision: Parameters<ServerEvents['onUnreadable']>[1],
    line: string,
  ): void {
    const record = formatUnreadable(this.makeId(), this.clock.nowMs(), connection, decision, line);
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
  }

  #closeListener(key: string): void {
    this.#listeners.get(key)?.stop();
    this.#listeners.delete(key);
  }

  /** New limits are for new connections: the codecs of open ones keep theirs. */
  #renewServers(limits: ClientLimits): void {
    if (JSON.stringify(limits) === JSON.stringify(this.#limits)) return;
    this.#limits = limits;
    this.#retired.push(this.#http1, this.#http2);
    this.#http1 = new Http1Server(limits, this, this.#exchanges);
    this.#http2 = new Http2Server(limits, this, this.#exchanges);
  }
}

/** Two listeners are the same one when nothing but certificates differs. */
function keyOf(settings: ListenerSettings): string {
  const { name, host, port, tls, proxyProtocol } = settings;
  return JSON.stringify([name, host, port, proxyProtocol, tls === null ? null : [tls.minVersion, tls.http2]]);
}
