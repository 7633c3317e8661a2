import { hashText, noteDistinct } from './distinct-bits.ts';
import {
  AGENT_WORDS,
  CLIENT_ERRORS,
  COUNT_COLUMNS,
  COUNTRIES,
  PATH_WORDS,
  REFUSED_CREDENTIALS,
  REQUESTS,
  SERVER_ERRORS,
  TOTAL_MS,
  type WindowBatch,
} from './window-batch.ts';

/** Rows that are looked at for the one with the fewest requests, to give it away. */
const LOOKED_AT = 8;

/** One request that is over. */
export interface FinishedRequest {
  client: string;
  status: number;
  durationMs: number;
  userAgent: string;
  path: string;
  /** See `countryNumber`. */
  country: number;
}

/**
 * Adds up what clients do in a window, in arrays of a fixed size.
 *
 * Cost: a request allocates nothing but the entry of a client's first one in a window.
 * Safety: when all rows are taken, a new client takes the one with the fewest requests among a few: those who send much
 * stay, and a flood of clients with few requests each displaces itself.
 */
export class WindowTable {
  readonly #rows: number;
  readonly #seed: number;
  readonly #at = new Map<string, number>();
  readonly #clients: string[] = [];
  readonly #counts: Float64Array;
  readonly #agents: Uint32Array;
  readonly #paths: Uint32Array;
  readonly #countries: Uint16Array;
  readonly #countryRequests: Uint32Array;
  #hand = 0;

  /** All tables whose batches meet must have the same seed. */
  constructor(rows: number, seed: number) {
    this.#rows = rows;
    this.#seed = seed;
    this.#counts = new Float64Array(rows * COUNT_COLUMNS);
    this.#agents = new Uint32Array(rows * AGENT_WORDS);
    this.#paths = new Uint32Array(rows * PATH_WORDS);
    this.#countries = new Uint16Array(rows * COUNTRIES);
    this.#countryRequests = new Uint32Array(rows * COUNTRIES);
  }

  get size(): number {
    return this.#clients.length;
  }

  note(request: FinishedRequest): void {
    const row = this.#rowOf(request.client);
    const { status } = request;
    this.#add(row, REQUESTS, 1);
    this.#add(row, TOTAL_MS, request.durationMs);
    if (status >= 500) this.#add(row, SERVER_ERRORS, 1);
    else if (status === 401 || status === 403) this.#add(row, REFUSED_CREDENTIALS, 1);
    // A client that is limited is answered with 429 for that reason alone: that must not keep it limited.
    else if (status >= 400 && status !== 429) this.#add(row, CLIENT_ERRORS, 1);
    noteDistinct(this.#agents, row * AGENT_WORDS, AGENT_WORDS, hashText(request.userAgent, this.#seed));
    noteDistinct(this.#paths, row * PATH_WORDS, PATH_WORDS, hashText(request.path, this.#seed));
    if (request.country !== 0) this.#noteCountry(row, request.country, 1);
  }

  /** Adds what another table has counted in the same window. */
  absorb(batch: WindowBatch): void {
    for (const [from, client] of batch.clients.entries()) {
      const row = this.#rowOf(client);
      addRow(this.#counts, row, batch.counts, from, COUNT_COLUMNS);
      for (let word = 0; word < AGENT_WORDS; word++)
        orWord(this.#agents, row * AGENT_WORDS + word, batch.agents[from * AGENT_WORDS + word]);
      for (let word = 0; word < PATH_WORDS; word++)
        orWord(this.#paths, row * PATH_WORDS + word, batch.paths[from * PATH_WORDS + word]);
      for (let i = from * COUNTRIES; i < (from + 1) * COUNTRIES && batch.countries[i] !== 0; i++)
        this.#noteCountry(row, batch.countries[i] as number, batch.countryRequests[i] as number);
    }
  }

  /** Everything since the last call. */
  take(): WindowBatch {
    const rows = this.#clients.length;
    const batch = {
      clients: this.#clients.splice(0),
      counts: takeRows(this.#counts, rows * COUNT_COLUMNS),
      agents: takeRows(this.#agents, rows * AGENT_WORDS),
      paths: takeRows(this.#paths, rows * PATH_WORDS),
      countries: takeRows(this.#countries, rows * COUNTRIES),
      countryRequests: takeRows(this.#countryRequests, rows * COUNTRIES),
    };
    this.#at.clear();
    return batch;
  }

  #add(row: number, column: number, value: number): void {
    const at = row * COUNT_COLUMNS + column;
    this.#counts[at] = (this.#counts[at] as number) + value;
  }

  #noteCountry(row: number, country: number, requests: number): void {
    for (let i = row * COUNTRIES; i < (row + 1) * COUNTRIES; i++) {
      if (this.#countries[i] === 0) this.#countries[i] = country;
      if (this.#countries[i] !== country) continue;
      this.#countryRequests[i] = (this.#countryRequests[i] as number) + requests;
      return;
    }
  }

  #rowOf(client: string): number {
    const known = this.#at.get(client);
    if (known !== undefined) return known;
    const row = this.#clients.length < this.#rows ? this.#clients.length : this.#giveAway();
    this.#clients[row] = client;
    this.#at.set(client, row);
    return row;
  }

  /** Clears the row of a client with few requests. */
  #giveAway(): number {
    let row = this.#hand;
    for (let i = 0; i < LOOKED_AT; i++) {
      this.#hand = (this.#hand + 1) % this.#rows;
      if (this.#requests(this.#hand) < this.#requests(row)) row = this.#hand;
    }
    this.#at.delete(this.#clients[row] as string);
    clearRow(this.#counts, row, COUNT_COLUMNS);
    clearRow(this.#agents, row, AGENT_WORDS);
    clearRow(this.#paths, row, PATH_WORDS);
    clearRow(this.#countries, row, COUNTRIES);
    clearRow(this.#countryRequests, row, COUNTRIES);
    return row;
  }

  #requests(row: number): number {
    return this.#counts[row * COUNT_COLUMNS + REQUESTS] as number;
  }
}

type Numbers = Float64Array | Uint32Array | Uint16Array;

function takeRows<T extends Numbers>(column: T, length: number): T {
  const taken = column.slice(0, length) as T;
  column.fill(0, 0, length);
  return taken;
}

function clearRow(column: Numbers, row: number, width: number): void {
  column.fill(0, row * width, (row + 1) * width);
}

function addRow(into: Float64Array, row: number, from: Float64Array, at: number, width: number): void {
  for (let i = 0; i < width; i++)
    into[row * width + i] = (into[row * width + i] as number) + (from[at * width + i] as number);
}

function orWord(into: Uint32Array, at: number, bits: number | undefined): void {
  into[at] = (into[at] as number) | (bits ?? 0);
}
