import { Cluster, Redis, type RedisOptions } from 'iovalkey';
import { parseRedisUrl, type RedisSettings } from './redis-url.ts';

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2000;
const CONNECT_MS = 2000;

/** Delay before the next attempt to connect: doubling, and spread so that threads do not come together. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const delayMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10), MAX_RETRY_MS);
  return delayMs * (0.5 + 0.5 * random());
}

/**
 * Opens a client that connects, and connects again, by itself.
 *
 * Safety: commands wait in no queue while there is no connection, and none is sent a second time when one breaks: what
 * became of it is not known.
 */
export function openClient(settings: RedisSettings): Redis | Cluster {
  const address = parseRedisUrl(settings.url);
  if (address === null) throw new TypeError('This is not the URL of a Redis server.');
  const { nodes, database, isSecure, isCluster } = address;
  const common: RedisOptions = {
    ...(settings.username === '' ? {} : { username: settings.username }),
    ...(settings.password === '' ? {} : { password: settings.password }),
    ...(isSecure ? { tls: {} } : {}),
    connectTimeout: CONNECT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
  };
  if (isCluster) {
    return new Cluster([...nodes], {
      redisOptions: common,
      enableOfflineQueue: false,
      maxRedirections: 4,
      retryDelayOnFailover: 0,
      clusterRetryStrategy: (attempt) => retryDelayMs(attempt),
    });
  }
  return new Redis({
    ...common,
    ...nodes[0],
    db: database,
    retryStrategy: (attempt) => retryDelayMs(attempt),
  });
}
