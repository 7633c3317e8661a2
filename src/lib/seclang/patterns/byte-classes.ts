import { SIDE, sideOf } from './assertion.ts';
import { OP, type Program } from './program.ts';

/** Bytes that a program never tells apart, as one class each. */
export interface ByteClasses {
  /** For each byte its class. */
  readonly ofByte: Uint8Array;
  readonly count: number;
  /** For each class one of its bytes. */
  readonly samples: readonly number[];
  /** For each class what it is to assertions; the same for all where there are none. */
  readonly sides: readonly number[];
  readonly hasAssertions: boolean;
}

export function classesOf(program: Program): ByteClasses {
  const hasAssertions = program.ops.includes(OP.assert);
  const numbers = new Map<string, number>();
  const ofByte = new Uint8Array(256);
  const samples: number[] = [];
  for (let code = 0; code < 256; code++) {
    const inSets = program.sets.map((set) => (set.has(code) ? '1' : '0')).join('');
    const key = inSets + (hasAssertions ? sideOf(code) : '');
    const number = numbers.get(key) ?? samples.push(code) - 1;
    numbers.set(key, number);
    ofByte[code] = number;
  }
  const sides = samples.map((code) => (hasAssertions ? sideOf(code) : SIDE.other));
  return { ofByte, count: samples.length, samples, sides, hasAssertions };
}
