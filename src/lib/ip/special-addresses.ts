import type { Ip } from './address.ts';
import { parseCidr } from './cidr.ts';
import { CidrTrie } from './cidr-trie.ts';

/**
 * Networks whose addresses belong to no place: private, shared, documentation, multicast, and tunnels that hide one.
 *
 * Source: the IANA special-purpose address registries (RFC 6890), multicast and reserved blocks.
 */
const SPECIAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/128',
  '::1/128',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

const trie = new CidrTrie<true>();
for (const text of SPECIAL) {
  const cidr = parseCidr(text);
  if (cidr === null) throw new RangeError(text);
  trie.insert(cidr, true);
}

/** Whether an address belongs to no place in the world. */
export function isSpecialAddress(ip: Ip): boolean {
  return trie.find(ip) !== null;
}
