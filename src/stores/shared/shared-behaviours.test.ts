import { expect, test } from 'vitest';
import type { BehaviourFinding, BehaviourLimits, SeenRequest } from '../../core/behaviour.ts';
import { lookAtTarget } from '../../lib/behaviour/object-path.ts';
import { createBehaviourTable } from './behaviour-table.ts';
import { openBlockedClients } from './blocked-clients.ts';
import { SharedBehaviours } from './shared-behaviours.ts';

const START_MS = Date.UTC(2026, 10, 26);
const OFF = { action: 'off' } as const;
const LIMITS: BehaviourLimits = {
  windowS: 600,
  blockS: 900,
  guessing: { action: 'block', objects: 50, refusedPercent: 50 },
  walking: { ...OFF, steps: 1 },
  probing: { ...OFF, paths: 1 },
  scraping: { ...OFF, objects: 1 },
};
const CLIENT = { scope: 'orders', key: 'ip 192.0.2.7', label: '192.0.2.7' };

class World {
  nowMs = START_MS;
  readonly #memory = createBehaviourTable({ clients: 64 });
  /** As two threads see the same memory. */
  readonly #threads = [new SharedBehaviours(this.#memory), new SharedBehaviours(this.#memory)];
  readonly blocked = openBlockedClients(this.#memory);
  #asked = 0;

  ask(
    target: string,
    status: number,
    limits = LIMITS,
    client = CLIENT,
    isPrivileged = false,
  ): BehaviourFinding | null {
    const [path = '', query = ''] = target.split('?');
    const object = { template: 0, object: 0, ordinal: 0 };
    lookAtTarget(path, query, object);
    const outcomes: Record<number, SeenRequest['outcome']> = {
      200: 'read',
      403: 'forbidden',
      404: 'missing',
    };
    const seen = { object, outcome: outcomes[status] ?? 'other', isPrivileged };
    return this.#threads[this.#asked++ % 2]!.note(client, seen, limits, this.nowMs);
  }

  block(client = CLIENT) {
    return this.#threads[0]!.blockOf(client, this.nowMs);
  }
}

test('guessing is found where more objects than let be do not exist for the client, and blocks it', () => {
  const world = new World();
  let found: BehaviourFinding | null = null;
  let asked = 0;
  for (; found === null && asked < 100; asked++) found = world.ask(`/orders/${7919 * (asked + 1)}`, 404);
  expect(found).toEqual({ rule: 'guessing', count: expect.any(Number), untilMs: START_MS + 900_000 });
  expect(asked).toBeGreaterThan(47);
  expect(asked).toBeLessThan(56);
  expect(world.block()).toEqual({ rule: 'guessing', untilMs: START_MS + 900_000 });
  expect(world.block({ ...CLIENT, scope: 'users' })).toBeNull();
  expect(world.block({ ...CLIENT, key: 'ip 192.0.2.8' })).toBeNull();
  world.nowMs += 899_000;
  expect(world.block()).not.toBeNull();
  world.nowMs += 1000;
  expect(world.block()).toBeNull();
});

test.each([
  [
    'most of them exist',
    (at: number) => ({ target: `/orders/${at * 31}`, status: at % 3 === 0 ? 404 : 200 }),
  ],
  ['it is always the same', () => ({ target: '/orders/1', status: 404 })],
  ['they name no object', (at: number) => ({ target: `/orders/name-${'abcdefgh'[at % 8]}`, status: 404 })],
  ['the answers say nothing', (at: number) => ({ target: `/orders/${at}`, status: 500 })],
])('guessing is not found where %s', (_, request) => {
  const world = new World();
  for (let at = 0; at < 400; at++) {
    const { target, status } = request(at);
    expect(world.ask(target, status)).toBeNull();
  }
});

test('what is older than a window does not count, and what is spread thinly is not found', () => {
  const world = new World();
  for (let at = 0; at < 400; at++) {
    world.nowMs += 20_000;
    expect(world.ask(`/orders/${at * 7919}`, 404)).toBeNull();
  }
  world.nowMs += 3_600_000;
  for (let at = 0; at < 40; at++) expect(world.ask(`/orders/${at}`, 404)).toBeNull();
});

test('a burst around the middle of a window is seen whole', () => {
  const world = new World();
  world.nowMs += 299_000;
  for (let at = 0; at < 30; at++) world.ask(`/orders/${at * 7}`, 404);
  world.nowMs += 2000;
  const found = Array.from({ length: 30 }, (_, at) => world.ask(`/orders/${1000 + at * 7}`, 404));
  expect(found.filter((each) => each !== null)).toHaveLength(1);
});

test('walking is told once per window where it is only logged, up and down', () => {
  const limits = {
    ...LIMITS,
    guessing: { ...LIMITS.guessing, action: 'off' as const },
    walking: { action: 'log' as const, steps: 20 },
  };
  const world = new World();
  const found = Array.from({ length: 100 }, (_, at) => world.ask(`/orders/ord_${5000 - at}`, 200, limits));
  expect(found.filter((each) => each !== null)).toEqual([{ rule: 'walking', count: 21, untilMs: 0 }]);
  expect(world.block()).toBeNull();
  world.nowMs += 601_000;
  const later = Array.from({ length: 100 }, (_, at) => world.ask(`/orders/ord_${9000 + at}`, 200, limits));
  expect(later.filter((each) => each !== null)).toHaveLength(1);
});

test.each([
  ['jumps', (at: number) => `/orders/${at * 10}`],
  ['back and forth', (at: number) => `/orders/${5 + (at % 2)}`],
  ['of different kinds', (at: number) => `/${at % 2 === 0 ? 'orders' : 'users'}/${at}`],
])('numbers with %s are no walk', (_, target) => {
  const limits = {
    ...LIMITS,
    guessing: { ...LIMITS.guessing, action: 'off' as const },
    walking: { action: 'log' as const, steps: 20 },
  };
  const world = new World();
  for (let at = 0; at < 200; at++) expect(world.ask(target(at), 200, limits)).toBeNull();
});

test('probing counts different paths that are forbidden or privileged', () => {
  const limits = {
    ...LIMITS,
    guessing: { ...LIMITS.guessing, action: 'off' as const },
    probing: { action: 'block' as const, paths: 5 },
  };
  const world = new World();
  for (let at = 0; at < 50; at++) expect(world.ask('/admin', 403, limits)).toBeNull();
  const paths = ['/admin/users', '/admin/roles', '/debug', '/internal/jobs'];
  for (const path of paths) expect(world.ask(path, 404, limits, CLIENT, true)).toBeNull();
  expect(world.ask('/reports', 403, limits)).toMatchObject({ rule: 'probing', count: 6 });
});

test('scraping counts what was read', () => {
  const limits = { ...LIMITS, scraping: { action: 'log' as const, objects: 300 } };
  const world = new World();
  const found = Array.from({ length: 600 }, (_, at) => world.ask(`/items/${at * 13}`, 200, limits));
  expect(found.filter((each) => each !== null)).toEqual([
    { rule: 'scraping', count: expect.any(Number), untilMs: 0 },
  ]);
});

test('blocked clients are listed and let in again; others do not push them out', () => {
  const world = new World();
  for (let at = 0; at < 60; at++) world.ask(`/orders/${at * 7919}`, 404);
  for (let at = 0; at < 2000; at++) {
    const label = `10.0.${at >> 8}.${at & 255}`;
    world.ask('/orders/1', 404, LIMITS, { scope: 'orders', key: `ip ${label}`, label });
  }
  expect(world.blocked.list(world.nowMs)).toEqual([
    { scope: 'orders', client: '192.0.2.7', rule: 'guessing', untilMs: START_MS + 900_000 },
  ]);
  expect(world.blocked.unblock('192.0.2.8', world.nowMs)).toBe(0);
  expect(world.blocked.unblock('192.0.2.7', world.nowMs)).toBe(1);
  expect(world.block()).toBeNull();
  expect(world.blocked.list(world.nowMs)).toEqual([]);
});
