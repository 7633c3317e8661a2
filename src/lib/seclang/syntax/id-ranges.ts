import type { Bytes } from '../bytes.ts';

/** Ids from the first to the last, both among them. */
export type IdRange = readonly [first: number, last: number];

/** Parses ids and ranges such as `942100` and `920000-920999`, between blanks or commas; null for anything else. */
export function parseIdRanges(text: Bytes): IdRange[] | null {
  const ranges: IdRange[] = [];
  for (const word of text.split(/[\s,]+/)) {
    if (word === '') continue;
    const found = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(word);
    if (found === null) return null;
    const first = Number(found[1]);
    const last = found[2] === undefined ? first : Number(found[2]);
    if (last < first) return null;
    ranges.push([first, last]);
  }
  return ranges.length === 0 ? null : ranges;
}

/** Whether one of the ranges holds an id. */
export const holdsId = (ranges: readonly IdRange[], id: number): boolean =>
  ranges.some(([first, last]) => id >= first && id <= last);
