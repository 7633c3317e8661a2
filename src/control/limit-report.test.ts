import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestServices, START_MS, type TestServices } from '../../test/support/control-services.ts';
import { limited } from '../../test/support/limit-activity-suite.ts';
import { Problem, type RawInput, runOperation } from './operation.ts';
import { OPERATIONS, type ResultOf } from './operations.ts';

const HOUR_MS = 3_600_000;
let world: TestServices;

beforeEach(async () => {
  world = await openTestServices();
  world.nowMs = START_MS + 60_000;
});
afterEach(() => world.close());

async function report(query: RawInput['query'] = {}): Promise<ResultOf<'reportLimits'>> {
  const result = await runOperation(OPERATIONS.reportLimits, world.services, { query });
  expect(result).not.toBeInstanceOf(Problem);
  return result as ResultOf<'reportLimits'>;
}

test('without anything counted the report says so', async () => {
  expect(await report()).toMatchObject({
    from: new Date(START_MS + HOUR_MS - 30 * 86_400_000).toISOString(),
    to: new Date(START_MS + HOUR_MS).toISOString(),
    total: { requests: 0, refused: 0, observed: 0, share: 0 },
    tiers: [],
    clients: [],
    events: [],
  });
});

test('tiers have their share of the refused, clients come by how often they were refused', async () => {
  const { limitActivity } = world.services;
  await limitActivity.addHours([
    {
      hourMs: START_MS,
      requests: 1000,
      limited: [
        limited({ refused: 30, client: '192.0.2.1', lastAtMs: START_MS + 1 }),
        limited({ refused: 50, client: '192.0.2.2', lastAtMs: START_MS + 2 }),
        limited({
          tier: 'pro',
          limit: 'tier "pro"',
          refused: 20,
          client: '192.0.2.1',
          lastAtMs: START_MS + 3,
        }),
        limited({ tier: 'pro', limit: 'tier "pro"', refused: 0, observed: 7, client: '192.0.2.3' }),
      ],
    },
    { hourMs: START_MS - 40 * 86_400_000, requests: 5, limited: [limited({ refused: 5 })] },
  ]);
  const found = await report();
  expect(found.total).toEqual({ requests: 1000, refused: 100, observed: 7, share: 0.1 });
  expect(found.tiers).toEqual([
    { tier: 'free', refused: 80, observed: 0, share: 0.8 },
    { tier: 'pro', refused: 20, observed: 7, share: 0.2 },
  ]);
  expect(found.clients.map(({ client, refused }) => [client, refused])).toEqual([
    ['192.0.2.1', 50],
    ['192.0.2.2', 50],
    ['192.0.2.3', 0],
  ]);
  expect(found.clients[0]).toMatchObject({
    tiers: ['free', 'pro'],
    lastAt: new Date(START_MS + 3).toISOString(),
  });
  expect((await report({ top: '1' })).clients).toHaveLength(1);
  expect((await report({ from: '2026-01-01T00:00:00Z' })).total.requests).toBe(1005);
  expect((await report({ to: '2026-11-01T00:00:00+01:00' })).total.requests).toBe(5);
});

test('a key is shown by its first characters, its name and its owner', async () => {
  const made = await runOperation(OPERATIONS.createKey, world.services, {
    body: { name: 'Partner', owner: 'ACME' },
  });
  const { record, key } = made as ResultOf<'createKey'>;
  const { id } = record;
  await world.services.limitActivity.addHours([
    { hourMs: START_MS, requests: 1, limited: [limited({ kind: 'key', client: id })] },
  ]);
  const { clients } = await report();
  expect(clients[0]).toMatchObject({
    kind: 'key',
    client: id,
    name: `${key.slice(0, 8)}… Partner`,
    owner: 'ACME',
  });
});

test('bursts that were told of are in the report of their period', async () => {
  const { notices } = world.services;
  await notices.record({ kind: 'ratelimit.burst-abuse', dedupeKey: 'a 1', payload: { client: 'key:a' } });
  expect((await report()).events).toMatchObject([
    { kind: 'ratelimit.burst-abuse', payload: { client: 'key:a' } },
  ]);
  expect((await report({ to: '2026-01-01T00:00:00Z' })).events).toEqual([]);
});

test.each([
  { from: 'yesterday' },
  { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
  { top: '0' },
])('the period %j is refused', async (query) => {
  const result = await runOperation(OPERATIONS.reportLimits, world.services, { query });
  expect(result).toBeInstanceOf(Problem);
  expect((result as Problem).status).toBe(422);
});
