import { Redis } from 'iovalkey';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { Pool } from 'undici';
import { startGateway } from './gateway.ts';
import { MEMORY_LIMITERS, type OpenLimiter } from './limiters.ts';
import { startProxy } from './nginx.ts';
import { type Admitter, LIMIT } from './over-admission.ts';
import { startRedis } from './redis.ts';
import type { Rig, Subject } from './subject.ts';

const CONNECTIONS = 32;
/** Everything runs at once on few processors: within the usual 20 ms the machine would decide who is asked. */
const TIMEOUT_MS = 1000;
const COUNTING = ['strict', 'leased'] as const;

/** Opens everything whose over-admission is measured: servers, and two processes' worth of each library. */
export async function openAdmitters(rig: Rig): Promise<Admitter[]> {
  const redisPort = await startRedis(rig);
  const url = `redis://127.0.0.1:${redisPort}`;
  return [
    await gateways(rig, 'Portcullis, memory, 2 threads', 1, 2, { counters: { url: 'memory:' } }),
    ...(await Promise.all(
      COUNTING.map((counting, database) =>
        gateways(rig, `Portcullis, Redis, ${counting}`, 2, 1, {
          // Each pair has a database of its own: in one they would share what a client may send.
          counters: { url: `${url}/${database + 1}`, timeoutMs: TIMEOUT_MS },
          counting,
        }),
      ),
    )),
    await nginxLimit(rig),
    ...MEMORY_LIMITERS.slice(2).map((limiter) =>
      library(`${limiter.title}, 2 processes`, [limiter.open(LIMIT), limiter.open(LIMIT)]),
    ),
    library('rate-limiter-flexible, Redis', [flexibleRedis(redisPort), flexibleRedis(redisPort)]),
  ];
}

function library(title: string, open: readonly OpenLimiter[]): Admitter {
  return {
    title,
    places: open.length,
    take: async (client, place) => (open[place] as OpenLimiter).take(client),
    close: async () => {
      for (const limiter of open) limiter.close();
    },
  };
}

/** The limiter of the library that counts in Redis. */
export function flexibleRedis(port: number, perMinute = LIMIT): OpenLimiter {
  const storeClient = new Redis({ port, host: '127.0.0.1', enableAutoPipelining: true });
  const limiter = new RateLimiterRedis({ storeClient, points: perMinute, duration: 60 });
  return {
    take: (client) =>
      limiter.consume(client).then(
        () => true,
        () => false,
      ),
    close: () => storeClient.disconnect(),
  };
}

async function gateways(
  rig: Rig,
  title: string,
  count: number,
  threads: number,
  { counters, counting = 'strict' }: { readonly counters: object; readonly counting?: string },
): Promise<Admitter> {
  const subjects: Subject[] = [];
  const addressLimit = { perMinute: LIMIT, counting };
  const upstream = `http://127.0.0.1:${rig.upstreamPort}`;
  const api = { id: 'limited', path: '/', upstream, authenticate: 'none', addressLimit };
  for (let at = 0; at < count; at++) {
    const change = { counters, trustedProxies: ['127.0.0.0/8'], apis: [api] };
    subjects.push(await startGateway(rig, { threads, cpus: '' }, { change }));
  }
  return server(title, subjects);
}

/** As many as the limit at once, and that rate on average: what `limit_req` makes of so many in a minute. */
async function nginxLimit(rig: Rig): Promise<Admitter> {
  const subject = await startProxy(rig, { threads: 2, cpus: '' }, false, {
    zone: `limit_req_zone $http_x_forwarded_for zone=clients:10m rate=${LIMIT}r/m;`,
    location: `limit_req zone=clients burst=${LIMIT - 1} nodelay; limit_req_status 429;`,
  });
  return server('nginx limit_req, burst of a minute, 2 processes', [subject]);
}

function server(title: string, subjects: readonly Subject[]): Admitter {
  const pools = subjects.map(
    ({ ports }) => new Pool(`http://127.0.0.1:${ports.http}`, { connections: CONNECTIONS }),
  );
  return {
    title,
    places: pools.length,
    async take(client, place) {
      const headers = { host: 'api.example.com', 'x-forwarded-for': client };
      const answer = await (pools[place] as Pool).request({ path: '/orders/1', method: 'GET', headers });
      await answer.body.dump();
      if (answer.statusCode !== 200 && answer.statusCode !== 429)
        throw new Error(`${title} answered ${answer.statusCode}.`);
      return answer.statusCode === 200;
    },
    async close() {
      await Promise.all(pools.map((pool) => pool.close()));
      await Promise.all(subjects.map((subject) => subject.stop()));
    },
  };
}
