import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { UpstreamSettings, UpstreamTls } from '../core/upstream.ts';
import type { Timer, TimerWheel } from '../lib/time/timer-wheel.ts';
import { DirectSocket } from './direct-socket.ts';
import type { UpstreamCall } from './upstream-call.ts';
import { UpstreamConnection } from './upstream-connection.ts';
import { WaitingCalls } from './waiting-calls.ts';
import { Wire } from './wire.ts';

/** An upstream closes an idle connection when it said it would; the request must not be on its way then. */
const MOST_MARGIN_MS = 1_000;

/** One server behind the gateway, as this thread sees it, with its connections. */
export class UpstreamTarget {
  readonly origin: string;
  /** Host with port, as a Host field names it. */
  readonly host: string;
  readonly isSecure: boolean;
  /** Requests under way. */
  active = 0;
  /** Result of the active health checks; true until they say otherwise. */
  isHealthy = true;
  readonly #settings: UpstreamSettings;
  readonly #wheel: TimerWheel;
  readonly #waiting: WaitingCalls<UpstreamCall>;
  readonly #address: { readonly host: string; readonly port: number };
  /** Connections without a request, the one used last at the end. */
  readonly #idle: UpstreamConnection[] = [];
  #open = 0;
  #keepAliveMs: number;
  /** Session of the last handshake, to make the next one shorter. */
  #session: Buffer | undefined;
  #isClosed = false;
  #failures = 0;
  #ejectedUntilMs = 0;

  constructor(origin: string, settings: UpstreamSettings, wheel: TimerWheel) {
    const { protocol, host, hostname, port } = new URL(origin);
    this.origin = origin;
    this.host = host;
    this.isSecure = protocol === 'https:';
    this.#address = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (this.isSecure ? 443 : 80) : Number(port),
    };
    this.#settings = settings;
    this.#wheel = wheel;
    this.#keepAliveMs = settings.keepAliveMs;
    this.#waiting = new WaitingCalls(settings.connections, settings.connectMs, wheel);
  }

  isAvailable(nowMs: number): boolean {
    return this.isHealthy && nowMs >= this.#ejectedUntilMs;
  }

  /** When it comes back from being taken out; in the past while it is not. */
  get ejectedUntilMs(): number {
    return this.#ejectedUntilMs;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** Counts a failure of the target itself, never one that the client caused. */
  failed(nowMs: number, passive: UpstreamSettings['passive']): void {
    if (++this.#failures < passive.failures) return;
    this.#failures = 0;
    this.#ejectedUntilMs = nowMs + passive.ejectMs;
  }

  /** Gives a call a connection, or lets it wait for one; fails it where too many wait. */
  serve(call: UpstreamCall): void {
    const idle = this.#idle.pop();
    if (idle !== undefined) idle.send(call);
    else if (this.#open < this.#settings.connections) this.#connect(call);
    else if (!this.#waiting.add(call)) call.failWaiting();
  }

  /** The call waits no longer. */
  forget(call: UpstreamCall): void {
    this.#waiting.delete(call);
  }

  /** Takes note of how long the upstream keeps idle connections. */
  noteKeepAlive(hintMs: number): void {
    this.#keepAliveMs = Math.min(this.#settings.keepAliveMs, hintMs - Math.min(MOST_MARGIN_MS, hintMs / 2));
  }

  /** A connection is free: it serves the call that waits longest, or waits itself until `timer` ends it. */
  release(connection: UpstreamConnection, timer: Timer): void {
    const next = this.#waiting.shift();
    if (next !== null) return connection.send(next);
    if (this.#isClosed || this.#keepAliveMs <= 0) return connection.close();
    timer.set(this.#keepAliveMs);
    this.#idle.push(connection);
  }

  /** A connection is gone. */
  closed(connection: UpstreamConnection): void {
    this.#open--;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    const next = this.#open < this.#settings.connections ? this.#waiting.shift() : null;
    if (next !== null) this.#connect(next);
  }

  /** Lets requests under way finish and closes the other connections. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.slice()) connection.close();
  }

  #connect(call: UpstreamCall): void {
    this.#open++;
    const wire = new Wire(this.isSecure ? this.#openTls() : this.#openTcp());
    new UpstreamConnection(this, wire, this.#wheel).open(call, this.#settings.connectMs);
  }

  #openTcp(): DirectSocket {
    const socket = new DirectSocket();
    socket.connect(this.#address);
    socket.setNoDelay(true);
    return socket;
  }

  #openTls(): ReturnType<typeof connectTls> {
    const { tls } = this.#settings;
    const secure = tls === null ? {} : secureOptions(tls);
    const options = {
      ...this.#address,
      ...secure,
      session: this.#session,
      allowHalfOpen: true,
      ALPNProtocols: ['http/1.1'],
    };
    // RFC 6066, 3: an address is no server name.
    const socket = connectTls({ ...options, servername: tls?.serverName ?? nameFor(this.#address.host) });
    socket.setNoDelay(true);
    socket.on('session', (session) => {
      this.#session = session;
    });
    return socket;
  }
}

/** Server name for a host; '' for an address. */
function nameFor(host: string): string {
  return /^[0-9.]+$|:/.test(host) ? '' : host;
}

/** Options of node:tls for the connection to an upstream. */
export function secureOptions(tls: UpstreamTls): ConnectionOptions {
  return {
    rejectUnauthorized: tls.verify,
    minVersion: 'TLSv1.2',
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key }),
    ...(tls.serverName === null ? {} : { servername: tls.serverName }),
  };
}
