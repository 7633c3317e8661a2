/** Sets of small numbers: a bit for each, in words of 32. */
export const noBits = (size: number): number[] => new Array<number>((size + 31) >>> 5).fill(0);

export const addBit = (words: number[], bit: number): void => {
  words[bit >>> 5] = (words[bit >>> 5] as number) | (1 << (bit & 31));
};

export const hasBit = (words: ArrayLike<number>, bit: number): boolean =>
  (((words[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1;
