import type { GatewayConfig } from '../config/config.ts';
import type { Clock, ReplayCache } from '../core/ports.ts';
import { RedisLink } from '../stores/redis/redis-link.ts';
import { RedisReplay } from '../stores/redis/redis-replay.ts';
import type { RedisSettings } from '../stores/redis/redis-url.ts';
import { SharedReplay } from '../stores/shared/shared-replay.ts';

type CountersConfig = GatewayConfig['counters'];

/** The memory of used identifiers as a thread opens it. */
export interface OpenedReplay {
  readonly cache: ReplayCache;
  /** Resolves when what must be reached was reached, or soon in any case. */
  connect(): Promise<void>;
}

/** Where Redis is; null when nothing is shared between gateways. */
export function redisSettings(counters: CountersConfig): RedisSettings | null {
  const { url, username = '', password = '', timeoutMs } = counters;
  return url === 'memory:' ? null : { url, username, password, timeoutMs };
}

/** Opens the memory of used identifiers: that of the process, and before it Redis where one is configured. */
export function openReplay(
  counters: CountersConfig,
  table: SharedArrayBuffer,
  clock: Clock,
  onProblem: (sentence: string) => void,
): OpenedReplay {
  const local = new SharedReplay(table, clock);
  const settings = redisSettings(counters);
  if (settings === null) return { cache: local, connect: () => Promise.resolve() };
  const link = new RedisLink(settings, onProblem);
  return { cache: new RedisReplay(link, local, clock, counters.onFailure), connect: () => link.open() };
}
