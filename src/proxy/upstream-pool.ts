import { buildConnector, Pool } from 'undici';
import type { UpstreamSettings, UpstreamTls } from '../core/upstream.ts';
import { WaitingCalls } from './waiting-calls.ts';

/** One server behind the gateway, as this thread sees it. */
export class UpstreamTarget {
  readonly origin: string;
  readonly host: string;
  readonly pool: Pool;
  readonly waiting: WaitingCalls;
  /** Requests under way. */
  active = 0;
  /** Result of the active health checks; true until they say otherwise. */
  isHealthy = true;
  #failures = 0;
  #ejectedUntilMs = 0;

  constructor(origin: string, settings: UpstreamSettings) {
    this.origin = origin;
    this.host = new URL(origin).host;
    this.pool = openPool(origin, settings);
    this.waiting = new WaitingCalls(settings.connections, settings.connectMs);
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
}

/** The targets of one upstream with their connections. */
export class UpstreamPool {
  readonly settings: UpstreamSettings;
  readonly targets: readonly UpstreamTarget[];
  #next = 0;

  constructor(settings: UpstreamSettings) {
    this.settings = settings;
    this.targets = settings.targets.map((origin) => new UpstreamTarget(origin, settings));
  }

  /**
   * Picks a target that is available, preferring one that was not tried; null when there is none.
   *
   * Safety: what a few failed requests tell is a guess, which a client can bring about with slow requests. So when it
   * has taken out every target that its health checks do not call ill, the first attempt goes to the one that is back
   * soonest: only health checks can take an upstream out as a whole.
   */
  pick(nowMs: number, tried: UpstreamTarget | null): UpstreamTarget | null {
    const { targets } = this;
    let best: UpstreamTarget | null = null;
    // Second attempts are no turn of their own, or those who fail would get the first attempt each time.
    const start = (tried === null ? this.#next++ : this.#next) % targets.length;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(start + i) % targets.length] as UpstreamTarget;
      if (target === tried || !target.isAvailable(nowMs)) continue;
      if (this.settings.balance === 'roundRobin') return target;
      if (best === null || target.active < best.active) best = target;
    }
    if (best !== null) return best;
    if (tried !== null) return tried.isAvailable(nowMs) ? tried : null;
    return this.#soonestBack();
  }

  #soonestBack(): UpstreamTarget | null {
    let best: UpstreamTarget | null = null;
    for (const target of this.targets) {
      if (!target.isHealthy) continue;
      if (best === null || target.ejectedUntilMs < best.ejectedUntilMs) best = target;
    }
    return best;
  }

  /** Lets requests under way finish, then closes the connections. */
  close(): void {
    for (const target of this.targets) target.pool.close().catch(() => {});
  }
}

function openPool(origin: string, settings: UpstreamSettings): Pool {
  return new Pool(origin, {
    connections: settings.connections,
    // 0 closes every connection after its answer.
    pipelining: settings.keepAliveMs === 0 ? 0 : 1,
    keepAliveTimeout: Math.max(settings.keepAliveMs, 1),
    // However long the upstream offers to keep a connection.
    keepAliveMaxTimeout: Math.max(settings.keepAliveMs, 1),
    connect: connectorOf(settings),
    allowH2: false,
    strictContentLength: true,
    maxHeaderSize: 64 * 1024,
  });
}

/**
 * Opens connections to the targets of an upstream.
 *
 * Safety: the name that is asked for and verified is the operator's, or that of the target; the client library would
 * take it from the Host field, which is the client's. An address has none (RFC 6066, 3) and is verified as an address.
 */
function connectorOf({ tls, connectMs }: UpstreamSettings): buildConnector.connector {
  const secure = tls === null ? {} : secureOptions(tls);
  const connect = buildConnector({ timeout: connectMs, allowH2: false, ...secure });
  return (options, callback) =>
    connect({ ...options, servername: '' }, (...result) => {
      const [, socket] = result;
      // TLS tells of a refused client certificate only now, and the end that follows would hide it.
      socket?.on('error', () => socket.destroy());
      callback(...result);
    });
}

/** Options of node:tls for the connection to an upstream. */
export function secureOptions(tls: UpstreamTls): Record<string, unknown> {
  return {
    rejectUnauthorized: tls.verify,
    minVersion: 'TLSv1.2',
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key }),
    ...(tls.serverName === null ? {} : { servername: tls.serverName }),
  };
}
