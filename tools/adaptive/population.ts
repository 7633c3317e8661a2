import type { Behaviour } from './traffic.ts';

const COUNTRIES = ['DE', 'FR', 'US', 'GB', 'ES', 'PL', 'SE', 'BR', 'IN', 'JP'];
const NO_BURST = { chance: 0, times: 1, minutes: 0 };

type Random = () => number;
const between = (random: Random, low: number, high: number): number => low + (high - low) * random();
const oneOf = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

function base(random: Random, name: string, kind: string): Behaviour {
  return {
    name,
    kind,
    isAddress: false,
    peak: between(random, 25, 90),
    peakHour: between(random, 10, 16),
    nightShare: between(random, 0.1, 0.5),
    jitter: between(random, 0.1, 0.35),
    paths: Math.round(between(random, 4, 30)),
    userAgents: Math.round(between(random, 1, 3)),
    countries: [oneOf(random, COUNTRIES)],
    stayMinutes: 60,
    clientErrors: between(random, 0, 0.04),
    refused: between(random, 0, 0.02),
    latencyMs: between(random, 20, 160),
    fromMinute: 0,
    burst: NO_BURST,
    batch: null,
  };
}

/** The kinds of legitimate clients: what each has that others have not. */
const KINDS: Readonly<Record<string, (random: Random) => Partial<Behaviour>>> = {
  application: () => ({}),
  browser: (random) => ({
    isAddress: true,
    peak: between(random, 20, 60),
    jitter: between(random, 0.3, 0.6),
  }),
  office: (random) => ({
    isAddress: true,
    peak: between(random, 60, 200),
    nightShare: 0.02,
    userAgents: Math.round(between(random, 10, 40)),
    paths: Math.round(between(random, 30, 90)),
  }),
  mobile: (random) => ({
    peak: between(random, 20, 50),
    jitter: between(random, 0.4, 0.7),
    refused: between(random, 0.01, 0.05),
    countries: [oneOf(random, COUNTRIES), oneOf(random, COUNTRIES), oneOf(random, COUNTRIES)],
    stayMinutes: 180,
  }),
  enterprise: (random) => ({
    peak: between(random, 250, 500),
    nightShare: 0.4,
    paths: Math.round(between(random, 100, 400)),
    userAgents: Math.round(between(random, 5, 20)),
    countries: COUNTRIES.slice(0, 5),
    stayMinutes: 1,
  }),
  poller: (random) => ({
    peak: between(random, 30, 120),
    nightShare: 1,
    jitter: 0.02,
    paths: 1,
    userAgents: 1,
  }),
  bursty: (random) => ({
    burst: { chance: 1 / between(random, 60, 240), times: between(random, 3, 8), minutes: 5 },
  }),
  batch: (random) => ({
    peak: between(random, 10, 30),
    nightShare: 0.2,
    batch: {
      at: Math.floor(between(random, 30, 300)),
      minutes: 30,
      rate: between(random, 200, 500),
      paths: 300,
    },
  }),
  partner: (random) => ({ peak: between(random, 40, 120), paths: Math.round(between(random, 150, 400)) }),
};

export const CLIENT_KINDS = Object.keys(KINDS);

/** Makes so many legitimate clients, of all kinds in turn; `from` is the minute they begin at. */
export function legitimateClients(count: number, random: Random, from = 0, prefix = 'c'): Behaviour[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = CLIENT_KINDS[i % CLIENT_KINDS.length] as string;
    const name = `${prefix}${i}`;
    return { ...base(random, name, kind), ...KINDS[kind]?.(random), fromMinute: from };
  });
}

/** A client that nobody knows, and that sends nothing but what an episode makes it send. */
export function stranger(name: string, random: Random): Behaviour {
  return { ...base(random, name, 'stranger'), isAddress: true, peak: 0, nightShare: 0 };
}
