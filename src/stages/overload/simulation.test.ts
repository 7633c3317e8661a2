import { describe, expect, test } from 'vitest';
import type { Loads } from '../../core/load.ts';
import { createLoadTable } from '../../stores/shared/load-table.ts';
import { openLoads } from '../../stores/shared/shared-loads.ts';
import { type Demand, refusedShare, type ServiceMs, Simulation, totalOf } from './testdata/simulation.ts';

const newLoads = (): Loads => openLoads(createLoadTable(64, 1), 0);
const exponential =
  (meanMs: number): ServiceMs =>
  (random) =>
    -Math.log(1 - random()) * meanMs;
const constant =
  (ms: number): ServiceMs =>
  () =>
    ms;

/** Callers of five tiers that together ask for this many times what the upstream takes. */
function demands(perS: number, parts: readonly number[]): Demand[] {
  const tiers = ['stranger', 'free', 'basic', 'pro', 'enterprise'];
  return tiers.map((tier, at) => ({ tier, perS: perS * (parts[at] as number) }));
}

const CALM = [0.05, 0.2, 0.1, 0.05, 0.05];
/** Three times what the upstream takes. */
const FLOOD = [1.2, 1, 0.4, 0.2, 0.2];

function flood(sim: Simulation, perS: number, parts: readonly number[]): void {
  sim.options.demands.forEach((demand, at) => {
    demand.perS = perS * (parts[at] as number);
  });
}

describe.each([
  ['quick and many at once', 30, exponential(20)],
  ['a few at once', 10, exponential(50)],
  ['a few at once, all alike', 10, constant(50)],
  ['very quick', 10, constant(5)],
])('three times more than the upstream takes: %s', (_name, servers, service) => {
  const meanMs = service(() => 1 - Math.exp(-1), 0);
  const perS = (servers * 1000) / meanMs;

  test.each([1, 2, 3])('goodput stays, the low tiers go first (seed %i)', (seed) => {
    const loads = newLoads();
    const all = demands(perS, CALM);
    const sim = new Simulation({ servers, serviceMs: { '': service }, demands: all, loads, seed });
    const calm = sim.run(20_000);
    expect(totalOf(calm, 'refused')).toBe(0);

    flood(sim, perS, FLOOD);
    let [served, refused, asked] = [0, 0, 0];
    for (let second = 0; second < 40; second += 4) {
      const tallies = sim.run(4000);
      const goodput = totalOf(tallies, 'answered') / 4 / perS;
      // In every four seconds of it: nothing swings.
      expect(goodput).toBeGreaterThan(0.88);
      served += goodput / 10;
      const enterprise = tallies.get('enterprise');
      refused += enterprise?.refused ?? 0;
      asked += (enterprise?.refused ?? 0) + (enterprise?.admitted ?? 0);
      if (second >= 4) {
        expect(refusedShare(tallies, 'enterprise')).toBeLessThan(0.01);
        expect(refusedShare(tallies, 'pro')).toBeLessThan(0.15);
        expect(refusedShare(tallies, 'free')).toBeGreaterThan(0.5);
        expect(refusedShare(tallies, 'stranger')).toBeGreaterThan(0.8);
      }
    }
    expect(served).toBeGreaterThan(0.95);
    // The beginning counts as well, while the queue from before the limit is worked off.
    expect(refused / asked).toBeLessThan(0.015);

    flood(sim, perS, CALM);
    sim.run(10_000);
    expect(totalOf(sim.run(20_000), 'refused')).toBe(0);
    expect(loads.upstream('orders').limit).toBe(0);
  });
});

test('a few slow requests at once: coarse, but in order', () => {
  const perS = 20;
  const sim = new Simulation({
    servers: 20,
    serviceMs: { '': exponential(1000) },
    demands: demands(perS, CALM),
    loads: newLoads(),
  });
  sim.run(60_000);
  flood(sim, perS, FLOOD);
  sim.run(20_000);
  const tallies = sim.run(60_000);
  expect(totalOf(tallies, 'answered') / 60 / perS).toBeGreaterThan(0.85);
  expect(refusedShare(tallies, 'enterprise')).toBeLessThan(0.05);
  expect(refusedShare(tallies, 'stranger')).toBeGreaterThan(0.9);
});

