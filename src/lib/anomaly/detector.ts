import { type ClientHistory, ClientTable } from './client-table.ts';
import { type ClientWindow, FEATURE_COUNT, FEATURES, featureAt, measure } from './features.ts';
import { Population } from './population.ts';
import type { Profile, Settling } from './profile.ts';
import type { WindowBatch } from './window-batch.ts';
import { countriesOf, windowOf } from './window-batch.ts';

export interface DetectorSettings extends Settling {
  /** Spreads beyond which a value or a score is unusual. */
  readonly threshold: number;
  /** Windows below so many requests are learned but not judged. */
  readonly minimumRequests: number;
  /** Clients that are remembered, half of them by address. */
  readonly maxClients: number;
  readonly seed: number;
}

/** A feature that drove a finding. */
export interface Driver {
  /** Name in the table of features. */
  readonly feature: string;
  /** What the client did, for people. */
  readonly was: string;
  /** What is usual for it, or, where it is new, for clients. */
  readonly usual: string;
  /** Spreads above what is usual. */
  readonly deviation: number;
  /** Its part of what sets the score apart. */
  readonly share: number;
}

/** What a client did in a window that it, and others, do not do. */
export interface Finding {
  readonly client: string;
  readonly isAddress: boolean;
  /** `unusual` wants its limits made smaller, `new-country` a look by somebody. */
  readonly kind: 'unusual' | 'new-country';
  readonly score: number;
  /** Spreads of the score above those of all clients, and above those of this one. */
  readonly amongAll: number;
  readonly amongOwn: number;
  /** The most important first. */
  readonly drivers: readonly Driver[];
}

/** Whose windows a batch holds. */
export interface WindowSource {
  readonly batch: WindowBatch;
  readonly isAddress: boolean;
}

const LOWEST = 2;
const HIGHEST = 20;
/** Known clients without which nothing is taken for everybody's change. */
const LEAST_FOR_SHARED = 20;
/** Steps between two pauses. */
const SLICE = 32;
/** New forest every so many windows. */
const TRAIN_EVERY = 30;
/** What an unusual window teaches, and all of one day at most: two nights make a nightly job known. */
const STRANGE_WEIGHT = 0.1;
const STRANGE_PER_DAY = 3;
/** Of the last three windows two have to be unusual: one alone is an accident. */
const LAST_WINDOWS = 0b111;
/** How much further a new client has to be from all others, as nothing is known of it. */
const NEW_CLIENT_FACTOR = 1.2;
const COUNTRY_FEATURES: ReadonlySet<string> = new Set(['countries', 'newCountries']);
const PATHS = featureAt('paths');
const REQUESTS = featureAt('requests');

interface Scratch {
  readonly source: WindowSource;
  /** Row of the batch. */
  readonly row: number;
  readonly history: ClientHistory;
}

/**
 * Finds clients that do what neither they nor others usually do.
 *
 * Shape: one call of `observe` per window. A client that is known well is measured in spreads above its own normal, what all
 * known clients have in common taken off; the forest says how rare such a combination is among all clients; both its score and a feature
 * that the client alone decides have to stand out, in two windows of three. A new client is compared with all others and
 * found only for what is hostile in itself: a new client may well be large.
 * Cost: yields about every third of a millisecond.
 */
export class AnomalyDetector {
  #settings: DetectorSettings;
  readonly #principals: ClientTable;
  readonly #addresses: ClientTable;
  readonly #population: Population;
  readonly #row = new Float64Array(FEATURE_COUNT);
  readonly #shared = new Float64Array(FEATURE_COUNT);
  #windows = 0;

  constructor(settings: DetectorSettings, nowMs: number) {
    this.#settings = settings;
    const half = Math.ceil(settings.maxClients / 2);
    this.#principals = new ClientTable(half);
    this.#addresses = new ClientTable(half);
    this.#population = new Population(settings.seed, nowMs);
  }

  /** Takes other settings; how many clients are remembered stays as it is. */
  configure(settings: DetectorSettings): void {
    this.#settings = settings;
  }

