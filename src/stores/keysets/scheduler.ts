/** Runs something later; tests put a fake one in its place. */
export interface Scheduler {
  /** Returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** The timers of the platform; they do not keep the process alive. */
export const timers: Scheduler = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
