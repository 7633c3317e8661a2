import type { Ip } from '../lib/ip/address.ts';
import type { CidrTrie } from '../lib/ip/cidr-trie.ts';
import type { TargetPolicy } from '../lib/uri/target.ts';

/** Bounds on what a client may send and how slowly; the units are in the names. */
export interface ClientLimits {
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly targetBytes: number;
  readonly headerTimeoutMs: number;
  readonly bodyIdleMs: number;
  readonly bodyMinBytesPerS: number;
  readonly keepAliveMs: number;
  readonly connectionsPerAddress: number;
  readonly maxConnections: number;
}

/** What reading a request needs to know of the configuration. */
export interface ReadSettings {
  readonly limits: ClientLimits;
  readonly paths: TargetPolicy;
  /** Networks whose forwarding fields are believed. */
  readonly trustedProxies: CidrTrie<true>;
  /** Names of the listeners on which trusted proxies pass certificates of clients on. */
  readonly certificateFields: ReadonlySet<string>;
}

/** Whether an address is a trusted proxy's. */
export function isTrusted(settings: ReadSettings, ip: Ip): boolean {
  return settings.trustedProxies.find(ip) !== null;
}
