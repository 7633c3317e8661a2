import type { GatewayConfig } from '../config/config.ts';
import { RedisLink } from '../stores/redis/redis-link.ts';
import type { RedisSettings } from '../stores/redis/redis-url.ts';

type CountersConfig = GatewayConfig['counters'];

/** Where Redis is; null when nothing is shared between gateways. */
export function redisSettings(counters: CountersConfig): RedisSettings | null {
  const { url, username = '', password = '', timeoutMs } = counters;
  return url === 'memory:' ? null : { url, username, password, timeoutMs };
}

/** Makes the connection to Redis that one thread uses for everything; null when nothing is shared between gateways. */
export function makeLink(counters: CountersConfig, onProblem: (sentence: string) => void): RedisLink | null {
  const settings = redisSettings(counters);
  return settings === null ? null : new RedisLink(settings, onProblem);
}
