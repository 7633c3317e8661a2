import { formatIp, parseIp } from '../ip/address.ts';

/** Where a request is addressed to. */
export interface Host {
  /** Lower-case name without trailing dot, dotted IPv4, or canonical IPv6 in brackets. */
  readonly host: string;
  readonly port: number | null;
}

/** RFC 1035, 2.3.4, without the trailing dot. */
const LONGEST_NAME = 253;

/**
 * Reads a Host field or the authority of a URI.
 *
 * Safety: only letters, digits, `-`, `_` and `.` make a name, so that no byte of it means something to a reader further
 * on. A name whose last label is a number must be an IPv4 address, because resolvers take `127.1` and `0x7f000001` for
 * one. IPv4-mapped IPv6 becomes dotted IPv4.
 */
export function parseHost(value: string): Host | null {
  const literal = value.startsWith('[');
  const end = literal ? value.indexOf(']') + 1 : hostEnd(value);
  if (end === 0) return null;
  const host = literal ? parseLiteral(value.slice(1, end - 1)) : parseName(value.slice(0, end));
  if (host === null) return null;
  if (end === value.length) return { host, port: null };
  const port = value.charCodeAt(end) === 0x3a ? parsePort(value.slice(end + 1)) : null;
  return port === null ? null : { host, port };
}

/** Reads a port from 1 to 65535. */
export function parsePort(text: string): number | null {
  if (!/^[0-9]{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port >= 1 && port <= 65535 ? port : null;
}

function hostEnd(value: string): number {
  const colon = value.indexOf(':');
  return colon < 0 ? value.length : colon;
}

function parseLiteral(text: string): string | null {
  if (!text.includes(':')) return null;
  const ip = parseIp(text);
  if (ip === null) return null;
  return ip.family === 4 ? formatIp(ip) : `[${formatIp(ip)}]`;
}

function parseName(text: string): string | null {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (name.length === 0 || name.length > LONGEST_NAME) return null;
  if (!/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(name)) return null;
  const lower = name.toLowerCase();
  // https://url.spec.whatwg.org/#ends-in-a-number-checker
  const last = lower.slice(lower.lastIndexOf('.') + 1);
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(last) && parseIp(lower) === null) return null;
  return lower;
}
