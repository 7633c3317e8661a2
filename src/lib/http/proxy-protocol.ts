import { type Ip, ipv4Of, ipv6Of, parseIp } from '../ip/address.ts';

/** One end of a connection. */
export interface Endpoint {
  readonly ip: Ip;
  readonly port: number;
}

/** What the start of a connection says in the PROXY protocol. */
export type ProxyPreamble =
  | { readonly status: 'incomplete' }
  | { readonly status: 'invalid'; readonly why: string }
  | {
      readonly status: 'ok';
      /** Bytes of the preamble; what follows is the connection's own. */
      readonly length: number;
      /** Null: the balancer speaks for itself (LOCAL) or does not know (UNKNOWN); the peer's address counts. */
      readonly source: Endpoint | null;
      readonly destination: Endpoint | null;
    };

const INCOMPLETE: ProxyPreamble = { status: 'incomplete' };
const V1_START = bytesOf('PROXY ');
const V2_START = bytesOf('\r\n\r\n\0\r\nQUIT\n');
const V1_LONGEST = 107;
const V2_HEADER = 16;
const V2_LONGEST = 4096;
const CR = 0x0d;
const LF = 0x0a;

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function invalid(why: string): ProxyPreamble {
  return { status: 'invalid', why };
}

/**
 * Reads a preamble of version 1 or 2 from the first bytes of a connection.
 *
 * Shape: stateless; call again with more bytes after `incomplete`.
 * Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 */
export function parseProxyPreamble(buf: Uint8Array): ProxyPreamble {
  if (agree(buf, V1_START)) return buf.length < V1_START.length ? INCOMPLETE : parseV1(buf);
  if (agree(buf, V2_START)) return buf.length < V2_HEADER ? v2Start(buf) : parseV2(buf);
  return invalid('The connection does not start with a PROXY preamble.');
}

/** Whether the bytes start like the signature, as far as both go. */
function agree(buf: Uint8Array, signature: Uint8Array): boolean {
  const length = Math.min(buf.length, signature.length);
  for (let i = 0; i < length; i++) if (buf[i] !== signature[i]) return false;
  return true;
}

function parseV1(buf: Uint8Array): ProxyPreamble {
  const limit = Math.min(buf.length, V1_LONGEST);
  let line = '';
  for (let i = 0; i < limit; i++) {
    const byte = buf[i] as number;
    if (byte === CR) {
      if (i + 1 === V1_LONGEST) break;
      if (i + 1 === buf.length) return INCOMPLETE;
      return buf[i + 1] === LF ? parseV1Line(line) : invalid('The PROXY line does not end with CR LF.');
    }
    if (byte < 0x20 || byte > 0x7e) return invalid('The PROXY line holds a byte that is not printable.');
    line += String.fromCharCode(byte);
  }
  return limit < V1_LONGEST ? INCOMPLETE : invalid(`The PROXY line is longer than ${V1_LONGEST} bytes.`);
}

function parseV1Line(line: string): ProxyPreamble {
  const length = line.length + 2;
  const words = line.split(' ');
  const family = words[1];
  if (family === 'UNKNOWN') return { status: 'ok', length, source: null, destination: null };
  if (family !== 'TCP4' && family !== 'TCP6') return invalid('The PROXY line names no known protocol.');
  if (words.length !== 6) return invalid('The PROXY line does not have two addresses and two ports.');
  const source = parseEndpoint(family, words[2] as string, words[4] as string);
  const destination = parseEndpoint(family, words[3] as string, words[5] as string);
  if (source === null || destination === null)
    return invalid('The PROXY line has a malformed address or port.');
  return { status: 'ok', length, source, destination };
}

function parseEndpoint(family: 'TCP4' | 'TCP6', address: string, port: string): Endpoint | null {
  if (address.includes(':') !== (family === 'TCP6') || !/^(?:0|[1-9][0-9]{0,4})$/.test(port)) return null;
  const ip = parseIp(address);
  return ip === null || Number(port) > 65535 ? null : { ip, port: Number(port) };
}

/** Refuses a header of version 2 as early as its bytes allow. */
function v2Start(buf: Uint8Array): ProxyPreamble {
  const command = buf[12];
  if (command !== undefined && command !== 0x20 && command !== 0x21) {
    return invalid('The PROXY header has an unknown version or command.');
  }
  return INCOMPLETE;
}

function parseV2(buf: Uint8Array): ProxyPreamble {
  const start = v2Start(buf);
  if (start.status === 'invalid') return start;
  const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
  const length = V2_HEADER + view.getUint16(14);
  if (length > V2_LONGEST) return invalid(`The PROXY header is longer than ${V2_LONGEST} bytes.`);

  const family = view.getUint8(13);
  const nameless = view.getUint8(12) === 0x20 || family === 0x00; // LOCAL, or PROXY with AF_UNSPEC
  if (!nameless && family !== 0x11 && family !== 0x21)
    return invalid('The PROXY header is not about TCP over IP.');
  const needed = nameless ? 0 : family === 0x11 ? 12 : 36;
  if (length < V2_HEADER + needed) return invalid('The PROXY header is too short for its addresses.');
  if (buf.length < length) return INCOMPLETE;
  if (nameless) return { status: 'ok', length, source: null, destination: null };
  return { status: 'ok', length, ...(family === 0x11 ? ipv4Ends(view) : ipv6Ends(view)) };
}

function ipv4Ends(view: DataView): { source: Endpoint; destination: Endpoint } {
  return {
    source: { ip: ipv4Of(view.getUint32(16)), port: view.getUint16(24) },
    destination: { ip: ipv4Of(view.getUint32(20)), port: view.getUint16(26) },
  };
}

function ipv6Ends(view: DataView): { source: Endpoint; destination: Endpoint } {
  const ip = (at: number) =>
    ipv6Of(view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12));
  return {
    source: { ip: ip(16), port: view.getUint16(48) },
    destination: { ip: ip(32), port: view.getUint16(50) },
  };
}
