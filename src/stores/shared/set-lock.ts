const SPINS = 200;
const WAIT_MS = 1;

/**
 * Locks every listed word, or waits until it can.
 *
 * Shape: `at` holds the first `count` word indexes in ascending order, each once; `mine` is a word that no other
 * acquisition has. A lock word is 0 when free.
 * Cost: one compare-and-exchange per lock when nobody is in the way. Nobody sleeps while holding a lock.
 * Safety: a word that did not change during `patience` waits belongs to a thread that died in its section (a section
 * lasts a microsecond) and is freed. Should that thread be alive after all, `isLocked` tells it before it writes.
 */
export function lockAll(
  words: Int32Array,
  at: Int32Array,
  count: number,
  mine: number,
  patience: number,
): void {
  for (;;) {
    let held = 0;
    while (held < count && tryLock(words, at[held] as number, mine)) held++;
    if (held === count) return;
    unlockAll(words, at, held, mine);
    waitUntilFree(words, at[held] as number, patience);
  }
}

/** Whether all locks are still held: false after another thread took this one for dead. */
export function isLocked(words: Int32Array, at: Int32Array, count: number, mine: number): boolean {
  for (let i = 0; i < count; i++) if (Atomics.load(words, at[i] as number) !== mine) return false;
  return true;
}

/** Frees those of the locks that are still ours. */
export function unlockAll(words: Int32Array, at: Int32Array, count: number, mine: number): void {
  for (let i = count - 1; i >= 0; i--) Atomics.compareExchange(words, at[i] as number, mine, 0);
}

function tryLock(words: Int32Array, at: number, mine: number): boolean {
  if (Atomics.compareExchange(words, at, 0, mine) === 0) return true;
  for (let spin = 0; spin < SPINS; spin++) {
    if (Atomics.load(words, at) === 0 && Atomics.compareExchange(words, at, 0, mine) === 0) return true;
  }
  return false;
}

/**
 * Waits for a free lock; breaks one whose holder is dead.
 *
 * Safety: patience is counted in waits that this thread lived through, not in time that passed: after the whole
 * process was stopped the holder gets as much time to go on as this thread.
 */
function waitUntilFree(words: Int32Array, at: number, patience: number): void {
  let seen = Atomics.load(words, at);
  for (let waits = 0; seen !== 0; waits++) {
    if (waits >= patience) {
      Atomics.compareExchange(words, at, seen, 0);
      return;
    }
    Atomics.wait(words, at, seen, WAIT_MS);
    const now = Atomics.load(words, at);
    if (now === seen) continue;
    if (now === 0) return;
    seen = now;
    waits = 0;
  }
}
