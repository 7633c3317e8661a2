import type { Bytes } from '../bytes.ts';
import type { Transformation } from '../transformation.ts';
import { byteTable, inPlace } from './in-place.ts';

/** What C calls space. */
export const SPACES: Bytes = ' \t\n\v\f\r';
const IS_SPACE = byteTable(SPACES);
const NO_BREAK_SPACE = '\xa0';
const IS_BLANK = byteTable(SPACES + NO_BREAK_SPACE);
const SPACE = 0x20;

export function isSpace(code: number): boolean {
  return IS_SPACE[code] === 1;
}

function trimmed(value: Bytes, atStart: boolean, atEnd: boolean): Bytes {
  let from = 0;
  let to = value.length;
  if (atStart) while (from < to && isSpace(value.charCodeAt(from))) from++;
  if (atEnd) while (to > from && isSpace(value.charCodeAt(to - 1))) to--;
  return to - from === value.length ? value : value.slice(from, to);
}

export const trim: Transformation = { apply: (value) => trimmed(value, true, true), touches: SPACES };
export const trimLeft: Transformation = { apply: (value) => trimmed(value, true, false), touches: SPACES };
export const trimRight: Transformation = { apply: (value) => trimmed(value, false, true), touches: SPACES };

/** One space for every run of white space. */
export const compressWhitespace: Transformation = inPlace(SPACES + NO_BREAK_SPACE, (bytes, length, from) => {
  let to = from;
  let isInRun = false;
  for (let at = from; at < length; at++) {
    const byte = bytes[at] as number;
    const isBlank = IS_BLANK[byte] === 1;
    if (!isBlank) bytes[to++] = byte;
    else if (!isInRun) bytes[to++] = SPACE;
    isInRun = isBlank;
  }
  return to;
});

export const removeWhitespace: Transformation = inPlace(SPACES + NO_BREAK_SPACE, (bytes, length, from) => {
  let to = from;
  for (let at = from; at < length; at++) {
    const byte = bytes[at] as number;
    if (IS_BLANK[byte] === 0) bytes[to++] = byte;
  }
  return to;
});
