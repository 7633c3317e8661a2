import { performance } from 'node:perf_hooks';

/** The attempts of one request at its upstream, for the journal. */
export class Attempts {
  count = 0;
  /** Origin of the target that was asked last; '' when none was. */
  target = '';
  /** Time of all attempts so far. */
  durationMs = 0;
  #startMs = 0;

  begin(target: string): void {
    this.count++;
    this.target = target;
    this.#startMs = performance.now();
  }

  end(): void {
    this.durationMs += performance.now() - this.#startMs;
  }
}
