/** Exceptions that nothing caught, within a minute, after which a thread is no longer trusted. */
const MOST_PER_MINUTE = 100;
const WINDOW_MS = 60_000;

/**
 * Counts exceptions that nothing caught; the function it makes tells whether there are too many.
 *
 * Safety: an exception that reaches the event loop has left one request or connection without its end: the client gets
 * no answer there, which lets nothing pass. All others are untouched, because nothing they share is changed in more
 * than one turn. To end the thread for one would let whoever finds a request that causes it break thousands of
 * connections with each. More than a hundred within a minute are a thread that is broken as a whole: only a new one
 * helps.
 */
export function strayErrorCounter(): (nowMs: number) => boolean {
  let times: number[] = [];
  return (nowMs) => {
    times = times.filter((time) => time > nowMs - WINDOW_MS && time <= nowMs);
    times.push(nowMs);
    return times.length > MOST_PER_MINUTE;
  };
}
