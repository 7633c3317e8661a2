import { AnomalyDetector, type WindowSource } from '../../src/lib/anomaly/detector.ts';
import { seededRandom } from '../../src/lib/anomaly/seeded-random.ts';
import { type BookEvent, ThrottleBook } from '../../src/lib/anomaly/throttle-book.ts';
import { WindowTable } from '../../src/lib/anomaly/window-table.ts';
import { drawEpisodes } from './episodes.ts';
import { legitimateClients, stranger } from './population.ts';
import { type Behaviour, DAY_MINUTES, type Episode, MINUTE_MS, SimulatedClient } from './traffic.ts';

export interface EvaluationOptions {
  readonly seed: number;
  readonly clients: number;
  readonly days: number;
  /** Days at the beginning in which nothing happens. */
  readonly quietDays: number;
  /** Episodes of each kind of abuse. */
  readonly each: number;
}

export interface Evaluation {
  readonly clients: readonly Behaviour[];
  readonly episodes: readonly Episode[];
  /** What was decided, restored ones included. */
  readonly events: readonly BookEvent[];
  readonly clientDays: number;
}

const SETTINGS = {
  threshold: 3,
  learnMs: DAY_MINUTES * MINUTE_MS,
  minimumHistory: 60,
  minimumRequests: 20,
  settleMs: 240 * MINUTE_MS,
  maxClients: 2_000,
};
const BOOK = { holdMs: 30 * MINUTE_MS, reviewMs: DAY_MINUTES * MINUTE_MS };
const START_MS = Date.UTC(2026, 0, 5);

/** A simulation: who takes part, what happens, and the windows that come of it, one after the other. */
export interface Simulation extends Omit<Evaluation, 'events'> {
  readonly seed: number;
  readonly windows: Generator<WindowSource[]>;
}

/** Simulates days of traffic, counted as data-plane threads count it. */
export function simulate({ seed, clients, days, quietDays, each }: EvaluationOptions): Simulation {
  const random = seededRandom(seed);
  const from = quietDays * DAY_MINUTES;
  const to = days * DAY_MINUTES;
  const known = legitimateClients(clients, random);
  const late = legitimateClients(Math.ceil(clients / 6), random, from + 60, 'late');
  const strangers = Array.from({ length: 2 * each }, (_, i) => stranger(`stranger${i}`, random));
  const episodes = drawEpisodes(known, strangers, from, to, each, random);
  const behaviours = [...known, ...late, ...strangers];
  const simulated = behaviours.map((one) => new SimulatedClient(one, seededRandom(random() * 2 ** 32)));
  const clientDays = ((known.length + late.length) * (to - from)) / DAY_MINUTES;
  return {
    seed,
    clients: behaviours,
    episodes,
    clientDays,
    windows: run(simulated, episodes, to, seed, random),
  };
}

function* run(
  clients: readonly SimulatedClient[],
  episodes: readonly Episode[],
  to: number,
  seed: number,
  random: () => number,
): Generator<WindowSource[]> {
  const principals = new WindowTable(1_000, seed);
  const addresses = new WindowTable(1_000, seed);
  for (let minute = 0; minute < to; minute++) {
    const now = episodes.filter(({ from, minutes }) => minute >= from && minute < from + minutes);
    clients.forEach((client, i) => {
      const { behaviour } = client;
      if (minute < behaviour.fromMinute) return;
      let does = client.normal(minute);
      for (const episode of now) {
        if (!concerns(episode, behaviour, i)) continue;
        does = episode.change(does, (minute - episode.from) / episode.minutes, random);
      }
      if (does.rate > 0) client.send(does, behaviour.isAddress ? addresses : principals);
    });
    yield [
      { batch: principals.take(), isAddress: false },
      { batch: addresses.take(), isAddress: true },
    ];
  }
}

function concerns({ client, share }: Episode, { name, kind }: Behaviour, at: number): boolean {
  return client === '' ? kind !== 'stranger' && at % 10 < share * 10 : client === name;
}

/** Runs windows through histories, forest and decisions, as the main thread does. */
export function decide(seed: number, windows: Iterable<readonly WindowSource[]>): BookEvent[] {
  const detector = new AnomalyDetector({ ...SETTINGS, seed }, START_MS);
  const book = new ThrottleBook();
  const events: BookEvent[] = [];
  let nowMs = START_MS;
  for (const sources of windows) {
    nowMs += MINUTE_MS;
    const observing = detector.observe(sources, nowMs);
    let step = observing.next();
    while (step.done !== true) step = observing.next();
    const isCalm = (client: string, isAddress: boolean): boolean =>
      detector.isCalm(client, isAddress, nowMs, BOOK.holdMs);
    events.push(...book.step(step.value, BOOK, nowMs, isCalm));
  }
  return events;
}

/** Runs simulated days through what the gateway itself runs: window tables, histories, forest and decisions. */
export function evaluate(options: EvaluationOptions): Evaluation {
  const simulation = simulate(options);
  return { ...simulation, events: decide(options.seed, simulation.windows) };
}

/** Minute of the simulation in which the window of an event began. */
export function minuteOf({ atMs }: BookEvent): number {
  return (atMs - START_MS) / MINUTE_MS - 1;
}
