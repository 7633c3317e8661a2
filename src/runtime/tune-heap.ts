import { setFlagsFromString } from 'node:v8';

/**
 * Tells V8 to let everything be young first; call before threads are started, as flags count for the whole process.
 *
 * V8 learns which places in the code make long-lived objects and then makes them in the old generation at once. Under
 * load it takes the objects of requests for such, and each of them keeps its whole request alive until the next full
 * collection: measured, 5 MB of every 50 MB survived instead of 0.3 MB, and each minor collection took three times as long.
 */
export function tuneHeap(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
