import { Worker } from 'node:worker_threads';
import { Unavailable } from '../core/errors.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';

/** Messages that a thread answers. */
type Call = Extract<
  ToThread,
  { readonly call: number; readonly type: Exclude<ToThread['type'], 'refetched'> }
>;
type CallBody = Call extends infer Each ? (Each extends Call ? Omit<Each, 'call'> : never) : never;

/** Messages that a thread sends on its own. */
export type ThreadNews = Exclude<FromThread, { type: 'ready' } | { type: 'failed' } | { type: 'done' }>;

export interface ThreadHandleEvents {
  onNews(thread: ThreadHandle, news: ThreadNews): void;
  onExit(thread: ThreadHandle): void;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Longest time a thread may take to compile its first plan and open its listeners. */
const START_MS = 60_000;

/** The main thread's end of one data-plane thread. */
export class ThreadHandle {
  readonly index: number;
  /** Number of the worker; Node never uses one twice. */
  readonly id: number;
  state: 'starting' | 'running' | 'draining' | 'dead' = 'starting';
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready: Promise<void>;
  #lastError = '';
  #calls = 0;

  constructor(entry: URL, data: ThreadData, events: ThreadHandleEvents) {
    this.index = data.index;
    this.#worker = new Worker(entry, { workerData: data, name: `data-plane ${data.index}` });
    this.id = this.#worker.threadId;
    this.#ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#giveUp(), START_MS);
      timer.unref();
      this.#worker.on('message', (message: FromThread) => {
        if (message.type === 'ready') {
          clearTimeout(timer);
          this.state = 'running';
          resolve();
        } else if (message.type === 'failed') this.#lastError = message.sentence;
        else if (message.type === 'done') this.#settle(message.call, message.result);
        else events.onNews(this, message);
      });
      this.#worker.on('error', (error: Error) => {
        this.#lastError = error.message;
      });
      this.#worker.on('exit', () => {
        clearTimeout(timer);
        this.state = 'dead';
        reject(new Unavailable('thread', this.#lastError || this.#ended));
        for (const waiting of this.#waiting.values()) waiting.reject(new Unavailable('thread', this.#ended));
        this.#waiting.clear();
        events.onExit(this);
      });
    });
    this.#ready.catch(() => {});
  }

  /** Resolves once the listeners of the thread are open; rejects with what kept it from starting. */
  whenReady(): Promise<void> {
    return this.#ready;
  }

  /** What the thread said last before it ended; '' when nothing. */
  get lastError(): string {
    return this.#lastError;
  }

  send(message: ToThread): void {
    if (this.state !== 'dead') this.#worker.postMessage(message);
  }

  /** Sends a message and resolves to the thread's answer. Errors: Unavailable when it ends or takes too long. */
  call(body: CallBody, timeoutMs = 30_000): Promise<unknown> {
    if (this.state === 'dead') return Promise.reject(new Unavailable('thread', this.#ended));
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(call);
        reject(
          new Unavailable('thread', `Data-plane thread ${this.index} did not answer within ${timeoutMs} ms.`),
        );
      }, timeoutMs);
      this.#waiting.set(call, {
        resolve: (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.send({ ...body, call } as ToThread);
    });
  }

  terminate(): Promise<number> {
    return this.#worker.terminate();
  }

  get #ended(): string {
    return `Data-plane thread ${this.index} has ended.`;
  }

  #giveUp(): void {
    this.#lastError = `Data-plane thread ${this.index} was not ready within ${START_MS} ms.`;
    void this.terminate();
  }

  #settle(call: number, result: unknown): void {
    this.#waiting.get(call)?.resolve(result);
    this.#waiting.delete(call);
  }
}
