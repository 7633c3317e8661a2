import { beforeEach, describe, expect, test } from 'vitest';
import { FakeNode, FakeSharedDatabase, FakeTime } from '../../test/support/shared-world.ts';
import type { NodeAcknowledgement } from '../control/services.ts';

let time: FakeTime;
let database: FakeSharedDatabase;

beforeEach(() => {
  time = new FakeTime();
  database = new FakeSharedDatabase();
});

async function start(...names: string[]): Promise<FakeNode[]> {
  const nodes = names.map((name) => new FakeNode(database, time, name));
  for (const node of nodes) await node.start();
  // So that each has seen the others.
  await time.pass(3_000);
  return nodes;
}

/** Writes a change and waits for all; gives the result and how long it took once it is there. */
function revoke(node: FakeNode, withinMs = 60_000) {
  database.change('k');
  const startMs = time.nowMs;
  const outcome: { told: readonly NodeAcknowledgement[] | null; error: unknown; ms: number } = {
    told: null,
    error: null,
    ms: -1,
  };
  node.member.settle(withinMs).then(
    (told) => Object.assign(outcome, { told, ms: time.nowMs - startMs }),
    (error: unknown) => Object.assign(outcome, { error, ms: time.nowMs - startMs }),
  );
  return outcome;
}

describe('following', () => {
  test('a change is applied within a quarter of a second, and acknowledged', async () => {
    const [a, b] = (await start('a', 'b')) as [FakeNode, FakeNode];
    const outcome = revoke(a);
    await time.pass(400);
    expect(b.applied).toEqual(['k']);
    expect(outcome.told).toEqual([{ name: 'b', state: 'applied', ms: expect.any(Number) }]);
    expect(outcome.ms).toBeLessThanOrEqual(400);
  });

  test('what was forgotten in between, or undone by a restored backup, is read anew', async () => {
    const [a] = (await start('a')) as [FakeNode];
    database.change('k1');
    database.change('k2');
    database.forgotten = 2;
    database.changes = [];
    await time.pass(300);
    expect([a.reloads, database.rows.get('a')?.applied]).toEqual([1, 2]);
    database.forgotten = 1;
    await time.pass(300);
    expect([a.reloads, database.rows.get('a')?.applied]).toEqual([2, 1]);
  });

  test('it says good-bye, and nobody waits for it', async () => {
    const [a, b] = (await start('a', 'b')) as [FakeNode, FakeNode];
    const closing = b.member.close();
    await time.pass(300);
    await closing;
    const outcome = revoke(a);
    await time.pass(200);
    expect(outcome.told).toEqual([]);
  });
});

