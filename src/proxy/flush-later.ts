/** Something that holds a little back in the hope that the rest follows at once. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/** Flushes something after this turn of the event loop; all that wait share one callback. */
export function flushLater(one: Flushable): void {
  if (waiting.push(one) === 1) process.nextTick(flushAll);
}

function flushAll(): void {
  const flushed = waiting;
  waiting = [];
  for (const one of flushed) one.flush();
}
