import { type Der, TAG } from './der.ts';

const MAX_OID_BYTES = 64;
/** Serial numbers have at most 20 bytes (RFC 5280, 4.1.2.2); real ones have been seen a little longer. */
const MAX_INTEGER_BYTES = 40;

/** Object identifier in dotted form; '' when it is not one. */
export function readOid(der: Der): string {
  const { content } = der;
  if (der.tag !== TAG.oid || content.length === 0 || content.length > MAX_OID_BYTES) return failed(der);
  let text = '';
  let arc = 0n;
  let isInside = false;
  for (const byte of content) {
    // X.690, 8.19.2: no arc begins with zeros.
    if (!isInside && byte === 0x80) return failed(der);
    arc = arc * 128n + BigInt(byte & 0x7f);
    isInside = byte >= 0x80;
    if (isInside) continue;
    text += text === '' ? firstArcs(arc) : `.${arc}`;
    arc = 0n;
  }
  return isInside ? failed(der) : text;
}

function firstArcs(arc: bigint): string {
  const first = arc < 80n ? arc / 40n : 2n;
  return `${first}.${arc - first * 40n}`;
}

/** Integer of any length as hexadecimal of its two's complement, in whole bytes; '' when it is not one. */
export function readInteger(der: Der): string {
  const { content } = der;
  if (der.tag !== TAG.integer && der.tag !== TAG.enumerated) return failed(der);
  if (content.length === 0 || content.length > MAX_INTEGER_BYTES) return failed(der);
  const [first, second = 0] = content as unknown as [number, number?];
  // X.690, 8.3.2: the fewest bytes that hold it.
  if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    return failed(der);
  return hexOf(content);
}

/** Integer from 0 to 2^31 - 1; -1 when it is not one. */
export function readSmallInteger(der: Der): number {
  const hex = readInteger(der);
  const value = hex.length > 8 || hex === '' ? Number.NaN : Number.parseInt(hex, 16);
  if (!(value <= 0x7fffffff) || Number.parseInt(hex.slice(0, 1), 16) >= 8) {
    der.fail();
    return -1;
  }
  return value;
}

export function readBoolean(der: Der): boolean {
  const { content } = der;
  // X.690, 11.1: true is all ones.
  if (der.tag !== TAG.boolean || content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
    der.fail();
  return content[0] === 0xff;
}

/** The bytes of a bit string whose bits fill them. */
export function readBytesOfBits(der: Der): Uint8Array {
  const { content } = der;
  if (der.tag !== TAG.bitString || content.length === 0 || content[0] !== 0) der.fail();
  return content.subarray(1);
}

/** Named bits as a number whose lowest bit is the first of them; of the first sixteen. */
export function readNamedBits(der: Der): number {
  const { content } = der;
  const unused = content[0] ?? 8;
  if (der.tag !== TAG.bitString || unused > 7 || (content.length === 1 && unused > 0)) der.fail();
  const last = content.length > 1 ? (content.at(-1) as number) : 0;
  // X.690, 11.2.1: bits that are not used are zero.
  if ((last & ((1 << unused) - 1)) !== 0) der.fail();
  let bits = 0;
  for (let i = 0; i < 16; i++) {
    const byte = content[1 + (i >> 3)] ?? 0;
    if ((byte & (0x80 >> (i & 7))) !== 0) bits |= 1 << i;
  }
  return bits;
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** Moment in epoch milliseconds, of either type (RFC 5280, 4.1.2.5): to the second, in UTC. */
export function readTime(der: Der): number {
  const text = Buffer.from(der.content).toString('latin1');
  const form = der.tag === TAG.utcTime ? UTC_TIME : der.tag === TAG.generalizedTime ? GENERALIZED_TIME : null;
  const parts = form?.exec(text)?.slice(1).map(Number);
  if (parts === undefined) {
    der.fail();
    return 0;
  }
  const [written, month, day, hour, minute, second] = parts as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // RFC 5280, 4.1.2.5.1: from 1950 to 2049.
  const year = form === GENERALIZED_TIME ? written : written + (written >= 50 ? 1900 : 2000);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
  if (!isReal || second > 59) der.fail();
  return date.getTime();
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function failed(der: Der): '' {
  der.fail();
  return '';
}
