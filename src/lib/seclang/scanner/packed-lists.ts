/** Lists of numbers one behind another: list `n` is `items` from `starts[n]` up to `starts[n + 1]`. */
export interface PackedLists {
  readonly starts: Int32Array;
  readonly items: Int32Array;
}

export function packLists(lists: readonly Iterable<number>[]): PackedLists {
  const starts = new Int32Array(lists.length + 1);
  const items: number[] = [];
  lists.forEach((list, index) => {
    items.push(...list);
    starts[index + 1] = items.length;
  });
  return { starts, items: Int32Array.from(items) };
}
