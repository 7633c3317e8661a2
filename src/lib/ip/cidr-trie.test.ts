import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ip, ipv4Of, ipv6Of, networkOf, parseIp, widthOf } from './address.ts';
import { type Cidr, parseCidr } from './cidr.ts';
import { CidrTrie } from './cidr-trie.ts';

function trieOf(...networks: string[]): CidrTrie<string> {
  const trie = new CidrTrie<string>();
  for (const network of networks) trie.insert(parseCidr(network) as Cidr, network);
  return trie;
}

const NETWORKS = trieOf(
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.2.3',
  '192.168.0.0/16',
  '2001:db8::/32',
  '2001:db8:0:1::/64',
  '::1',
);

test.each([
  ['10.2.3.4', '10.0.0.0/8'],
  ['10.1.9.9', '10.1.0.0/16'],
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['11.0.0.0', null],
  ['192.168.255.255', '192.168.0.0/16'],
  ['2001:db8::5', '2001:db8::/32'],
  ['2001:db8:0:1::5', '2001:db8:0:1::/64'],
  ['::1', '::1'],
  ['::', null],
])('%s is in %s', (text, network) => {
  expect(NETWORKS.find(parseIp(text) as Ip)).toBe(network);
});

test('the families are kept apart', () => {
  expect(trieOf('0.0.0.0/0').find(parseIp('::1') as Ip)).toBeNull();
  expect(trieOf('::/0').find(parseIp('1.2.3.4') as Ip)).toBeNull();
  expect(trieOf('::/0').find(parseIp('::') as Ip)).toBe('::/0');
  expect(new CidrTrie<string>().find(parseIp('::') as Ip)).toBeNull();
});

test('size counts distinct networks, and the last value stays', () => {
  const trie = trieOf('10.0.0.0/9', '10.128.0.0/9', '10.0.0.0/9');
  expect(trie.size).toBe(2);
  trie.insert(parseCidr('10.0.0.0/8') as Cidr, 'parent');
  expect(trie.size).toBe(3);
  trie.insert(parseCidr('10.0.0.0/8') as Cidr, 'again');
  expect(trie.size).toBe(3);
  trie.insert(parseCidr('10.0.0.0/9') as Cidr, 'new');
  expect(trie.find(parseIp('10.0.0.1') as Ip)).toBe('new');
});

const word = fc.constantFrom(
  0,
  1,
  0x80000000,
  0x80000001,
  0x40000000,
  0xffffffff,
  0xfffffffe,
  0x0a000000,
  0x0a010000,
);
const ip: fc.Arbitrary<Ip> = fc.oneof(
  word.map(ipv4Of),
  fc.tuple(word, word, word, word).map(([a, b, c, d]) => ipv6Of(a, b, c, d)),
);
const network = fc.tuple(ip, fc.nat({ max: 128 })).map(([address, n]): Cidr => {
  const bits = Math.min(n, widthOf(address.family));
  return { ip: networkOf(address, bits), bits };
});

test('agrees with a plain list', () => {
  fc.assert(
    fc.property(
      fc.array(network, { maxLength: 40 }),
      fc.array(ip, { minLength: 1, maxLength: 20 }),
      (list, ips) => {
        const trie = new CidrTrie<number>();
        for (const [at, cidr] of list.entries()) trie.insert(cidr, at);
        for (const address of ips) expect(trie.find(address)).toBe(slowFind(list, address));
      },
    ),
    { numRuns: 1000 },
  );
});

function slowFind(list: readonly Cidr[], address: Ip): number | null {
  let best: number | null = null;
  for (const [at, cidr] of list.entries()) {
    const holds =
      cidr.ip.family === address.family &&
      String(networkOf(address, cidr.bits).words) === String(cidr.ip.words);
    if (holds && (best === null || cidr.bits >= (list[best] as Cidr).bits)) best = at;
  }
  return best;
}
