import type { Worker } from 'node:worker_threads';

type Post = (message: { readonly type: string; [member: string]: unknown }) => void;

/** The threads that this process starts while it is open, the oldest first. */
export interface SeenWorkers extends Disposable {
  readonly all: readonly Worker[];
}

/** Notes every thread from now on. */
export function seeWorkers(): SeenWorkers {
  const all: Worker[] = [];
  const note = (worker: Worker): void => void all.push(worker);
  process.on('worker', note);
  return {
    all,
    [Symbol.dispose]: () => void process.off('worker', note),
  };
}

/** Puts a function between the main thread and one of its threads; it decides what is sent on. */
export function intercept(worker: Worker, pass: (message: Parameters<Post>[0], send: Post) => void): void {
  const send: Post = worker.postMessage.bind(worker);
  Object.assign(worker, { postMessage: (message: Parameters<Post>[0]) => pass(message, send) });
}
