import { hexValue } from '../text/hex.ts';

/**
 * An IP address.
 *
 * Shape: four unsigned 32-bit words, most significant first; IPv4 is `[0, 0, 0xffff, address]`. An IPv6 address in
 * `::ffff:0:0/96` does not occur: it is always family 4, so that no list of networks is dodged by another spelling.
 */
export interface Ip {
  readonly family: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

const LONGEST = '0000:0000:0000:0000:0000:ffff:255.255.255.255'.length;
const COLON = 0x3a;
const DOT = 0x2e;

/** Makes an IPv4 address of its 32 bits. */
export function ipv4Of(word: number): Ip {
  return { family: 4, words: [0, 0, 0xffff, word >>> 0] };
}

/** Makes an address of 128 bits; IPv4-mapped ones become IPv4. */
export function ipv6Of(w0: number, w1: number, w2: number, w3: number): Ip {
  const mapped = w0 === 0 && w1 === 0 && w2 === 0xffff;
  return { family: mapped ? 4 : 6, words: [w0 >>> 0, w1 >>> 0, w2 >>> 0, w3 >>> 0] };
}

/**
 * Reads an address: four decimal octets without leading zeros, or IPv6 (RFC 4291, 2.2) without zone, brackets or port.
 */
export function parseIp(text: string): Ip | null {
  if (text.length > LONGEST) return null;
  if (text.includes(':')) return parseIpv6(text);
  const word = ipv4Word(text, 0);
  return word < 0 ? null : ipv4Of(word);
}

/** The 32 bits of the IPv4 address that starts at `from` and ends with the text, or -1. */
function ipv4Word(text: string, from: number): number {
  let word = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return -1;
      word = word * 256 + octet;
      octet = 0;
      digits = 0;
      continue;
    }
    // Leading zeros mean octal to some readers (RFC 6943, 3.1.1), so they mean nothing to us.
    if (code < 0x30 || code > 0x39 || (digits > 0 && octet === 0)) return -1;
    octet = octet * 10 + code - 0x30;
    digits++;
    if (octet > 255) return -1;
  }
  return dots === 3 && digits > 0 ? word * 256 + octet : -1;
}

function parseIpv6(text: string): Ip | null {
  const groups: number[] = [];
  let gap = -1;
  let i = 0;
  if (text.startsWith('::')) {
    gap = 0;
    i = 2;
  }
  while (i < text.length) {
    const end = hexEnd(text, i);
    if (text.charCodeAt(end) === DOT) {
      const word = ipv4Word(text, i);
      if (word < 0) return null;
      groups.push(Math.floor(word / 0x10000), word & 0xffff);
      break;
    }
    if (end === i || end - i > 4) return null;
    groups.push(Number.parseInt(text.slice(i, end), 16));
    if (end === text.length) break;
    if (text.charCodeAt(end) !== COLON || end + 1 === text.length) return null;
    i = end + 1;
    if (text.charCodeAt(i) !== COLON) continue;
    if (gap >= 0) return null;
    gap = groups.length;
    i++;
  }
  return ipv6OfGroups(groups, gap);
}

function hexEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && hexValue(text.charCodeAt(end)) >= 0) end++;
  return end;
}

function ipv6OfGroups(groups: number[], gap: number): Ip | null {
  if (gap < 0 ? groups.length !== 8 : groups.length > 7) return null;
  if (gap >= 0) groups.splice(gap, 0, ...new Array<number>(8 - groups.length).fill(0));
  const word = (at: number) => (groups[at] as number) * 0x10000 + (groups[at + 1] as number);
  return ipv6Of(word(0), word(2), word(4), word(6));
}

/** Writes an address in its canonical form (RFC 5952; IPv6 always in hexadecimal groups). */
export function formatIp(ip: Ip): string {
  const [w0, w1, w2, w3] = ip.words;
  if (ip.family === 4) return `${w3 >>> 24}.${(w3 >>> 16) & 255}.${(w3 >>> 8) & 255}.${w3 & 255}`;
  const groups = [
    w0 >>> 16,
    w0 & 0xffff,
    w1 >>> 16,
    w1 & 0xffff,
    w2 >>> 16,
    w2 & 0xffff,
    w3 >>> 16,
    w3 & 0xffff,
  ];
  let start = -1;
  let length = 1; // RFC 5952, 4.2.2: one lonely zero group is not shortened
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    if (end > i) i = end;
  }
  if (start < 0) return hexGroups(groups, 0, 8);
  return `${hexGroups(groups, 0, start)}::${hexGroups(groups, start + length, 8)}`;
}

function hexGroups(groups: readonly number[], from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += (i > from ? ':' : '') + (groups[i] as number).toString(16);
  return text;
}

/** Number of bits of an address of the family. */
export function widthOf(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** Clears all bits after the first `bits`; more bits than the family has leave the address as it is. */
export function networkOf(ip: Ip, bits: number): Ip {
  const [w0, w1, w2, w3] = ip.words;
  if (ip.family === 4) return ipv4Of(w3 & maskOf(bits));
  const words = [
    w0 & maskOf(bits),
    w1 & maskOf(bits - 32),
    w2 & maskOf(bits - 64),
    w3 & maskOf(bits - 96),
  ] as const;
  return { family: 6, words: [words[0] >>> 0, words[1] >>> 0, words[2] >>> 0, words[3] >>> 0] };
}

/** Signed 32-bit mask whose first `bits` bits are set; any number of bits is taken. */
export function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

/** Writes the network of an address, such as `2001:db8::/64`: one rate-limit key for all who share it. */
export function prefixOf(ip: Ip, bits: number): string {
  const kept = Math.max(0, Math.min(bits, widthOf(ip.family)));
  return `${formatIp(networkOf(ip, kept))}/${kept}`;
}

/** Bits of the network that one IPv6 client has: the addresses in it are its own to choose. */
const IPV6_CLIENT_BITS = 64;

/** Writes what tells one client from another: the address, of IPv6 the network that it is in. */
export function clientTextOf(ip: Ip): string {
  return ip.family === 4 ? formatIp(ip) : prefixOf(ip, IPV6_CLIENT_BITS);
}
