import { formatIp, type Ip, networkOf, parseIp, widthOf } from './address.ts';

/** A network: the address has no bits set after the first `bits`. */
export interface Cidr {
  readonly ip: Ip;
  readonly bits: number;
}

/** Bits of the mapped prefix `::ffff:0:0/96`, which an IPv4 network written as IPv6 carries in front. */
const MAPPED_BITS = 96;

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a bare address; bits after the prefix make it null, see `cidrProblem`. */
export function parseCidr(text: string): Cidr | null {
  const found = examine(text);
  return typeof found === 'string' ? null : found;
}

/** Says in one sentence why `parseCidr` does not take the text and what to write instead; null when it does. */
export function cidrProblem(text: string): string | null {
  const found = examine(text);
  return typeof found === 'string' ? found : null;
}

function examine(text: string): Cidr | string {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const ip = parseIp(address);
  if (ip === null) return addressProblem(address);
  if (slash < 0) return { ip, bits: widthOf(ip.family) };

  const suffix = text.slice(slash + 1);
  const mapped = ip.family === 4 && address.includes(':');
  const width = mapped ? 128 : widthOf(ip.family);
  const written = /^(0|[1-9][0-9]{0,2})$/.test(suffix) ? Number(suffix) : -1;
  if (written < 0 || written > width) return suffixProblem(address, suffix, width);
  if (mapped && written < MAPPED_BITS) {
    return `"${text}" mixes IPv4 and IPv6: write the IPv4 network itself, such as "10.0.0.0/8".`;
  }
  const bits = mapped ? written - MAPPED_BITS : written;
  return hostBitsProblem(text, ip, bits) ?? { ip, bits };
}

function addressProblem(address: string): string {
  const quoted = JSON.stringify(address);
  if (address.includes('%')) return `${quoted} names a zone; write the address without "%" and what follows.`;
  if (address.includes('[')) return `${quoted} has brackets; write the IPv6 address without them.`;
  if (/^[0-9.]+$/.test(address) && parseIp(address.replace(/(^|\.)0+(?=[0-9])/g, '$1')) !== null) {
    return `${quoted} has a leading zero, which some programs read as octal; write the octets without it.`;
  }
  return `${quoted} is not an IPv4 or IPv6 address; write a network such as "10.0.0.0/8" or "2001:db8::/32".`;
}

function suffixProblem(address: string, suffix: string, width: number): string {
  const mask = width === 32 ? parseIp(suffix) : null;
  const bits = mask === null ? -1 : Math.clz32(~mask.words[3]);
  if (mask !== null && mask.words[3] === networkOf(mask, bits).words[3]) {
    return `"${address}/${suffix}" gives a netmask; write "${address}/${bits}".`;
  }
  return `${JSON.stringify(suffix)} is not a prefix length from 0 to ${width}; write one, such as "${address}/${width}".`;
}

function hostBitsProblem(text: string, ip: Ip, bits: number): string | null {
  const network = formatIp(networkOf(ip, bits));
  const address = formatIp(ip);
  if (network === address) return null;
  return (
    `"${text}" has bits set after the first ${bits}; write "${network}/${bits}" for the network ` +
    `or "${address}" for the one address.`
  );
}
