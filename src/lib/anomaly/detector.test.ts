import { describe, expect, test } from 'vitest';
import { AnomalyDetector, type DetectorSettings, type Finding } from './detector.ts';
import { countryNumber } from './window-batch.ts';
import { WindowTable } from './window-table.ts';

const MINUTE_MS = 60_000;
const SETTINGS: DetectorSettings = {
  threshold: 3,
  learnMs: 60 * MINUTE_MS,
  minimumHistory: 60,
  settleMs: 60 * MINUTE_MS,
  minimumRequests: 20,
  maxClients: 1_000,
  seed: 5,
};

interface Does {
  readonly rate: number;
  readonly status?: number;
  readonly paths?: number;
  readonly country?: string;
  readonly isAddress?: boolean;
}

/** A gateway of a few clients, minute by minute. */
class World {
  nowMs = 0;
  readonly detector: AnomalyDetector;
  readonly #principals = new WindowTable(1_000, 1);
  readonly #addresses = new WindowTable(1_000, 1);

  constructor(settings: Partial<DetectorSettings> = {}) {
    this.detector = new AnomalyDetector({ ...SETTINGS, ...settings }, 0);
  }

  minute(clients: Readonly<Record<string, Does>>): Finding[] {
    this.nowMs += MINUTE_MS;
    for (const [
      client,
      { rate, status = 200, paths = 5, country = 'DE', isAddress = false },
    ] of Object.entries(clients)) {
      const table = isAddress ? this.#addresses : this.#principals;
      const countryAt = countryNumber(country);
      for (let i = 0; i < rate; i++)
        table.note({
          client,
          status,
          durationMs: 20,
          userAgent: 'x',
          path: `/${i % paths}`,
          country: countryAt,
        });
    }
    const sources = [
      { batch: this.#principals.take(), isAddress: false },
      { batch: this.#addresses.take(), isAddress: true },
    ];
    const observing = this.detector.observe(sources, this.nowMs);
    for (;;) {
      const { done, value } = observing.next();
      if (done === true) return value;
    }
  }

  /** Some clients that do the same all the time, give or take a fifth. */
  usual(over: Readonly<Record<string, Does>> = {}): Record<string, Does> {
    const some: Record<string, Does> = {};
    for (let i = 0; i < 10; i++) some[`c${i}`] = { rate: 30 + i + ((this.nowMs / MINUTE_MS + i * 3) % 7) };
    some.office = { rate: 40, isAddress: true };
    return { ...some, ...over };
  }

  learn(minutes: number, over: Readonly<Record<string, Does>> = {}): Finding[] {
    return Array.from({ length: minutes }, () => this.minute(this.usual(over))).flat();
  }
}

test('nothing is found before there is enough history, whatever happens', () => {
  const world = new World();
  for (let i = 0; i < 59; i++)
    expect(world.minute(world.usual({ c0: { rate: 500, status: 401, paths: 500 } }))).toEqual([]);
});

describe('after enough history', () => {
  test('what is usual finds nobody', () => {
    expect(new World().learn(400)).toEqual([]);
  });

  test('a spike is found in its second minute, with what drove it', () => {
    const world = new World();
    world.learn(200);
    expect(world.minute(world.usual({ c0: { rate: 500 } }))).toEqual([]);
    const [finding, ...others] = world.minute(world.usual({ c0: { rate: 500 } }));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ client: 'c0', kind: 'unusual', isAddress: false });
    expect(finding?.drivers[0]).toMatchObject({ feature: 'requests' });
    expect(finding?.amongAll).toBeGreaterThan(3);
    expect(finding?.amongOwn).toBeGreaterThan(3);
  });

  test('one strange minute alone is an accident', () => {
    const world = new World();
    world.learn(200);
    const found = [500, 30, 30, 500, 30, 30].flatMap((rate) => world.minute(world.usual({ c0: { rate } })));
    expect(found).toEqual([]);
  });

  test('a large client is nothing strange', () => {
    const world = new World();
    expect(world.learn(300, { enterprise: { rate: 2_000, paths: 300 } })).toEqual([]);
  });

  test('a new client may be large; a new address that guesses credentials is found', () => {
    const world = new World();
    world.learn(200);
    expect(world.learn(10, { newcomer: { rate: 2_000, paths: 300 } })).toEqual([]);
    const found = world.learn(3, { thief: { rate: 60, status: 401, isAddress: true } });
    expect(found.map(({ client }) => client)).toContain('thief');
    expect(found[0]?.drivers.map(({ feature }) => feature)).toContain('refusedCredentials');
  });

  test('what upstreams do to one client is not its fault', () => {
    const world = new World();
    world.learn(200);
    expect(world.learn(20, { c0: { rate: 33, status: 502 } })).toEqual([]);
  });

  test('requests from a country that it never came from want a look, and nothing else', () => {
    const world = new World();
    world.learn(200);
    const [finding] = world.minute(world.usual({ c0: { rate: 33, country: 'KP' } }));
    expect(finding).toMatchObject({ client: 'c0', kind: 'new-country' });
  });

  test('what most known clients do at once is nobody’s own change', () => {
    const world = new World({ maxClients: 2_000 });
    const many = (rate: number) =>
      Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`m${i}`, { rate: rate + i } as Does]));
    for (let i = 0; i < 200; i++) world.minute(many(30));
    const found = Array.from({ length: 10 }, () => world.minute(many(100))).flat();
    expect(found).toEqual([]);
  });
});