describe('the lease', () => {
  test('is renewed while the database can be reached, and ends by itself when it cannot', async () => {
    const [a] = (await start('a')) as [FakeNode];
    await time.pass(600_000);
    expect(a.accepts).toBe(true);
    a.link.isDown = true;
    await time.pass(47_000);
    expect([a.accepts, a.problem]).toEqual([true, 'The database cannot be reached.']);
    await time.pass(3_000);
    expect(a.accepts).toBe(false);
    a.link.isDown = false;
    await time.pass(1_000);
    expect([a.accepts, a.problem]).toEqual([true, '']);
  });

  test('is not renewed while a thread has not acknowledged', async () => {
    const [a, b] = (await start('a', 'b')) as [FakeNode, FakeNode];
    let acknowledge = () => {};
    b.threads = new Promise<void>((resolve) => {
      acknowledge = resolve;
    });
    const outcome = revoke(a);
    await time.pass(49_000);
    expect(outcome.told).toBeNull();
    await time.pass(3_000);
    expect(b.accepts).toBe(false);
    expect(outcome.told).toEqual([{ name: 'b', state: 'lease-ended', ms: expect.any(Number) }]);
    acknowledge();
    await time.pass(3_000);
    expect([b.accepts, b.applied]).toEqual([true, ['k']]);
  });

  test('a revocation waits until a gateway that is cut off accepts no key, and under a minute', async () => {
    const [a, b] = (await start('a', 'b')) as [FakeNode, FakeNode];
    b.link.isDown = true;
    const outcome = revoke(a);
    while (outcome.told === null) {
      await time.pass(100);
      expect(time.nowMs).toBeLessThan(2_000_000);
    }
    expect(b.accepts).toBe(false);
    expect(outcome.told[0]).toMatchObject({ name: 'b', state: 'lease-ended' });
    expect(outcome.ms).toBeLessThan(52_000);
    expect(outcome.ms).toBeGreaterThan(45_000);
  });

  test('for a gateway that has been silent for a while only the rest of its lease is waited', async () => {
    const [a, b] = (await start('a', 'b')) as [FakeNode, FakeNode];
    b.link.isDown = true;
    await time.pass(40_000);
    const outcome = revoke(a);
    await time.pass(15_000);
    expect(outcome.told?.[0]?.state).toBe('lease-ended');
    expect(outcome.ms).toBeLessThan(13_000);
    expect(b.accepts).toBe(false);
  });

  test('at no instant of many partitions is a key accepted by a gateway that a revocation counts as gone', async () => {
    const [a, b] = (await start('a', 'b')) as [FakeNode, FakeNode];
    for (const [before, cut] of [1, 250, 999, 1_999, 2_001, 30_000, 49_500, 52_000].entries()) {
      b.link.isDown = false;
      await time.pass(5_000 + before * 137);
      b.link.isDown = true;
      await time.pass(cut);
      const seen = b.applied.length;
      const outcome = revoke(a);
      while (outcome.told === null) await time.pass(50);
      expect(outcome.ms).toBeLessThan(52_000);
      expect([b.accepts, b.applied.length]).toEqual([false, seen]);
    }
  });

  test('a gateway that is gone for long is taken off the list, and may come back', async () => {
    const [a, b] = (await start('a', 'b')) as [FakeNode, FakeNode];
    b.link.isDown = true;
    await time.pass(110_000);
    expect([...database.rows.keys()]).toEqual(['a']);
    const outcome = revoke(a);
    await time.pass(200);
    expect(outcome.told).toEqual([]);
    b.link.isDown = false;
    await time.pass(3_000);
    expect([...database.rows.keys()]).toEqual(['a', 'b']);
    expect([b.accepts, b.applied]).toEqual([true, ['k']]);
    expect(a.member.nodes.map(({ name, isSelf, isSilent }) => [name, isSelf, isSilent])).toEqual([
      ['a', true, false],
      ['b', false, false],
    ]);
  });

  test('who cannot reach the database any more after a change cannot know, and says so', async () => {
    const [a] = (await start('a', 'b')) as [FakeNode, FakeNode];
    database.change('k');
    a.link.isDown = true;
    const outcome = revoke(a);
    await time.pass(61_000);
    expect(outcome.error).toMatchObject({ message: 'The database cannot be reached.' });
  });

  test('the database may fail while the others are waited for: then the end of their leases is', async () => {
    const [a, b] = (await start('a', 'b')) as [FakeNode, FakeNode];
    b.link.isDown = true;
    const outcome = revoke(a);
    await time.pass(1_000);
    a.link.isDown = true;
    await time.pass(51_000);
    expect(outcome.told).toEqual([{ name: 'b', state: 'lease-ended', ms: expect.any(Number) }]);
    expect(b.accepts).toBe(false);
  });

  test('a lease that is longer than the wait leaves the gateway pending', async () => {
    const slow = new FakeNode(database, time, 'slow', 300_000);
    await slow.start();
    const [a] = (await start('a')) as [FakeNode];
    slow.link.isDown = true;
    const outcome = revoke(a);
    await time.pass(61_000);
    expect(outcome.told).toEqual([{ name: 'slow', state: 'pending', ms: 60_000 }]);
    expect(slow.accepts).toBe(true);
  });
});
