import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--allow-natives-syntax');
setFlagsFromString('--expose-gc');

/** Whether two objects have one hidden class, so that code that has seen one is fast with the other. */
export const haveSameMap = new Function('one', 'other', 'return %HaveSameMap(one, other)') as (
  one: object,
  other: object,
) => boolean;

/** Whether an object is a dictionary: one that lost its hidden class. */
export const hasFastProperties = new Function('one', 'return %HasFastProperties(one)') as (
  one: object,
) => boolean;

const collectGarbage = runInNewContext('gc') as () => void;

const RUNS = 50_000;
const TRIES = 7;

/**
 * Measures how many bytes one run leaves on the heap, whether or not they are garbage.
 *
 * Safety: a collection in between would only hide bytes, and too few are made for one to be due; the smallest of
 * several tries leaves out what the compiler itself allocates.
 */
export function bytesPerRun(run: () => void): number {
  for (let i = 0; i < RUNS; i++) run();
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < TRIES; at++) {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < RUNS; i++) run();
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / RUNS);
  }
  return least;
}
