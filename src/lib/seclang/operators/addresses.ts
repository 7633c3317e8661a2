import { type Ip, networkOf, parseIp, widthOf } from '../../ip/address.ts';
import { CidrTrie } from '../../ip/cidr-trie.ts';
import type { Bytes } from '../bytes.ts';
import type { CompileOperator, Operator } from '../operator.ts';
import { readData } from './data-file.ts';

/** Bits in front of an IPv4 address that is written as IPv6. */
const MAPPED_BITS = 96;

/** An address, or a network whose address may have bits behind its prefix. Errors: RangeError. */
function insertNetwork(networks: CidrTrie<true>, written: string): void {
  const slash = written.indexOf('/');
  const address = slash < 0 ? written : written.slice(0, slash);
  const ip = parseIp(address);
  const bits = ip === null ? -1 : prefixBits(ip, address, slash < 0 ? null : written.slice(slash + 1));
  if (ip === null || bits < 0) throw new RangeError(`"${written}" is not an IP address or network.`);
  networks.insert({ ip: networkOf(ip, bits), bits }, true);
}

/** How many bits of an address count; -1 where that cannot be. */
function prefixBits(ip: Ip, address: string, suffix: string | null): number {
  if (suffix === null) return widthOf(ip.family);
  const isMapped = ip.family === 4 && address.includes(':');
  const bits = /^[0-9]{1,3}$/.test(suffix) ? Number(suffix) - (isMapped ? MAPPED_BITS : 0) : -1;
  return bits > widthOf(ip.family) ? -1 : bits;
}

function anyNetwork(written: readonly string[]): Operator {
  const networks = new CidrTrie<true>();
  for (const network of written) insertNetwork(networks, network);
  return {
    test(value) {
      const ip = parseIp(value);
      return ip !== null && networks.find(ip) !== null;
    },
    needs: null,
  };
}

export const ipMatch: CompileOperator = (argument) => {
  const written = argument
    .split(',')
    .map((network) => network.trim())
    .filter((network) => network !== '');
  if (written.length === 0) throw new RangeError('Name at least one IP address or network.');
  return anyNetwork(written);
};

/** Networks of a file, one a line, with comments from `#` on. */
function networksOf(contents: Bytes): string[] {
  return contents
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((network) => network !== '');
}

export const ipMatchFromFile: CompileOperator = (argument, host, ruleFile) =>
  anyNetwork(networksOf(readData(argument.trim(), host, ruleFile)));

/** Whether it is known in which country an address is. */
export const geoLookup: CompileOperator = (_argument, host) => ({
  test: (value) => host.countryOf(value) !== '',
  needs: null,
});
