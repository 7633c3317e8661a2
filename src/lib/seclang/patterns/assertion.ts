import type { Bytes } from '../bytes.ts';
import { WORD } from './byte-set.ts';
import type { Assertion } from './node.ts';

/** What stands on one side of a place in a value, as far as assertions care. */
export const SIDE = { edge: 0, lastNewline: 1, newline: 2, word: 3, other: 4 } as const;

const IS_WORD: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => Number(WORD.has(code)));

export const isWord = (code: number): boolean => IS_WORD[code] === 1;

/** The numbers of assertions in programs. */
export const ASSERTIONS: readonly Assertion[] = [
  'start',
  'end',
  'end or last newline',
  'start of line',
  'end of line',
  'word boundary',
  'no word boundary',
];

/** Whether an assertion, given by its number, holds between what is before and what comes after. */
export function holds(assertion: number, before: number, after: number): boolean {
  switch (assertion) {
    case 0:
      return before === SIDE.edge;
    case 1:
      return after === SIDE.edge;
    case 2:
      return after === SIDE.edge || after === SIDE.lastNewline;
    case 3:
      return before === SIDE.edge || (before === SIDE.newline && after !== SIDE.edge);
    case 4:
      return after === SIDE.edge || after === SIDE.newline || after === SIDE.lastNewline;
    case 5:
      return (before === SIDE.word) !== (after === SIDE.word);
    default:
      return (before === SIDE.word) === (after === SIDE.word);
  }
}

/** What stands in front of a place. */
export function sideBefore(value: Bytes, at: number): number {
  return at === 0 ? SIDE.edge : sideOf(value.charCodeAt(at - 1));
}

/** What stands behind a place. */
export function sideAfter(value: Bytes, at: number): number {
  if (at >= value.length) return SIDE.edge;
  const side = sideOf(value.charCodeAt(at));
  return side === SIDE.newline && at === value.length - 1 ? SIDE.lastNewline : side;
}

export function sideOf(code: number): number {
  return isWord(code) ? SIDE.word : code === 0x0a ? SIDE.newline : SIDE.other;
}

/**
 * Whether an assertion may hold between what was passed and what comes, in either direction.
 *
 * Safety: a newline may be the last one.
 */
export function mayHold(assertion: number, passed: number, coming: number, isReversed: boolean): boolean {
  const after = isReversed ? passed : coming;
  return holds(assertion, isReversed ? coming : passed, after === SIDE.newline ? SIDE.lastNewline : after);
}

const SIDES = Object.values(SIDE);

/** For each direction, assertion and side, whether it can hold behind that side. */
const CAN_HOLD = [false, true].map((isReversed) =>
  ASSERTIONS.map((_, assertion) =>
    SIDES.map((passed) => SIDES.some((coming) => mayHold(assertion, passed, coming, isReversed))),
  ),
);

/** Whether an assertion can hold behind a side, whatever comes. */
export function canHold(assertion: number, passed: number, isReversed: boolean): boolean {
  return CAN_HOLD[isReversed ? 1 : 0]?.[assertion]?.[passed] === true;
}
