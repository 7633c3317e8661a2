import type { GatewayConfig } from '../config/config.ts';
import type { Clock, ReplayCache } from '../core/ports.ts';
import type { RedisLink } from '../stores/redis/redis-link.ts';
import { RedisReplay } from '../stores/redis/redis-replay.ts';
import { SharedReplay } from '../stores/shared/shared-replay.ts';

/** Opens the memory of used identifiers: that of the process, and before it Redis where there is a connection to it. */
export function openReplay(
  link: RedisLink | null,
  { onFailure }: GatewayConfig['counters'],
  table: SharedArrayBuffer,
  clock: Clock,
): ReplayCache {
  const local = new SharedReplay(table, clock);
  return link === null ? local : new RedisReplay(link, local, clock, onFailure);
}
