import { describe, expect, test } from 'vitest';
import { hit, openTable } from './testdata/open-table.ts';

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

  test('of clients at their limits gives away the one that was used longest ago', () => {
    const table = openTable(8);
    for (const client of clients(8)) {
      table.take(hit(client, { perHour: 1 }));
      table.nowMs += 10;
    }
    expect(table.take(hit('new', { perHour: 1 }))).toBe(true);
    expect(clients(7, 1).map((client) => table.take(hit(client, { perHour: 1 })))).toEqual(
      Array(7).fill(false),
    );
    expect(table.take(hit('client-0', { perHour: 1 }))).toBe(true);
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
