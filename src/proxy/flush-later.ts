/** Something that is written at the end of a turn of the event loop. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/**
 * Flushes something when everything that came in this turn was read.
 *
 * Cost: writing wakes the process at the other end, which is dear; what is written together wakes it once.
 */
export function flushLater(one: Flushable): void {
  if (waiting.push(one) === 1) setImmediate(flushAll);
}

/** Safety: what one of them throws must not keep the others from being flushed. */
function flushAll(): void {
  const flushed = waiting;
  waiting = [];
  let next = 0;
  try {
    while (next < flushed.length) (flushed[next++] as Flushable).flush();
  } finally {
    for (; next < flushed.length; next++) flushLater(flushed[next] as Flushable);
  }
}
