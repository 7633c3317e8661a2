import { describe, expect, test } from 'vitest';
import { openCounterTable, unplacedClients } from './counter-table.ts';
import { hit, NOW_MS, openTable } from './testdata/open-table.ts';

describe('a full set', () => {
  const clients = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `client-${from + i}`);

  test('gives away the entry that was used longest ago', () => {
    const table = openTable(8);
    for (const client of clients(8)) {
      table.take(hit(client, { perDay: 5 }));
      table.nowMs += 1000;
    }
    table.take(hit('client-0', { perDay: 5 }));
    table.take(hit('new', { perDay: 5 }));
    table.take(hit('client-0', { perDay: 5 }));
    expect(table.state.remaining, 'used again just before').toBe(2);
    table.take(hit('client-2', { perDay: 5 }));
    expect(table.state.remaining).toBe(3);
    table.take(hit('client-1', { perDay: 5 }));
    expect(table.state.remaining, 'was given away').toBe(4);
  });

  test('prefers an entry whose windows are over to one that counts, even if it was used later', () => {
    const table = openTable(8);
    for (const client of clients(7)) table.take(hit(client, { perDay: 5 }));
    table.nowMs += 1000;
    table.take(hit('short', { perMinute: 5 }));
    table.nowMs += 62_000;
    table.take(hit('new', { perDay: 5 }));
    for (const client of clients(7)) {
      table.take(hit(client, { perDay: 5 }));
      expect(table.state.remaining).toBe(3);
    }
  });

  test('keeps a client that is at its limit: flooding with others does not free it', () => {
    const table = openTable(8);
    const mine = hit('attacker', { perHour: 2 });
    expect(table.takeMany(3, mine)).toBe(2);
    for (const client of clients(500)) {
      table.nowMs += 10;
      table.take(hit(client, { perHour: 2 }));
    }
    expect(table.take(mine)).toBe(false);
  });

  test('keeps a client that a lowered limit refuses', () => {
    const table = openTable(8);
    table.takeMany(5, hit('attacker', { perHour: 10 }));
    expect(table.take(hit('attacker', { perHour: 4 }))).toBe(false);
    for (const client of clients(50)) table.take(hit(client, { perHour: 10 }));
    expect(table.take(hit('attacker', { perHour: 4 }))).toBe(false);
  });

  test('of clients at their limits has no place for another until the first of them has room', () => {
    const table = openTable(8);
    for (const client of clients(8)) {
      table.take(hit(client, { perHour: 1 }));
      table.nowMs += 1000;
    }
    const newcomer = hit('new', { perHour: 1 });
    expect(table.take(newcomer)).toBe(false);
    expect(table.state).toMatchObject({ degraded: 'deny', remaining: 0, resetMs: NOW_MS + 3_600_000 });
    expect(table.state.problem).toMatch(/clients at their limits/);
    expect(unplacedClients(openCounterTable(table.buffer))).toBe(1);
    for (const client of clients(8)) expect(table.take(hit(client, { perHour: 1 }))).toBe(false);
    table.nowMs = NOW_MS + 3_600_000 - 1;
    expect(table.take(newcomer)).toBe(false);
    table.nowMs += 1;
    expect(table.take(newcomer)).toBe(true);
    expect(unplacedClients(openCounterTable(table.buffer))).toBe(2);
    expect(clients(7, 1).map((client) => table.take(hit(client, { perHour: 1 })))).toEqual(
      Array(7).fill(false),
    );
  });

  test('of clients at their limits takes nothing of a request from its other counters', () => {
    const table = openTable(8);
    const known = hit('client-0', { perHour: 9 });
    table.take(known);
    for (const client of clients(7, 1)) table.take(hit(client, { perHour: 1 }));
    // The only one that could be forgotten is of the same request.
    expect(table.take(known, hit('new', { perHour: 1 }))).toBe(false);
    table.take(known);
    expect(table.state.remaining).toBe(7);
  });

  test('keeps one that was refused for what it asked, not only one with nothing left', () => {
    const table = openTable(8);
    const mine = { ...hit('c', { perHour: 10 }), cost: 4 };
    expect(table.takeMany(3, mine)).toBe(2);
    for (const client of clients(50)) table.take(hit(client, { perDay: 1000 }));
    expect(table.take(mine)).toBe(false);
    expect(table.state.remaining).toBe(2);
  });

  test('keeps one that was refused right after another was given a place', () => {
    const table = openTable(8);
    const mine = { ...hit('c', { perHour: 10 }), cost: 3 };
    expect(table.takeMany(2, mine)).toBe(2);
    table.take(hit('another', { perHour: 10 }));
    const dear = { ...mine, cost: 5 };
    expect(table.take(dear)).toBe(false);
    // They are worth more: only its being full keeps it.
    for (const client of clients(50)) table.take({ ...hit(client, { perDay: 10 }), cost: 3 });
    expect(table.take(dear)).toBe(false);
  });

  test('does not keep one that asked for what nobody may have', () => {
    const table = openTable(8);
    for (const client of clients(8)) {
      table.take(hit(client, { perHour: 10 }));
      expect(table.take({ ...hit(client, { perHour: 10 }), cost: 11 })).toBe(false);
    }
    expect(table.take(hit('new', { perHour: 10 }))).toBe(true);
  });

  test('keeps one whose bucket is empty, and one whose bursts are counted before one that says nothing', () => {
    const table = openTable(8);
    const burst = { capacity: 2, intervalMs: 60_000, isEnforced: true, reviewAbove: 3 };
    expect(table.takeMany(3, hit('bursting', { burst }))).toBe(2);
    for (const client of clients(100)) table.take(hit(client, { perDay: 1000 }));
    expect(table.take(hit('bursting', { burst }))).toBe(false);
  });

  test('forgets who used little of its limit before who used much, even if much was used earlier', () => {
    const table = openTable(8);
    const nearly = hit('nearly', { perDay: 100 });
    table.takeMany(90, nearly);
    // A place of its own in the set for each of a flood that asks once.
    for (const client of clients(2000)) {
      table.nowMs += 10_000;
      table.take(hit(client, { perDay: 100 }));
    }
    table.take(nearly);
    expect(table.state.remaining).toBe(9);
  });

  test('forgets who came last least where all used the same', () => {
    const table = openTable(8);
    for (const client of clients(9)) {
      table.nowMs += 1000;
      table.take(hit(client, { perDay: 5 }));
    }
    table.take(hit('client-8', { perDay: 5 }));
    expect(table.state.remaining).toBe(3);
    table.take(hit('client-0', { perDay: 5 }));
    expect(table.state.remaining).toBe(4);
  });

  test('keeps the entries of one request apart', () => {
    const table = openTable(8);
    for (const client of clients(8)) table.take(hit(client, { perDay: 5 }));
    const eight = clients(8, 100).map((client) => hit(client, { perDay: 5 }));
    expect(table.take(...eight)).toBe(true);
    expect(table.take(...eight)).toBe(true);
    expect(table.state.remaining).toBe(3);
  });

  test('is not touched by a request that is refused', () => {
    const table = openTable(8);
    for (const client of clients(7)) table.take(hit(client, { perDay: 5 }));
    const full = hit('full', { perDay: 1 });
    table.take(full);
    for (let i = 0; i < 20; i++) expect(table.take(full, hit(`new-${i}`, { perDay: 5 }))).toBe(false);
    for (const client of clients(7)) {
      table.take(hit(client, { perDay: 5 }));
      expect(table.state.remaining).toBe(3);
    }
  });
});