  /** What is known so far, for people. */
  get state(): { readonly clients: number; readonly windows: number; readonly isReady: boolean } {
    const clients = this.#principals.size + this.#addresses.size;
    return { clients, windows: this.#windows, isReady: this.#population.isReady };
  }

  /** Score of the latest window of a client that was judged; 0 when none was. */
  scoreOf(client: string, isAddress: boolean): number {
    return this.#table(isAddress).find(client)?.score ?? 0;
  }

  /** Forgets a client, which is then new; false when it was not known. */
  forget(client: string, isAddress: boolean): boolean {
    return this.#table(isAddress).forget(client);
  }

  /** Whether none of the last three windows in which the client sent anything was unusual. */
  isCalm(client: string, isAddress: boolean, nowMs: number, withinMs: number): boolean {
    const history = this.#table(isAddress).find(client);
    return history === null || nowMs - history.lastMs > withinMs || (history.unusual & LAST_WINDOWS) === 0;
  }

  /** Learns the windows that have just ended, and tells who stood out. */
  *observe(sources: readonly WindowSource[], nowMs: number): Generator<void, Finding[]> {
    const seen = yield* this.#histories(sources, nowMs);
    const values = new Float64Array(seen.length * FEATURE_COUNT);
    for (let i = 0; i < seen.length; i++) {
      this.#measure(seen[i] as Scratch, values, i, nowMs);
      if (i % SLICE === SLICE - 1) yield;
    }
    yield* this.#findShared(seen, values);
    const found: Finding[] = [];
    for (let i = 0; i < seen.length; i++) {
      const finding = this.#judge(seen[i] as Scratch, values, i, nowMs);
      if (finding !== null) found.push(finding);
      if (i % SLICE === SLICE - 1) yield;
    }
    for (const levels of [this.#population.principals, this.#population.addresses])
      levels.settle(nowMs, this.#settings);
    if (this.#windows++ % TRAIN_EVERY === TRAIN_EVERY - 1 || !this.#population.isReady)
      yield* this.#population.train();
    return found;
  }

  #table(isAddress: boolean): ClientTable {
    return isAddress ? this.#addresses : this.#principals;
  }

  *#histories(sources: readonly WindowSource[], nowMs: number): Generator<void, Scratch[]> {
    const seen: Scratch[] = [];
    for (const source of sources) {
      for (const [row, client] of source.batch.clients.entries()) {
        if (row % SLICE === SLICE - 1) yield;
        const history = this.#table(source.isAddress).take(client, nowMs);
        if (history === null) continue;
        history.lastMs = nowMs;
        seen.push({ source, row, history });
      }
    }
    return seen;
  }

  #measure({ source, row, history }: Scratch, values: Float64Array, at: number, nowMs: number): void {
    const { settleMs } = this.#settings;
    let fromNewCountries = 0;
    for (const { country, requests } of countriesOf(source.batch, row)) {
      const isNew = history.profile.isSettled && !history.countries.isKnown(country, nowMs, settleMs);
      if (isNew) fromNewCountries += requests;
      history.countries.note(country, nowMs);
    }
    const window: ClientWindow = windowOf(source.batch, row, fromNewCountries);
    measure(window, values, at * FEATURE_COUNT);
  }

  /** Finds by how much most of the clients that are known well have moved away from their normal at once. */
  *#findShared(seen: readonly Scratch[], values: Float64Array): Generator<void, void> {
    const known = seen.flatMap(({ history }, at) => (history.profile.isSettled ? [at] : []));
    for (let feature = 0; feature < FEATURE_COUNT; feature++) {
      const { mostShared } = FEATURES[feature] as (typeof FEATURES)[number];
      this.#shared[feature] = 0;
      if (mostShared === 0 || known.length < LEAST_FOR_SHARED) continue;
      const moved = Float64Array.from(known, (at) => {
        const { profile } = (seen[at] as Scratch).history;
        return profile.excess(feature, values[at * FEATURE_COUNT + feature] as number);
      }).sort();
      const middle = moved[moved.length >> 1] as number;
      this.#shared[feature] = Math.min(mostShared, middle);
      yield;
    }
  }

  #judge({ source, row, history }: Scratch, values: Float64Array, at: number, nowMs: number): Finding | null {
    const { threshold, minimumRequests } = this.#settings;
    const offset = at * FEATURE_COUNT;
    const isKnown = history.profile.isSettled;
    const levels = source.isAddress ? this.#population.addresses : this.#population.principals;
    const measure = isKnown ? history.profile : levels;
    const client = source.batch.clients[row] as string;
    this.#deviations(measure, values, offset);
    const isJudged =
      this.#population.isReady &&
      measure.isSettled &&
      (values[offset] as number) >= Math.log2(1 + minimumRequests);
    const score = isJudged ? this.#population.score(this.#row) : 0;
    const amongAll = isJudged ? this.#population.scoreDeviation(score) : 0;
    const amongOwn = isKnown ? history.profile.scoreDeviation(score) : amongAll;
    const drivers =
      isJudged && amongAll > threshold && amongOwn > threshold
        ? this.#drivers(measure, values, offset, source.isAddress, isKnown)
        : [];
    if (isJudged) history.score = score;
    const isCountry = drivers.length > 0 && drivers.every(({ feature }) => COUNTRY_FEATURES.has(feature));
    const isUnusual = drivers.length > 0 && !isCountry;
    history.unusual = (history.unusual << 1) | (isUnusual ? 1 : 0);
    this.#learn(history, levels, values, offset, isUnusual, isJudged ? score : -1, nowMs);
    history.profile.settle(nowMs, this.#settings);
    if (!isCountry && !(isUnusual && isRepeated(history.unusual))) return null;
    const kind = isCountry ? 'new-country' : 'unusual';
    return { client, isAddress: source.isAddress, kind, score, amongAll, amongOwn, drivers };
  }

  /** Puts how far the values lie above what is usual into the row. */
  #deviations(profile: Profile, values: Float64Array, offset: number): void {
    for (let feature = 0; feature < FEATURE_COUNT; feature++) {
      const own = (values[offset + feature] as number) - (this.#shared[feature] as number);
      const deviation = profile.isSettled ? profile.deviation(feature, own) : 0;
      this.#row[feature] = Math.min(HIGHEST, Math.max(LOWEST, deviation));
    }
  }

  /** Features of the row that explain it, the client's own ones; none when it is explained by what others decide. */
  #drivers(
    profile: Profile,
    values: Float64Array,
    offset: number,
    isAddress: boolean,
    isKnown: boolean,
  ): Driver[] {
    const parts = this.#population.contributions(this.#row);
    const sum = parts.reduce((all, part) => all + Math.max(0, part), 0);
    const least = this.#settings.threshold * (isKnown ? 1 : NEW_CLIENT_FACTOR);
    return FEATURES.flatMap(({ name, isClients, isHostile, text }, feature) => {
      const deviation = this.#row[feature] as number;
      const counts = isKnown ? isClients : isHostile || (isAddress && feature === PATHS);
      if (!counts || deviation <= least) return [];
      const share = sum === 0 ? 0 : Math.max(0, parts[feature] as number) / sum;
      const [was, usual] = [text(values[offset + feature] as number), text(profile.middle(feature))];
      return [{ feature: name, was, usual, deviation: Math.round(deviation * 10) / 10, share }];
    }).sort((a, b) => b.share - a.share);
  }

  #learn(
    history: ClientHistory,
    levels: Profile,
    values: Float64Array,
    offset: number,
    isUnusual: boolean,
    score: number,
    nowMs: number,
  ): void {
    const weight = isUnusual ? history.takeStrange(STRANGE_WEIGHT, STRANGE_PER_DAY, nowMs) : 1;
    history.profile.learn(values, offset, weight, isUnusual ? 0 : 1);
    if (score >= 0) history.profile.learnScore(score, isUnusual ? weight : 1);
    if (!history.profile.isSettled || isUnusual) return;
    levels.learn(values, offset, 1, 1);
    if ((values[offset + REQUESTS] as number) >= Math.log2(1 + this.#settings.minimumRequests))
      this.#population.learn(this.#row);
  }
}

/** Whether two of the last three windows were unusual, the latest among them. */
function isRepeated(unusual: number): boolean {
  const last = unusual & LAST_WINDOWS;
  return (last & 0b001) !== 0 && (last & 0b110) !== 0;
}
