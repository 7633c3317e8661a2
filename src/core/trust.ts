import type { NetworkSet } from '../lib/ip/network-set.ts';
import type { Authority } from '../lib/x509/authority.ts';
import type { RevocationList } from '../lib/x509/crl.ts';
import type { PathCertificate } from '../lib/x509/path-certificate.ts';

/** The certificates and lists that a configuration names, as they were read for it. */
export interface TrustFiles {
  /** The authorities of a file; empty where it could not be read. */
  authorities(file: string): readonly PathCertificate[];
  /** The list of a file; null where it could not be read. */
  revocationList(file: string): RevocationList | null;
  /** The networks of a reputation list; null where it could not be read. */
  reputationList(file: string): NetworkSet | null;
  /** The countries of a list; null where it could not be read. */
  countryList(file: string): readonly string[] | null;
  /** The authorities whose certificates each listener asks for, by its name; none for listeners that do not ask. */
  readonly listeners: ReadonlyMap<string, readonly Authority[]>;
  /** Whether any listener can come to know a certificate. */
  readonly hasSource: boolean;
}

/** What is known of every list that was read from a file. */
export interface DatedList {
  /** Lines that say something. */
  readonly entries: number;
  /** When the file was changed last, in epoch milliseconds. */
  readonly changedAtMs: number;
}

/** A reputation list as it was read. */
export interface ReputationList extends DatedList {
  /** What `NetworkSet` reads. */
  readonly networks: SharedArrayBuffer;
}

/** A list of countries as it was read. */
export interface CountryList extends DatedList {
  /** Codes of ISO 3166-1. */
  readonly countries: readonly string[];
}

/** Nothing was read. */
export const NO_TRUST: TrustFiles = {
  authorities: () => [],
  revocationList: () => null,
  reputationList: () => null,
  countryList: () => null,
  listeners: new Map(),
  hasSource: false,
};
