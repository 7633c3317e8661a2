import { countryNumber } from '../../src/lib/anomaly/window-batch.ts';
import type { FinishedRequest, WindowTable } from '../../src/lib/anomaly/window-table.ts';

export const MINUTE_MS = 60_000;
export const DAY_MINUTES = 1_440;

/** How one simulated client behaves when nothing happens. */
export interface Behaviour {
  readonly name: string;
  /** What kind of client it is, for the report. */
  readonly kind: string;
  readonly isAddress: boolean;
  /** Requests a minute at its busiest hour. */
  readonly peak: number;
  /** Hour of the day of that, and how much of it is left twelve hours away. */
  readonly peakHour: number;
  readonly nightShare: number;
  /** Spread of the logarithm of its rate from minute to minute. */
  readonly jitter: number;
  readonly paths: number;
  readonly userAgents: number;
  readonly countries: readonly string[];
  /** Minutes it stays in one of its countries. */
  readonly stayMinutes: number;
  readonly clientErrors: number;
  readonly refused: number;
  readonly latencyMs: number;
  /** From which minute on it exists. */
  readonly fromMinute: number;
  /** Own bursts: how likely one begins in a minute, how many times the rate, how many minutes. */
  readonly burst: { readonly chance: number; readonly times: number; readonly minutes: number };
  /** A job of every night: at which minute of the day, how long, requests a minute, paths. */
  readonly batch: {
    readonly at: number;
    readonly minutes: number;
    readonly rate: number;
    readonly paths: number;
  } | null;
}

/** Something that happens to one client, or to all, for a while. */
export interface Episode {
  readonly kind: string;
  readonly isAbuse: boolean;
  /** Name of a client; '' for all, or for the share of them that `share` tells. */
  readonly client: string;
  readonly share: number;
  readonly from: number;
  readonly minutes: number;
  /** What is different then; `at` runs from 0 to 1 over the episode. */
  readonly change: (normal: Minute, at: number, random: () => number) => Minute;
}

/** What a client does in one minute. */
export interface Minute {
  readonly rate: number;
  readonly paths: number;
  /** '' is the usual one. */
  readonly country: string;
  /** Share of the requests that come from `country`. */
  readonly abroad: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  readonly refused: number;
  readonly latencyMs: number;
}

/** A number around 0 with spread 1. */
export function bell(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A whole number around a mean, as often as independent arrivals give it. */
export function arrivals(mean: number, random: () => number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * bell(random)));
  const limit = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > limit; count++) product *= random();
  return count;
}

/** Simulates one client, minute by minute. */
export class SimulatedClient {
  readonly behaviour: Behaviour;
  readonly #random: () => number;
  readonly #request: FinishedRequest;
  readonly #agents: readonly string[];
  readonly #paths: string[] = [];
  #burstLeft = 0;
  #unique = 0;
  #country = '';
  #stay = 0;

  constructor(behaviour: Behaviour, random: () => number) {
    this.behaviour = behaviour;
    this.#random = random;
    this.#request = {
      client: behaviour.name,
      status: 200,
      durationMs: 0,
      userAgent: '',
      path: '',
      country: 0,
    };
    this.#agents = Array.from({ length: behaviour.userAgents }, (_, i) => `agent ${i} of ${behaviour.kind}`);
  }

  /** What it would do in a minute if nothing happened. */
  normal(minute: number): Minute {
    const own = this.behaviour;
    const hour = (minute % DAY_MINUTES) / 60;
    const day = (1 + Math.cos(((hour - own.peakHour) / 24) * 2 * Math.PI)) / 2;
    let rate = own.peak * (own.nightShare + (1 - own.nightShare) * day);
    rate *= Math.exp(own.jitter * bell(this.#random));
    if (this.#burstLeft > 0) this.#burstLeft--;
    else if (this.#random() < own.burst.chance) this.#burstLeft = own.burst.minutes;
    if (this.#burstLeft > 0) rate *= own.burst.times;
    let { paths } = own;
    const { batch } = own;
    const ofDay = minute % DAY_MINUTES;
    if (batch !== null && ofDay >= batch.at && ofDay < batch.at + batch.minutes) {
      rate += batch.rate * (0.9 + 0.2 * this.#random());
      paths = batch.paths;
    }
    const { clientErrors, refused, latencyMs } = own;
    return { rate, paths, country: '', abroad: 0, clientErrors, serverErrors: 0.002, refused, latencyMs };
  }

  /** Sends the requests of a minute into the table, as a data-plane thread does. */
  send(minute: Minute, table: WindowTable): void {
    const random = this.#random;
    const request = this.#request;
    const count = arrivals(minute.rate, random);
    const latencyMs = minute.latencyMs * Math.exp(0.2 * bell(random));
    this.#travel();
    const [home, abroad] = [countryNumber(this.#country), countryNumber(minute.country)];
    for (let i = 0; i < count; i++) {
      request.status = statusOf(random(), minute);
      request.durationMs = latencyMs * (0.5 + random());
      request.userAgent = this.#agents[Math.floor(random() * this.#agents.length)] ?? '';
      request.path = this.#path(minute.paths);
      request.country = random() < minute.abroad ? abroad : home;
      table.note(request);
    }
  }

  #path(paths: number): string {
    if (paths === Number.POSITIVE_INFINITY) return `/items/once/${this.#unique++}`;
    const place = Math.floor(this.#random() * paths);
    this.#paths[place] ??= `/items/${place}`;
    return this.#paths[place];
  }

  #travel(): void {
    if (this.#stay-- > 0) return;
    const { countries, stayMinutes } = this.behaviour;
    this.#country = countries[Math.floor(this.#random() * countries.length)] ?? '';
    this.#stay = stayMinutes;
  }
}

function statusOf(drawn: number, { refused, clientErrors, serverErrors }: Minute): number {
  if (drawn < refused) return 401;
  if (drawn < refused + clientErrors) return 404;
  return drawn < refused + clientErrors + serverErrors ? 502 : 200;
}
