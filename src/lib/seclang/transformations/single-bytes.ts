import type { Bytes } from '../bytes.ts';
import type { Transformation } from '../transformation.ts';
import { bytesWhere, inPlace } from './in-place.ts';

/** A transformation that puts one byte in the place of another, whatever stands beside it. */
function byteByByte(byteFor: (byte: number) => number): Transformation {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => byteFor(byte));
  return inPlace(
    bytesWhere((byte) => table[byte] !== byte),
    (bytes, length, from) => {
      for (let at = from; at < length; at++) bytes[at] = table[bytes[at] as number] as number;
      return length;
    },
  );
}

const HIGH_BIT = 0x80;

function isOdd(byte: number): boolean {
  let bits = byte ^ (byte >> 4);
  bits ^= bits >> 2;
  return ((bits ^ (bits >> 1)) & 1) === 1;
}

export const parityEven7bit: Transformation = byteByByte((byte) =>
  isOdd(byte) ? byte | HIGH_BIT : byte & ~HIGH_BIT,
);
export const parityOdd7bit: Transformation = byteByByte((byte) =>
  isOdd(byte) ? byte & ~HIGH_BIT : byte | HIGH_BIT,
);
export const parityZero7bit: Transformation = byteByByte((byte) => byte & ~HIGH_BIT);

export const replaceNulls: Transformation = byteByByte((byte) => (byte === 0 ? 0x20 : byte));

export const removeNulls: Transformation = inPlace('\0', (bytes, length, from) => {
  let to = from;
  for (let at = from; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte !== 0) bytes[to++] = byte;
  }
  return to;
});

export const none: Transformation = { apply: (value) => value, touches: '' };

export const length: Transformation = { apply: (value: Bytes) => String(value.length), touches: null };