test('the lowest tier alone may use all of it', () => {
  const sim = new Simulation({
    servers: 10,
    serviceMs: { '': exponential(50) },
    demands: [{ tier: 'free', perS: 60 }],
    loads: newLoads(),
  });
  sim.run(20_000);
  (sim.options.demands[0] as Demand).perS = 600;
  sim.run(5_000);
  expect(totalOf(sim.run(20_000), 'answered') / 20 / 200).toBeGreaterThan(0.95);
});

test('two threads find one limit', () => {
  const table = createLoadTable(64, 2);
  const [one, other] = [openLoads(table, 0), openLoads(table, 1)];
  const first = one.upstream('orders');
  const second = other.upstream('orders');
  first.begin(1, true);
  second.begin(3, true);
  second.begin(0, false);
  expect([first.total, second.total, first.countFrom(0), second.countFrom(2)]).toEqual([3, 3, 2, 1]);
  for (let at = 0; at < 100; at++) first.sample(at * 10, at * 10, 3, 30);
  expect(first.limit).toBeGreaterThan(0);
  expect(second.limit).toBe(first.limit);
  expect(second.isCalm).toBe(false);
});

describe('what is slow without being full', () => {
  test('an endpoint that is always slow refuses nobody', () => {
    const sim = new Simulation({
      servers: 1000,
      serviceMs: { quick: exponential(20), export: exponential(3000) },
      demands: [
        { tier: 'free', perS: 200, endpoint: 'quick' },
        { tier: 'free', perS: 5, endpoint: 'export' },
      ],
      loads: newLoads(),
    });
    sim.run(60_000);
    (sim.options.demands[1] as Demand).perS = 100;
    expect(totalOf(sim.run(60_000), 'refused')).toBe(0);
  });

  test('an upstream that became slower for good refuses nobody for long', () => {
    let factor = 1;
    const sim = new Simulation({
      servers: 1000,
      serviceMs: { '': (random) => -Math.log(1 - random()) * 100 * factor },
      demands: [
        { tier: 'free', perS: 300 },
        { tier: 'enterprise', perS: 100 },
      ],
      loads: newLoads(),
    });
    sim.run(20_000);
    factor = 4;
    const first = sim.run(20_000);
    expect(refusedShare(first, 'free')).toBeLessThan(0.25);
    expect(refusedShare(first, 'enterprise')).toBeLessThan(0.01);
    expect(totalOf(sim.run(60_000), 'refused')).toBe(0);
  });

  test('a flood of quick answers that ends does not make the usual ones look slow for long', () => {
    let isFlooded = false;
    const sim = new Simulation({
      servers: 1000,
      serviceMs: { '': (random) => (isFlooded && random() < 0.9 ? 1 : 150 * (0.5 + random())) },
      demands: [{ tier: 'free', perS: 400 }],
      loads: newLoads(),
    });
    sim.run(20_000);
    isFlooded = true;
    sim.run(120_000);
    isFlooded = false;
    expect(refusedShare(sim.run(20_000), 'free')).toBeLessThan(0.25);
    expect(totalOf(sim.run(60_000), 'refused')).toBe(0);
  });

  test('an endpoint that hangs, in an upstream that still has room, costs the others nothing', () => {
    let isHanging = false;
    const sim = new Simulation({
      servers: 5000,
      serviceMs: {
        quick: exponential(20),
        db: (random) => (isHanging ? 10_000 : -Math.log(1 - random()) * 20),
      },
      demands: [
        { tier: 'enterprise', perS: 300, endpoint: 'quick' },
        { tier: 'enterprise', perS: 100, endpoint: 'db' },
      ],
      loads: newLoads(),
    });
    sim.run(20_000);
    isHanging = true;
    const tallies = sim.run(60_000);
    expect(refusedShare(tallies, 'enterprise@quick')).toBeLessThan(0.01);
  });
});

test('less capacity, then more: the limit follows both ways', () => {
  const sim = new Simulation({
    servers: 40,
    serviceMs: { '': exponential(50) },
    demands: demands(800, CALM),
    loads: newLoads(),
  });
  sim.run(20_000);
  flood(sim, 800, FLOOD);
  sim.run(10_000);
  sim.options.servers = 20;
  sim.run(5_000);
  expect(totalOf(sim.run(10_000), 'answered') / 10 / 400).toBeGreaterThan(0.9);
  sim.options.servers = 40;
  sim.run(10_000);
  expect(totalOf(sim.run(10_000), 'answered') / 10 / 800).toBeGreaterThan(0.9);
});
