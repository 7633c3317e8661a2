import { estimateDistinct } from './distinct-bits.ts';
import type { ClientWindow } from './features.ts';

/** Columns of `counts`. */
export const COUNT_COLUMNS = 5;
export const [REQUESTS, CLIENT_ERRORS, SERVER_ERRORS, REFUSED_CREDENTIALS, TOTAL_MS] = [
  0, 1, 2, 3, 4,
] as const;
/** Words of bits that user agents and paths are counted with. */
export const AGENT_WORDS = 4;
export const PATH_WORDS = 16;
/** Countries that are told apart of one client in one window. */
export const COUNTRIES = 8;

/** What clients did in a window; row i of every array belongs to client i. */
export interface WindowBatch {
  readonly clients: readonly string[];
  readonly counts: Float64Array;
  readonly agents: Uint32Array;
  readonly paths: Uint32Array;
  /** Numbers of countries, see `countryNumber`; 0 is none. */
  readonly countries: Uint16Array;
  readonly countryRequests: Uint32Array;
}

/** A number above 0 for two capital letters; 0 for anything else. */
export function countryNumber(code: string): number {
  if (code.length !== 2) return 0;
  const [a, b] = [code.charCodeAt(0) - 65, code.charCodeAt(1) - 65];
  return a < 0 || a > 25 || b < 0 || b > 25 ? 0 : 1 + a * 26 + b;
}

/** The two letters of a number. */
export function countryCode(number: number): string {
  return String.fromCharCode(65 + Math.floor((number - 1) / 26), 65 + ((number - 1) % 26));
}

/** The countries of a row with their requests. */
export function countriesOf(batch: WindowBatch, row: number): { country: number; requests: number }[] {
  const found: { country: number; requests: number }[] = [];
  for (let i = row * COUNTRIES; i < (row + 1) * COUNTRIES && batch.countries[i] !== 0; i++)
    found.push({ country: batch.countries[i] as number, requests: batch.countryRequests[i] as number });
  return found;
}

/** What a row says. */
export function windowOf(batch: WindowBatch, row: number, fromNewCountries: number): ClientWindow {
  const count = (column: number): number => batch.counts[row * COUNT_COLUMNS + column] as number;
  return {
    requests: count(REQUESTS),
    clientErrors: count(CLIENT_ERRORS),
    serverErrors: count(SERVER_ERRORS),
    refusedCredentials: count(REFUSED_CREDENTIALS),
    totalMs: count(TOTAL_MS),
    userAgents: estimateDistinct(batch.agents, row * AGENT_WORDS, AGENT_WORDS),
    paths: estimateDistinct(batch.paths, row * PATH_WORDS, PATH_WORDS),
    countries: countriesOf(batch, row).length,
    fromNewCountries,
  };
}
