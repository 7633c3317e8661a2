import type { ConfigProblem } from '../core/errors.ts';
import type { ExceptionUpdate } from '../core/limit-exceptions.ts';
import type { RevocationUpdate } from '../core/token-revocations.ts';
import type { BypassRecord, RuleTrial, WafUpdate } from '../core/waf-records.ts';
import type { MetricsSnapshot } from '../lib/metrics/thread-metrics.ts';
import { Turns } from '../lib/time/turns.ts';
import type { KeyUpdate } from '../stores/memory/api-keys.ts';
import type { ThreadWindow } from './adaptive-state.ts';
import type { PlanDocument, PrepareResult, ThreadData, ToThread, WindowResult } from './messages.ts';
import { ThreadHandle, type ThreadHandleEvents } from './thread-handle.ts';

/** Extension of this file: `.ts` from sources, `.js` when built. */
const ENTRY = new URL(`./thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;
/** A thread that answers nothing for so long does nothing else either. */
const ACKNOWLEDGE_MS = 20_000;
/** A thread that ran this long starts again without delay. */
const STEADY_MS = 60_000;

export interface SupervisorOptions {
  readonly threads: number;
  /** What a thread starts with now. */
  readonly dataFor: (index: number) => ThreadData;
  readonly onNews: ThreadHandleEvents['onNews'];
  /** Tells of a thread that has ended, before another starts in its place. */
  readonly onEnded: (thread: ThreadHandle) => void;
  /** Tells of a thread that ended and is started again. */
  readonly onRestart: (thread: ThreadHandle, delayMs: number) => void;
  /** Tells of a thread that serves after such a start. */
  readonly onRestarted: (thread: ThreadHandle) => void;
}

/** The thread that was the last to acknowledge; -1 where there is none. */
export interface ThreadAcknowledgement {
  readonly slowestMs: number;
  readonly slowestThread: number;
}

interface Slot {
  thread: ThreadHandle;
  restarts: number;
  startedMs: number;
  backoffMs: number;
  timer: NodeJS.Timeout | null;
}

/** Starts the data-plane threads, keeps them running, and speaks to all of them at once. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #slots: Slot[] = [];
  #isStopping = false;
  /** Reloads and restarts take turns, so that a new thread never misses a plan. */
  readonly #turns = new Turns();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Resolves when every thread serves; rejects with what kept the first from it, all of them ended. */
  async start(): Promise<void> {
    for (let index = 0; index < this.#options.threads; index++) {
      const thread = this.#open(index);
      this.#slots.push({
        thread,
        restarts: 0,
        startedMs: Date.now(),
        backoffMs: FIRST_BACKOFF_MS,
        timer: null,
      });
    }
    try {
      await Promise.all(this.#slots.map(({ thread }) => thread.whenReady()));
    } catch (error) {
      await this.terminate();
      throw error;
    }
  }

  get reports(): { id: number; state: ThreadHandle['state']; restarts: number }[] {
    return this.#slots.map(({ thread, restarts }) => ({ id: thread.index, state: thread.state, restarts }));
  }

  get running(): number {
    return this.#slots.filter(({ thread }) => thread.state === 'running').length;
  }

  broadcast(message: ToThread): void {
    for (const { thread } of this.#slots) thread.send(message);
  }

  /**
   * Puts a plan in force on every thread, or on none.
   *
   * Returns the problems that keep it from coming into force; empty when it is in force.
   */
  swap(plan: PlanDocument, onCommit: () => void): Promise<readonly ConfigProblem[]> {
    return this.#turns.take(async () => {
      if (this.#isStopping) return [{ pointer: '', message: 'The gateway is stopping.' }];
      const threads = this.#running();
      if (threads.length === 0)
        return [{ pointer: '', message: 'No data-plane thread is running: try again.' }];
      const results = await Promise.all(threads.map((thread) => prepare(thread, plan)));
      const problems = results.flat();
      const { version } = plan;
      if (problems.length > 0) {
        await Promise.allSettled(threads.map((thread) => thread.call({ type: 'discard', version })));
        return [...new Map(problems.map((problem) => [problem.pointer + problem.message, problem])).values()];
      }
      onCommit();
      await Promise.all(threads.map((thread) => commit(thread, version)));
      return [];
    });
  }

  /**
   * Gives keys to every thread; resolves when all have acknowledged.
   *
   * Safety: a thread that ends before it acknowledges accepts no key any more, and what starts in its place is given
   * the keys as they are then. One that does not acknowledge in time is ended for that reason.
   */
  distributeKeys(update: KeyUpdate): Promise<ThreadAcknowledgement> {
    return this.#distribute({ type: 'apiKeys', update });
  }

  /** Gives exceptions from limits to every thread, as `distributeKeys` does. */
  distributeExceptions(update: ExceptionUpdate): Promise<ThreadAcknowledgement> {
    return this.#distribute({ type: 'limitExceptions', update });
  }

  /** Gives revocations of tokens to every thread, as `distributeKeys` does. */
  distributeRevocations(update: RevocationUpdate): Promise<ThreadAcknowledgement> {
    return this.#distribute({ type: 'revocations', update });
  }

  /** Gives bypasses of the WAF to every thread, as `distributeKeys` does. */
  distributeBypasses(update: WafUpdate<BypassRecord>): Promise<ThreadAcknowledgement> {
    return this.#distribute({ type: 'wafBypasses', update });
  }

  /** Tells every thread which rules are on trial, as `distributeKeys` does. */
  distributeTrials(update: WafUpdate<RuleTrial>): Promise<ThreadAcknowledgement> {
    return this.#distribute({ type: 'ruleTrials', update });
  }

  async #distribute(message: Parameters<ThreadHandle['call']>[0]): Promise<ThreadAcknowledgement> {
    const startMs = performance.now();
    let slowest = { slowestMs: 0, slowestThread: -1 };
    const give = async (thread: ThreadHandle): Promise<void> => {
      try {
        await thread.call(message, ACKNOWLEDGE_MS);
      } catch {
        if (thread.state !== 'dead') await thread.terminate();
      }
      slowest = { slowestMs: performance.now() - startMs, slowestThread: thread.index };
    };
    await Promise.all(this.#alive().map(give));
    return slowest;
  }

  /** What each running thread counted, with an id that is never used twice. */
  async metrics(): Promise<{ thread: number; snapshot: MetricsSnapshot }[]> {
    const threads = this.#running();
    const results = await Promise.allSettled(
      threads.map((thread) => thread.call({ type: 'metrics' }, 2_000)),
    );
    return results.flatMap((result, at) =>
      result.status === 'fulfilled'
        ? [{ thread: (threads[at] as ThreadHandle).id, snapshot: result.value as MetricsSnapshot }]
        : [],
    );
  }

  /** What each running thread counted of clients since it was last asked; one that does not answer in time tells it next time. */
  async windows(): Promise<ThreadWindow[]> {
    const calls = this.#running().map((thread) => thread.call({ type: 'window' }, 2_000));
    const results = (await Promise.allSettled(calls)) as PromiseSettledResult<WindowResult>[];
    return results.flatMap((result) =>
      result.status === 'fulfilled' && result.value !== null ? [result.value] : [],
    );
  }

  /** Lets every thread finish its requests, then ends it. */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const threads = this.#running();
    for (const thread of threads) thread.state = 'draining';
    await Promise.allSettled(
      threads.map((thread) => thread.call({ type: 'drain', deadlineMs }, deadlineMs + 5_000)),
    );
    await this.terminate();
  }

  /** Ends every thread at once. */
  async terminate(): Promise<void> {
    this.#isStopping = true;
    for (const slot of this.#slots) if (slot.timer !== null) clearTimeout(slot.timer);
    await Promise.all(this.#slots.map(({ thread }) => thread.terminate()));
  }

  #running(): ThreadHandle[] {
    return this.#slots.map(({ thread }) => thread).filter(({ state }) => state === 'running');
  }

  /** Also those that are starting: what they were started with may be older than what is sent now. */
  #alive(): ThreadHandle[] {
    return this.#slots.map(({ thread }) => thread).filter(({ state }) => state !== 'dead');
  }

  #open(index: number): ThreadHandle {
    return new ThreadHandle(ENTRY, this.#options.dataFor(index), {
      onNews: this.#options.onNews,
      onExit: (thread) => this.#exited(thread),
    });
  }

  #exited(thread: ThreadHandle): void {
    this.#options.onEnded(thread);
    const slot = this.#slots[thread.index];
    if (this.#isStopping || slot === undefined || slot.thread !== thread) return;
    if (Date.now() - slot.startedMs > STEADY_MS) slot.backoffMs = FIRST_BACKOFF_MS;
    const delayMs = slot.backoffMs;
    slot.backoffMs = Math.min(slot.backoffMs * 2, MAX_BACKOFF_MS);
    this.#options.onRestart(thread, delayMs);
    slot.timer = setTimeout(() => void this.#turns.take(() => this.#restart(slot)), delayMs);
  }

  async #restart(slot: Slot): Promise<void> {
    if (this.#isStopping) return;
    slot.restarts++;
    slot.startedMs = Date.now();
    slot.thread = this.#open(slot.thread.index);
    const { thread } = slot;
    await thread.whenReady().then(
      () => this.#options.onRestarted(thread),
      // Its exit has scheduled the next attempt.
      () => {},
    );
  }
}

/** Safety: a plan that ends a thread is refused, or it would end the one that starts in its place as well. */
async function prepare(thread: ThreadHandle, plan: PlanDocument): Promise<PrepareResult> {
  try {
    return (await thread.call({ type: 'prepare', plan })) as PrepareResult;
  } catch (error) {
    return [{ pointer: '', message: `${(error as Error).message} Nothing was changed; try again.` }];
  }
}

/** Safety: a thread that does not commit is ended: the one that starts in its place has the plan in force. */
async function commit(thread: ThreadHandle, version: number): Promise<void> {
  const isDone = await thread.call({ type: 'commit', version }).catch(() => false);
  if (isDone !== true) await thread.terminate();
}
