import type { Bytes } from '../bytes.ts';
import type { Transformation } from '../transformation.ts';

/** Rewrites the first `length` bytes from `from` on, which never needs more room than it frees; gives the new length. */
export type Rewrite = (bytes: Buffer, length: number, from: number) => number;

/** Values up to this are copied byte by byte, which is faster than a call out of JavaScript. */
const SHORT_BYTES = 48;
/** The buffer that is kept; longer values get one of their own. */
const KEPT_BYTES = 65_536;
const kept = Buffer.allocUnsafeSlow(KEPT_BYTES);

/** A buffer that begins with the bytes of a value and has room for `room`. It is valid until the next call. */
export function bufferOf(value: Bytes, room: number): Buffer {
  const bytes = room <= KEPT_BYTES ? kept : Buffer.allocUnsafeSlow(room);
  if (value.length > SHORT_BYTES) bytes.write(value, 'latin1');
  else for (let at = 0; at < value.length; at++) bytes[at] = value.charCodeAt(at);
  return bytes;
}

/** The first `length` bytes as a string: the very `value` where they are the same. */
export function textOf(bytes: Buffer, length: number, value: Bytes): Bytes {
  const text = bytes.toString('latin1', 0, length);
  return text === value ? value : text;
}

/** Where the first of some bytes stands; -1 where none does. */
export function firstOf(value: Bytes, isWanted: Uint8Array): number {
  for (let at = 0; at < value.length; at++) {
    if (isWanted[value.charCodeAt(at)] !== 0) return at;
  }
  return -1;
}

/** A table of 256 entries: 1 for the bytes of a text. */
export function byteTable(bytes: Bytes): Uint8Array {
  const table = new Uint8Array(256);
  for (let at = 0; at < bytes.length; at++) table[bytes.charCodeAt(at)] = 1;
  return table;
}

/** Every byte for which something holds, as a text. */
export function bytesWhere(holds: (byte: number) => boolean): Bytes {
  let bytes = '';
  for (let byte = 0; byte < 256; byte++) if (holds(byte)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** A transformation that rewrites a value where it holds one of the bytes `touches`. */
export function inPlace(touches: Bytes, rewrite: Rewrite): Transformation {
  const isTouched = byteTable(touches);
  const find = (value: Bytes): number =>
    touches.length === 1 ? value.indexOf(touches) : firstOf(value, isTouched);
  const apply = (value: Bytes): Bytes => {
    const from = find(value);
    if (from < 0) return value;
    const bytes = bufferOf(value, value.length + 1);
    return textOf(bytes, rewrite(bytes, value.length, from), value);
  };
  return { apply, touches };
}
