const [seconds, nanoseconds] = process.hrtime();
/** `performance.now()` begins with the thread, the clock below it with the machine. */
const OFFSET_MS = seconds * 1e3 + nanoseconds / 1e6 - performance.now();

/** Milliseconds that nobody sets back or forward; the same in every thread of a process, and only there. */
export function monotonicMs(): number {
  return performance.now() + OFFSET_MS;
}
