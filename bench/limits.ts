import { fileURLToPath } from 'node:url';
import { openAdmitters } from './admitters.ts';
import { type LimitCost, measureLimitCosts } from './limit-costs.ts';
import { type LimitLoop, measureLimitLoop } from './limit-loop.ts';
import { MEMORY_LIMITERS } from './limiters.ts';
import type { MillionClients } from './million-clients.ts';
import { measureOverAdmission, type OverAdmission } from './over-admission.ts';
import { runToEnd } from './processes.ts';
import { startRedis } from './redis.ts';
import { openRedisLimiters } from './redis-limiters.ts';
import type { Rig } from './subject.ts';

/** What was found out about limiters alone, beside what a whole request costs. */
export interface LimitMeasurements {
  readonly costs: readonly LimitCost[];
  readonly redisCosts: readonly LimitCost[];
  readonly loop: LimitLoop;
  readonly millions: readonly MillionClients[];
  readonly over: readonly OverAdmission[];
}

const REDIS_REQUESTS = 20_000;
const MILLION = fileURLToPath(new URL('./million-clients.ts', import.meta.url));

/** Measures what limiters cost, what a million clients take, and how far beyond their limits they let clients go. */
export async function measureLimits(rig: Rig, tell: (line: string) => void): Promise<LimitMeasurements> {
  tell('limiters: cost of a request');
  const costs = await measureLimitCosts();
  const redis = await openRedisLimiters(await startRedis(rig));
  const redisCosts = await measureLimitCosts(redis, REDIS_REQUESTS);
  const loop = await measureLimitLoop();
  tell('limiters: a million clients');
  const millions: MillionClients[] = [];
  for (const at of MEMORY_LIMITERS.keys()) {
    const said = await runToEnd({ cpus: '', signal: rig.signal }, process.execPath, [MILLION, `${at}`]);
    millions.push(JSON.parse(said) as MillionClients);
  }
  tell('limiters: over-admission, a minute in real time');
  const admitters = await openAdmitters(rig);
  try {
    return { costs, redisCosts, loop, millions, over: await measureOverAdmission(admitters, rig.signal) };
  } finally {
    await Promise.all(admitters.map((admitter) => admitter.close()));
  }
}
