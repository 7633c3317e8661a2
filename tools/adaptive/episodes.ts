import type { Behaviour, Episode, Minute } from './traffic.ts';
import { DAY_MINUTES } from './traffic.ts';

type Random = () => number;
const between = (random: Random, low: number, high: number): number => low + (high - low) * random();
const whole = (random: Random, low: number, high: number): number =>
  Math.floor(between(random, low, high + 1));

/** What one kind of abuse does; strength and length are drawn for every episode. */
type Maker = (random: Random) => Pick<Episode, 'minutes' | 'change'>;

/** The kinds of abuse by a client that was legitimate until then. */
const BY_KNOWN: Readonly<Record<string, Maker>> = {
  spike: (random) => {
    const times = between(random, 8, 20);
    return { minutes: whole(random, 6, 30), change: (m) => ({ ...m, rate: times * Math.max(m.rate, 20) }) };
  },
  'slow climb': (random) => {
    const times = between(random, 8, 14);
    const change = (m: Minute, at: number): Minute => ({
      ...m,
      rate: Math.max(m.rate, 20) * times ** Math.min(1, at * 1.25),
    });
    return { minutes: 150, change };
  },
  'new country': (random) => {
    const rate = between(random, 25, 60);
    const change = (m: Minute): Minute => ({
      ...m,
      rate: m.rate + rate,
      country: 'KP',
      abroad: rate / (m.rate + rate),
    });
    return { minutes: whole(random, 3, 10), change };
  },
  'credential stuffing': (random) => {
    const rate = between(random, 30, 200);
    const change = (m: Minute): Minute => ({
      ...m,
      rate: m.rate + rate,
      refused: (0.95 * rate) / (m.rate + rate),
    });
    return { minutes: whole(random, 8, 30), change };
  },
  scraping: (random) => {
    const times = between(random, 1.2, 2.5);
    const change = (m: Minute): Minute => ({
      ...m,
      rate: times * Math.max(m.rate, 60),
      paths: Number.POSITIVE_INFINITY,
    });
    return { minutes: whole(random, 15, 40), change };
  },
};

/** The same by an address that nobody has seen before. */
const BY_STRANGER: Readonly<Record<string, Maker>> = {
  'credential stuffing by a stranger': (random) => {
    const rate = between(random, 30, 200);
    return { minutes: whole(random, 8, 30), change: (m) => ({ ...m, rate, refused: 0.95 }) };
  },
  'scraping by a stranger': (random) => {
    const rate = between(random, 150, 400);
    return {
      minutes: whole(random, 15, 40),
      change: (m) => ({ ...m, rate, paths: Number.POSITIVE_INFINITY }),
    };
  },
};

export const ABUSE_KINDS = [...Object.keys(BY_KNOWN), ...Object.keys(BY_STRANGER)];

/** What happens to legitimate clients, none of which may be taken for abuse. */
const LEGITIMATE: Readonly<
  Record<string, (random: Random) => Pick<Episode, 'minutes' | 'change' | 'share'>>
> = {
  // What tiers allow for a while: twice the normal rate.
  'legitimate burst': (random) => {
    const times = between(random, 1.5, 2.2);
    return { share: 0, minutes: whole(random, 3, 15), change: (m) => ({ ...m, rate: times * m.rate }) };
  },
  'retries for a minute': (random) => {
    const times = between(random, 4, 10);
    return { share: 0, minutes: 1, change: (m) => ({ ...m, rate: times * m.rate }) };
  },
  sale: (random) => {
    const times = between(random, 2.5, 3.5);
    return { share: 1, minutes: 30, change: (m) => ({ ...m, rate: times * m.rate }) };
  },
  deploy: () => ({
    share: 1,
    minutes: 8,
    change: (m) => ({ ...m, serverErrors: 0.3, latencyMs: 5 * m.latencyMs }),
  }),
  'outage of one upstream': () => ({
    share: 0.3,
    minutes: 20,
    change: (m) => ({ ...m, serverErrors: 0.8, latencyMs: 10 * m.latencyMs, rate: 1.3 * m.rate }),
  }),
};

/** How often each legitimate event happens in a day. */
const PER_DAY: Readonly<Record<string, number>> = {
  'legitimate burst': 20,
  'retries for a minute': 20,
  sale: 1,
  deploy: 2,
  'outage of one upstream': 1,
};

/** Draws episodes between two minutes: abuse so often for each kind, one client at most once in an hour. */
export function drawEpisodes(
  clients: readonly Behaviour[],
  strangers: readonly Behaviour[],
  from: number,
  to: number,
  each: number,
  random: Random,
): Episode[] {
  const anyone = (): string => (clients[Math.floor(random() * clients.length)] as Behaviour).name;
  const minute = (): number => Math.floor(between(random, from, to - 200));
  const abuse = Object.entries(BY_KNOWN).flatMap(([kind, make]) =>
    Array.from({ length: each }, () => ({
      kind,
      isAbuse: true,
      client: anyone(),
      share: 0,
      from: minute(),
      ...make(random),
    })),
  );
  const foreign = Object.entries(BY_STRANGER).flatMap(([kind, make], at) =>
    Array.from({ length: each }, (_, i) => {
      const client = (strangers[at * each + i] as Behaviour).name;
      return { kind, isAbuse: true, client, share: 0, from: minute(), ...make(random) };
    }),
  );
  const days = (to - from) / DAY_MINUTES;
  const usual = Object.entries(LEGITIMATE).flatMap(([kind, make]) =>
    Array.from({ length: Math.round((PER_DAY[kind] ?? 0) * days) }, () => {
      const made = make(random);
      return { kind, isAbuse: false, client: made.share > 0 ? '' : anyone(), from: minute(), ...made };
    }),
  );
  return [...abuse, ...foreign, ...usual];
}
