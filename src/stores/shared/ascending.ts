/** Puts a value into the first `count` of an ascending list where it is not there yet; returns how many there are then. */
export function insertAscending(list: Int32Array, count: number, value: number): number {
  let at = count;
  while (at > 0 && (list[at - 1] as number) > value) at--;
  if (at > 0 && list[at - 1] === value) return count;
  for (let i = count; i > at; i--) list[i] = list[i - 1] as number;
  list[at] = value;
  return count + 1;
}
