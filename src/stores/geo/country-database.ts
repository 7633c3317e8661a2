import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Reader, type Response } from 'maxmind';
import { Unavailable } from '../../core/errors.ts';
import type { Countries } from '../../core/ports.ts';
import { formatIp, type Ip, parseIp } from '../../lib/ip/address.ts';
import { isSpecialAddress } from '../../lib/ip/special-addresses.ts';

const PACKAGED = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';
/** Addresses that have had a country for decades: a file that knows none for one of them lacks the family. */
const PROBES = { IPv4: '8.8.8.8', IPv6: '2001:4860:4860::8888' } as const;
const COUNTRY = /^[A-Z]{2}$/;

/** Path of the country database that comes with Portcullis. */
export function packagedDatabase(): string {
  return createRequire(import.meta.url).resolve(PACKAGED);
}

/** What was read last: a reload that does not change the file shares it. */
let last: { readonly mark: string; readonly database: SharedArrayBuffer } | null = null;

/**
 * Reads a country database once for all threads.
 *
 * Errors: Unavailable with a sentence for a file that cannot be read, is no MMDB file, or does not hold the countries of
 * both IPv4 and IPv6 addresses: a file for IPv4 alone gives wrong countries for IPv6 addresses without any error.
 */
export function loadCountryDatabase(path: string): SharedArrayBuffer {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    const mark = `${path} ${ino} ${size} ${mtimeMs}`;
    if (last?.mark === mark) return last.database;
    last = { mark, database: shareDatabase(path, readFileSync(path)) };
    return last.database;
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    throw new Unavailable('geo', `The country database ${path} cannot be read: ${(error as Error).message}.`);
  }
}

function shareDatabase(path: string, bytes: Buffer): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(bytes.length);
  bytes.copy(new Uint8Array(shared));
  const fault = faultOf(shared);
  if (fault === '') return shared;
  throw new Unavailable('geo', `The file ${path} is no country database that can be used: ${fault}.`);
}

/** What is wrong with a database; '' when nothing is. */
function faultOf(database: SharedArrayBuffer): string {
  let reader: Reader<Response>;
  try {
    reader = new Reader(Buffer.from(database));
  } catch {
    return 'it has not the MMDB format';
  }
  if (reader.metadata.ipVersion !== 6)
    return 'it is for IPv4 addresses only; take the file that holds both families';
  for (const [family, address] of Object.entries(PROBES)) {
    const ip = parseIp(address);
    if (ip === null || countryOf(reader, ip) === '') return `it knows no countries of ${family} addresses`;
  }
  return '';
}

/** The country in a record of the packaged database or of one of MaxMind's; '' when there is none. */
function countryOf(reader: Reader<Response>, ip: Ip): string {
  let record: unknown;
  try {
    record = reader.get(formatIp(ip));
  } catch {
    return '';
  }
  const { country_code, country } = (record ?? {}) as { country_code?: unknown; country?: unknown };
  const code = country_code ?? (country as { iso_code?: unknown } | undefined)?.iso_code;
  return typeof code === 'string' && COUNTRY.test(code) ? code : '';
}

/**
 * Looks countries up in a database that `loadCountryDatabase` read; none are known without one.
 *
 * Safety: special addresses have no country, whatever the file says: some say one for private networks.
 * Cost: 1 to 2 µs.
 */
export class CountryLookup implements Countries {
  #database: SharedArrayBuffer | null = null;
  #reader: Reader<Response> | null = null;

  /** Takes another database in use. */
  use(database: SharedArrayBuffer | null): void {
    if (database === this.#database) return;
    this.#reader = database === null ? null : new Reader(Buffer.from(database));
    this.#database = database;
  }

  find(ip: Ip): string {
    if (this.#reader === null || isSpecialAddress(ip)) return '';
    return countryOf(this.#reader, ip);
  }
}
