import { Cluster } from 'iovalkey';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/binaries.ts';
import { startCluster, type TestCluster } from '../support/redis-cluster.ts';

describe.skipIf(!needs('redis-server', 'redis-server'))('the cluster of the tests', () => {
  let cluster: TestCluster;
  let client: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
    client = new Cluster(cluster.nodes.map(({ port }) => ({ port, host: '127.0.0.1' })));
  });
  afterAll(async () => {
    client?.disconnect();
    await cluster?.[Symbol.asyncDispose]();
  });

  test('has three masters and keeps keys', async () => {
    expect(await cluster.masters()).toHaveLength(3);
    for (const key of ['a', 'b', 'c']) await client.set(key, key);
    expect(await client.get('c')).toBe('c');
  });

  test('moves a slot with its keys', async () => {
    await client.set('moved', '1');
    const [slot] = await cluster.slotsOf('moved');
    const from = await cluster.masterOf(slot as number);
    const to = (await cluster.masters()).find((node) => node !== from);
    await cluster.moveSlot(slot as number, to as never);
    expect((await cluster.masterOf(slot as number))?.port).toBe(to?.port);
    expect(await client.get('moved')).toBe('1');
  });

  test('survives a master', async () => {
    await client.set('kept', '1');
    expect(await client.wait(1, 1000).catch(() => 1)).toBeGreaterThan(0);
    const [slot] = await cluster.slotsOf('kept');
    const master = await cluster.masterOf(slot as number);
    await master?.kill();
    await cluster.settled();
    expect((await cluster.masterOf(slot as number))?.port).not.toBe(master?.port);
    expect(await client.get('kept')).toBe('1');
  });
});
