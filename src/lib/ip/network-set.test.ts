import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ip, ipv4Of, ipv6Of, networkOf, parseIp } from './address.ts';
import { type Cidr, parseCidr } from './cidr.ts';
import { CidrTrie } from './cidr-trie.ts';
import { NetworkSet, packNetworks } from './network-set.ts';

const setOf = (...texts: string[]): NetworkSet =>
  new NetworkSet(packNetworks(texts.map((text) => parseCidr(text) as Cidr)));

test.each([
  [['10.0.0.0/8'], '10.255.255.255', true],
  [['10.0.0.0/8'], '11.0.0.0', false],
  [['10.0.0.0/8'], '9.255.255.255', false],
  [['0.0.0.0/0'], '255.255.255.255', true],
  [['0.0.0.0/0'], '::', false],
  [['::/0'], '0.0.0.0', false],
  [['::/0'], 'ffff::', true],
  [['192.0.2.1'], '::ffff:192.0.2.1', true],
  [['::ffff:192.0.2.1'], '192.0.2.1', true],
  [['::ffff:192.0.2.0/120'], '192.0.2.9', true],
  [['2001:db8::/33'], '2001:db8:7fff:ffff::', true],
  [['2001:db8::/33'], '2001:db8:8000::', false],
  [['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3'], '10.200.0.1', true],
  [['10.1.2.3', '10.1.2.3', '10.1.2.5'], '10.1.2.4', false],
  [[], '10.0.0.1', false],
])('%j, %s: %s', (networks, address, isIn) => {
  expect(setOf(...networks).has(parseIp(address) as Ip)).toBe(isIn);
});

test('says of every address what the trie says', () => {
  const word = fc.oneof(fc.constantFrom(0, 1, 0xffffffff, 0x80000000, 0xffff), fc.nat(7));
  const address = fc.oneof(
    word.map(ipv4Of),
    fc.tuple(word, word, word, word).map(([a, b, c, d]) => ipv6Of(a, b, c, d)),
  );
  const network = fc.tuple(address, fc.nat(128)).map(([ip, wanted]): Cidr => {
    const bits = ip.family === 4 ? wanted % 33 : wanted;
    return { ip: networkOf(ip, bits), bits };
  });
  // What is cut out of a short IPv6 network may lie in the mapped prefix, which is IPv4.
  const networks = fc.array(
    network.filter(({ ip, bits }) => ip.family === 4 || ip.words[2] !== 0xffff || bits < 96),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(networks, fc.array(address, { minLength: 1 }), (all, asked) => {
      const trie = new CidrTrie<true>();
      for (const each of all) trie.insert(each, true);
      const set = new NetworkSet(packNetworks(all));
      for (const ip of [...asked, ...all.map((each) => each.ip)])
        expect(set.has(ip)).toBe(trie.find(ip) === true);
    }),
    { numRuns: 500 },
  );
});
