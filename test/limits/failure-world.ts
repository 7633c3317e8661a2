import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { start } from '../support/recording-upstream.ts';
import { plainConfig, until } from '../support/test-gateway.ts';
import { type LimitClients, startClients } from './limit-clients.ts';

/** What a gateway admits in a minute on each path of these tests. */
export const LIMIT = 60;
/** Clients at each gateway. */
export const EACH = 6;

/** Two gateways with two threads each that share a Redis. */
export interface FailureWorld extends AsyncDisposable {
  readonly gateways: readonly GatewayProcess[];
  /** Clients at both gateways, from an address that no other test has. */
  clients(path: string): LimitClients;
  /** Waits until both gateways have answered so that it holds, and so often since it was called. */
  untilBoth(
    clients: LimitClients,
    what: string,
    holds: (degraded: string) => boolean,
    times?: number,
  ): Promise<void>;
}

/** The paths: one for each policy, with nothing but a limit of a minute, and `/login`, whose failed logins are guarded. */
function apisOf(upstream: string): object[] {
  const limited = (policy: object) => ({ perMinute: LIMIT, concurrent: 50, ...policy });
  return [
    { id: 'local', path: '/local', rateLimit: limited({}) },
    { id: 'deny', path: '/deny', rateLimit: limited({ onUnavailable: 'deny' }) },
    { id: 'allow', path: '/allow', rateLimit: limited({ onUnavailable: 'allow' }) },
    { id: 'leased', path: '/leased', rateLimit: limited({ counting: 'leased' }) },
    { id: 'large', path: '/large', rateLimit: { perMinute: 5 * LIMIT, concurrent: 50 } },
    { id: 'login', path: '/login', addressLimit: { perMinute: LIMIT }, login: { failures: 5 } },
  ].map((api) => ({ ...api, upstream, authenticate: 'none' }));
}

/** Starts the gateways; `urlOf` says where the Redis of each is. */
export async function startFailureWorld(
  urlOf: (at: number) => string,
  counters: object = {},
): Promise<FailureWorld> {
  const upstream = await start();
  const gateways = await Promise.all(
    [0, 1].map((at) =>
      startGatewayProcess(
        plainConfig(upstream.port, {
          threads: 2,
          trustedProxies: ['127.0.0.1'],
          counters: { url: urlOf(at), ...counters },
          apis: apisOf(`http://127.0.0.1:${upstream.port}`),
        }),
      ),
    ),
  );
  let addresses = 0;
  return {
    gateways,
    clients: (path) =>
      startClients(
        gateways.map(({ port }) => port),
        path,
        { each: EACH, address: `10.0.0.${++addresses}` },
      ),
    async untilBoth(clients, what, holds, times = 10) {
      const counts = new Map<number, number>();
      clients.fresh();
      await until(
        what,
        () => {
          for (const { port, degraded } of clients.fresh())
            if (holds(degraded)) counts.set(port, (counts.get(port) ?? 0) + 1);
          return gateways.every(({ port }) => (counts.get(port) ?? 0) >= times);
        },
        30_000,
      );
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
      await upstream.close();
    },
  };
}
