import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outageBound } from '../../src/stores/redis/outage-bound.ts';
import { needs } from '../support/binaries.ts';
import { type ClusterNode, startCluster, type TestCluster } from '../support/redis-cluster.ts';
import { until } from '../support/test-gateway.ts';
import { type FailureWorld, LIMIT, startFailureWorld } from './failure-world.ts';
import { admittedIn, type LimitClients, statusesOf } from './limit-clients.ts';

const COUNTERS = 'portcullis:limit';
const isDegraded = (degraded: string) => degraded !== '';
const isWell = (degraded: string) => degraded === '';

describe.skipIf(!needs('redis-server', 'redis-server'))('two gateways on a cluster of six nodes', () => {
  let cluster: TestCluster;
  let world: FailureWorld;
  let known = new Set<number>();

  beforeAll(async () => {
    cluster = await startCluster();
    // Time enough for a busy machine: what is exact must not depend on the budget.
    world = await startFailureWorld(() => cluster.url, { timeoutMs: 3000 });
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  /** The slot of the counters of the client that has just come. */
  async function slotOf(clients: LimitClients): Promise<number> {
    await world.untilBoth(clients, 'Redis is used', isWell, 2);
    let slots: number[] = [];
    await until('its counters are there', async () => {
      slots = (await cluster.slotsOf(COUNTERS)).filter((slot) => !known.has(slot));
      return slots.length === 1;
    });
    known = new Set([...known, ...slots]);
    return slots[0] as number;
  }

  test('a slot that moves under load loses nothing and admits nothing twice', async () => {
    const clients = world.clients('/large');
    try {
      const slot = await slotOf(clients);
      for (let i = 0; i < 3; i++) {
        const from = await cluster.masterOf(slot);
        const to = (await cluster.masters()).find((node) => node !== from) as ClusterNode;
        await cluster.moveSlot(slot, to);
        expect((await cluster.masterOf(slot))?.port).toBe(to.port);
        await world.untilBoth(clients, 'it goes on', isWell);
      }
      await until('all is used up', () => clients.seen.some(({ status }) => status === 429));
      await world.untilBoth(clients, 'nothing more comes', isWell, 40);
    } finally {
      await clients.stop();
    }
    expect(statusesOf(clients.seen)).toEqual([200, 429]);
    expect(clients.seen.filter(({ degraded }) => isDegraded(degraded))).toEqual([]);
    expect(admittedIn(clients.seen)).toBe(5 * LIMIT);
  });

  test('a master that dies under load: its clients have their share until a replica takes over, and others are counted then', async () => {
    const clients = world.clients('/local');
    let other: LimitClients | null = null;
    try {
      const slot = await slotOf(clients);
      const master = (await cluster.masterOf(slot)) as ClusterNode;
      await master.kill();
      await world.untilBoth(clients, 'the gateways decide alone', isDegraded);
      await cluster.settled();
      await world.untilBoth(clients, 'the replica is used', isWell, 40);
      other = world.clients('/local');
      await world.untilBoth(other, 'others are counted', isWell);
    } finally {
      await clients.stop();
      await other?.stop();
    }
    expect(statusesOf(clients.seen)).toEqual([200, 429]);
    const admitted = admittedIn(clients.seen);
    expect(admitted).toBeGreaterThanOrEqual(LIMIT / 2);
    expect(admitted).toBeLessThanOrEqual(outageBound(LIMIT, 2));
  });
});
