import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/stores/sql/open-database.ts';
import { newKey } from '../support/authentication-world.ts';
import { type Address, hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const openRaw = ({ address: { host, port, database, user, password } }: Address) =>
  new Client({ host, port, database, user, password });
const clock = { nowMs: () => 1_000 };

describe.runIf(hasPostgres())('the feed of changes', () => {
  let server: TestPostgres;
  let at: Address;
  let opened: Database[];

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  beforeEach(() => {
    at = server.createDatabase();
    opened = [];
    return async () => {
      for (const database of opened) await database.close();
    };
  });

  async function open(): Promise<Database & { shared: NonNullable<Database['shared']> }> {
    const database = await openDatabase({ location: { kind: 'postgres', address: at.address }, clock });
    opened.push(database);
    if (database.shared === null) throw new Error('no feed');
    return { ...database, shared: database.shared };
  }

  test('a reader misses nothing of what many writers change at the same time, and gets it in order', async () => {
    const databases = await Promise.all([open(), open(), open(), open()]);
    const reader = await open();
    const seen: string[] = [];
    let position = 0;
    let isOver = false;
    const read = async (): Promise<void> => {
      const changes = await reader.shared.changesAfter(position);
      expect(changes.isWhole).toBe(true);
      const ids = [...(changes.ids.get('api-key') ?? [])];
      // Every number between the two positions was there.
      expect(changes.position - position).toBeGreaterThanOrEqual(ids.length);
      // What is announced can be read: the change is visible when its number is.
      for (const id of ids) expect(await reader.keys.find(id)).not.toBeNull();
      seen.push(...ids);
      position = changes.position;
    };
    const reading = (async () => {
      while (!isOver) await read();
    })();
    const ids = (
      await Promise.all(
        databases.map(async (database) => {
          const own: string[] = [];
          await Promise.all(
            Array.from({ length: 8 }, async () => {
              for (let i = 0; i < 12; i++) {
                const { id, record } = newKey();
                await database.keys.create(record);
                own.push(id);
              }
            }),
          );
          return own;
        }),
      )
    ).flat();
    isOver = true;
    await reading;
    await read();
    expect([position, seen.length]).toEqual([ids.length, ids.length]);
    expect(new Set(seen)).toEqual(new Set(ids));
  });

  test('a change that is rolled back leaves no gap, and one that was not committed is not seen', async () => {
    const database = await open();
    const { record } = newKey();
    await database.keys.create(record);
    await expect(database.keys.create(record)).rejects.toThrow(/unique/i);
    expect(await database.shared.position()).toBe(1);
    await database.keys.revoke(record.id, 5);
    expect(await database.shared.changesAfter(1)).toMatchObject({ position: 2, isWhole: true, isLast: true });
  });

  test('a writer that freezes with the number in its hand is cut off, and the next one goes on', async () => {
    const database = await open();
    await database.keys.create(newKey().record);
    // As a gateway that was stopped between taking the number and committing.
    const frozen = openRaw(at);
    await frozen.connect();
    await frozen.query("set idle_in_transaction_session_timeout = '5s'");
    await frozen.query('begin');
    await frozen.query('update change_counter set last = last + 1');
    const cut = new Promise((resolve) => frozen.on('error', resolve));
    await database.keys.create(newKey().record);
    expect(String(await cut)).toMatch(/idle-in-transaction/);
    expect(await database.shared.position()).toBe(2);
  });

  test('what was forgotten, and a database that was set back, is noticed', async () => {
    const database = await open();
    for (let i = 0; i < 30; i++) await database.keys.create(newKey().record);
    await database.shared.pruneChanges(10);
    expect(await database.shared.changesAfter(20)).toMatchObject({ position: 30, isWhole: true });
    expect(await database.shared.changesAfter(19)).toMatchObject({ position: 30, isWhole: false });
    expect(await database.shared.changesAfter(31)).toMatchObject({ position: 30, isWhole: false });
    expect((await database.shared.changesAfter(30)).ids.size).toBe(0);
  });

  test('a thousand changes and more are read in rounds', async () => {
    const database = await open();
    server.sql(
      at.name,
      "insert into changes select n, 'api-key', 'k' || n from generate_series(1, 2500) n; update change_counter set last = 2500",
    );
    const rounds: number[] = [];
    for (let position = 0; ; ) {
      const changes = await database.shared.changesAfter(position);
      position = changes.position;
      rounds.push(position);
      if (changes.isLast) break;
    }
    expect(rounds).toEqual([1000, 2000, 2500]);
  });

  test('beats are told apart, by whatever clock', async () => {
    const [one, two] = await Promise.all([open(), open()]);
    const node = { id: 'n1', name: 'gw-a', version: '1.0.0', leaseMs: 50_000 };
    await one.shared.beat({ ...node, applied: 3 });
    const [first] = await two.shared.nodes();
    expect(first).toMatchObject({ ...node, applied: 3 });
    expect(first?.beatAgeMs).toBeLessThan(5_000);
    await one.shared.beat({ ...node, applied: 4 });
    const [second] = await two.shared.nodes();
    expect(second?.applied).toBe(4);
    expect(second?.beat).not.toBe(first?.beat);
    await one.shared.removeNodes(['n1']);
    expect(await two.shared.nodes()).toEqual([]);
  });
});