describe('attacks', () => {
  test('a climb from 20 to 200 in two hours is found before it is at 100', () => {
    const world = new World({ learnMs: 24 * 60 * MINUTE_MS, settleMs: 240 * MINUTE_MS });
    world.learn(24 * 60 + 200, { climber: { rate: 20 } });
    let foundAt = 0;
    for (let minute = 0; minute < 120 && foundAt === 0; minute++) {
      const rate = Math.round(20 * 10 ** (minute / 120));
      const found = world.minute(world.usual({ climber: { rate } }));
      if (found.some(({ client }) => client === 'climber')) foundAt = rate;
    }
    expect(foundAt).toBeGreaterThan(20);
    expect(foundAt).toBeLessThan(100);
  });

  test('whoever teaches the gateway slowly needs longer than half a day for ten times its rate', () => {
    const world = new World({ learnMs: 24 * 60 * MINUTE_MS, settleMs: 240 * MINUTE_MS });
    world.learn(24 * 60, { patient: { rate: 20 } });
    let foundAt = 0;
    for (let minute = 0; minute < 720 && foundAt === 0; minute++) {
      const rate = Math.round(20 * 10 ** (minute / 720));
      const found = world.minute(world.usual({ patient: { rate } }));
      if (found.some(({ client }) => client === 'patient')) foundAt = rate;
    }
    expect(foundAt).toBeGreaterThan(20);
    expect(foundAt).toBeLessThan(200);
  });

  test('guessing credentials never becomes normal, however long it goes on', () => {
    const world = new World();
    world.learn(200);
    const guess = { guesser: { rate: 60, status: 401, isAddress: true } };
    world.learn(200, { guesser: { rate: 30, isAddress: true } });
    world.learn(1_500, guess);
    const found = world.learn(3, guess);
    expect(found.map(({ client }) => client)).toContain('guesser');
  });

  test('a flood of new clients teaches nothing and displaces nobody who is known', () => {
    const world = new World({ maxClients: 100 });
    world.learn(200);
    for (let minute = 0; minute < 20; minute++) {
      const flood: Record<string, Does> = {};
      for (let i = 0; i < 200; i++) flood[`f${minute}-${i}`] = { rate: 25, status: 401, paths: 25 };
      world.minute(world.usual(flood));
    }
    world.minute(world.usual({ c0: { rate: 500 } }));
    const found = world.minute(world.usual({ c0: { rate: 500 } }));
    expect(found.map(({ client }) => client)).toContain('c0');
    expect(world.detector.state.clients).toBeLessThanOrEqual(100);
  });
});

test('a client that is forgotten is new', () => {
  const world = new World();
  world.learn(200);
  expect(world.detector.forget('c0', false)).toBe(true);
  expect(world.detector.forget('c0', false)).toBe(false);
  expect(world.learn(10, { c0: { rate: 500 } })).toEqual([]);
});
