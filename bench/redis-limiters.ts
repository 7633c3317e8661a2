import { parseConfig } from '../src/config/load.ts';
import type { Counting } from '../src/core/limits.ts';
import { openLimits } from '../src/runtime/open-limits.ts';
import { createGuardFacts } from '../src/stores/redis/guard-facts.ts';
import { RedisLink } from '../src/stores/redis/redis-link.ts';
import { createCounterTable } from '../src/stores/shared/counter-table.ts';
import { memoryLimits } from '../src/stores/shared/memory-limits.ts';
import { openCounters } from '../src/stores/shared/shared-counters.ts';
import { flexibleRedis } from './admitters.ts';
import { type Limiter, ownLimiter } from './limiters.ts';

const CLIENTS = 20_000;
/** Long enough that a busy machine is not taken for a Redis that does not answer. */
const TIMEOUT_MS = 2000;

/** The limiters that count in a Redis on loopback; the first is what the others are compared with. */
export async function openRedisLimiters(port: number): Promise<readonly Limiter[]> {
  return [
    {
      title: 'Portcullis, `strict`',
      work: 'one window that slides, in Redis and in own memory',
      open: await opener(port, 'strict'),
    },
    {
      title: 'Portcullis, `leased`',
      work: 'the same from slices taken ahead',
      open: await opener(port, 'leased'),
    },
    {
      title: 'rate-limiter-flexible, Redis',
      work: 'one fixed window, commands pipelined',
      open: (perMinute) => flexibleRedis(port, perMinute),
    },
  ];
}

/** As a thread of the gateway opens its limits, failure policy and all. */
async function opener(port: number, counting: Counting): Promise<Limiter['open']> {
  const url = `redis://127.0.0.1:${port}`;
  const link = new RedisLink({ url, username: '', password: '', timeoutMs: TIMEOUT_MS }, () => {});
  await link.open();
  const clock = { nowMs: Date.now };
  const local = memoryLimits(openCounters(createCounterTable({ clients: CLIENTS })));
  const { config } = parseConfig(
    'version: 1\napis: [{ id: a, upstream: "http://127.0.0.1:9" }]',
    'bench.yaml',
  );
  const opened = openLimits(config!.counters, { link, local, facts: createGuardFacts(1), clock });
  return (perMinute) => {
    const limits = { perMinute, perHour: 0, perDay: 0, concurrent: 0, burst: null };
    const { take } = ownLimiter(opened.store, limits, { counting, onUnavailable: 'deny' });
    return {
      take,
      close: () => {
        opened.close();
        link.close();
      },
    };
  };
}
