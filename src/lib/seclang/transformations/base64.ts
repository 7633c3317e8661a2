import type { Transformation } from '../transformation.ts';
import { bufferOf, textOf } from './in-place.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SEXTETS = new Int8Array(256).fill(-1);
for (let value = 0; value < ALPHABET.length; value++) SEXTETS[ALPHABET.charCodeAt(value)] = value;

export const base64Encode: Transformation = {
  apply: (value) => (value === '' ? value : Buffer.from(value, 'latin1').toString('base64')),
  touches: null,
};

/** Bytes of sextets that are written one after another into the place of the text they come from. */
function packed(bytes: Buffer, to: number, sextet: number, index: number): number {
  const phase = index & 3;
  if (phase === 0) {
    bytes[to] = sextet << 2;
    return to;
  }
  const shift = 6 - 2 * phase;
  bytes[to] = (bytes[to] as number) | (sextet >> shift);
  if (phase < 3) bytes[to + 1] = sextet << (8 - shift);
  return to + 1;
}

/** Decodes up to the first character that is not of the alphabet. */
export const base64Decode: Transformation = {
  apply(value) {
    const bytes = bufferOf(value, value.length + 1);
    let to = 0;
    for (let at = 0; at < value.length; at++) {
      const sextet = SEXTETS[value.charCodeAt(at)] as number;
      if (sextet < 0) break;
      to = packed(bytes, to, sextet, at);
    }
    return textOf(bytes, to, value);
  },
  touches: null,
};

const PAD = 0x3d;

/** Decodes what is of the alphabet and passes over everything else, up to the first NUL. */
export const base64DecodeExt: Transformation = {
  apply(value) {
    const bytes = bufferOf(value, value.length + 1);
    let to = 0;
    let sextets = 0;
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code === 0) break;
      if (code === PAD && value.charCodeAt(at + 1) !== PAD && (sextets & 3) === 1) return '';
      const sextet = SEXTETS[code] as number;
      if (sextet >= 0) to = packed(bytes, to, sextet, sextets++);
    }
    return textOf(bytes, to, value);
  },
  touches: null,
};
