import { randomBytes, randomInt } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AdaptiveConfig } from '../config/adaptive.schema.ts';
import type { AdaptiveControl, AdaptiveReport } from '../control/services.ts';
import type {
  AdaptiveAction,
  AdaptiveActions,
  AdaptiveClient,
  AdaptiveKind,
  AdaptiveShare,
} from '../core/adaptive-actions.ts';
import { driversText } from '../core/adaptive-actions.ts';
import type { Notice, NoticeKind } from '../core/notices.ts';
import type { Clock } from '../core/ports.ts';
import { AnomalyDetector, type Finding, type WindowSource } from '../lib/anomaly/detector.ts';
import { type BookEvent, type Throttle, ThrottleBook } from '../lib/anomaly/throttle-book.ts';
import { WindowTable } from '../lib/anomaly/window-table.ts';
import { DAY_MS } from '../lib/time/day.ts';
import type { AdaptiveState, ThreadWindow } from './adaptive-state.ts';
import { noticeOf } from './adaptive-words.ts';
import type { StandingProblems } from './standing-problems.ts';

/** Work of the main thread between two turns of its loop. */
const SLICE_MS = 4;
const REVIEW_MS = DAY_MS;
const KEEP_MS = 400 * DAY_MS;
const KEEP_ACTIONS = 100_000;
const PRUNE_MS = 3_600_000;

const NOTICE_OF: Partial<Record<AdaptiveKind, NoticeKind>> = {
  throttled: 'adaptive.throttled',
  restored: 'adaptive.restored',
  review: 'adaptive.review',
};

export interface AdaptiveParts {
  readonly config: () => AdaptiveConfig;
  readonly clock: Clock;
  readonly actions: AdaptiveActions;
  readonly problems: StandingProblems;
  readonly raise: (notice: Notice) => void;
  /** What every thread has counted since it was last asked. */
  readonly collect: () => Promise<readonly ThreadWindow[]>;
  /** Gives the state to every thread. */
  readonly publish: (state: AdaptiveState) => void;
}

/**
 * Watches how clients behave, from window to window, and makes the limits of unusual ones smaller.
 *
 * Shape: everything runs in the main thread, which is on the path of no request, in slices of a few milliseconds.
 * Errors: never throws. A database that fails is a standing problem; limits are made smaller and restored all the same.
 */
export class AdaptiveWatch implements AdaptiveControl {
  readonly #parts: AdaptiveParts;
  readonly #seed = randomInt(2 ** 32);
  readonly #book = new ThrottleBook();
  #detector: AnomalyDetector;
  /** Settings that a detector cannot change: another one begins with no history. */
  #shape = '';
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #published = '';
  #prunedAtMs = 0;
  #isClosed = false;

  constructor(parts: AdaptiveParts) {
    this.#parts = parts;
    this.#detector = this.#openDetector();
  }

  get actions(): AdaptiveActions {
    return this.#parts.actions;
  }

  /** What a thread starts with now. */
  get threadState(): AdaptiveState {
    const { mode, maxClients } = this.#parts.config();
    const rows = Math.ceil(maxClients / 2);
    const shares = mode === 'enforce' ? this.#book.throttles.map((throttle) => this.#shareOf(throttle)) : [];
    return { isCounting: mode !== 'off', rows, seed: this.#seed, shares };
  }

  report(): AdaptiveReport {
    const { mode } = this.#parts.config();
    const active = this.#book.throttles.map((throttle) => ({
      ...this.#actionOf(throttle.prolonged > 0 ? 'prolonged' : 'throttled', throttle.sinceMs, throttle),
      latestScore: this.#detector.scoreOf(throttle.client, throttle.isAddress),
    }));
    return { mode, ...this.#detector.state, active };
  }

  /** Takes what a client does for its normal from now on: it gets its limits back and is new. False when nothing was known. */
  async accept({ client, isAddress }: AdaptiveClient): Promise<boolean> {
    const wasKnown = this.#detector.forget(client, isAddress);
    const throttle = this.#book.lift(client, isAddress);
    if (throttle !== null) {
      this.#publish();
      await this.#keep([this.#actionOf('accepted', this.#parts.clock.nowMs(), throttle)]);
    }
    return wasKnown || throttle !== null;
  }

  /** Takes over what was decided before a restart, and begins to watch. */
  async start(): Promise<void> {
    const nowMs = this.#parts.clock.nowMs();
    await this.#try(async () => {
      for (const action of inForce(await this.#parts.actions.list(nowMs - DAY_MS, nowMs + 1), nowMs))
        this.#book.resume({ ...action, prolonged: action.kind === 'prolonged' ? 1 : 0 });
    });
    this.#publish();
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  /** Ends a window: resolves when what it shows is decided. */
  async endWindow(): Promise<void> {
    const { mode, holdS, windowS, maxClients } = this.#parts.config();
    if (JSON.stringify([windowS, maxClients]) !== this.#shape) this.#detector = this.#openDetector();
    else this.#detector.configure(this.#settings());
    const nowMs = this.#parts.clock.nowMs();
    const sources = mode === 'off' ? [] : await this.#sources(maxClients);
    const found = await this.#observe(sources, nowMs);
    const isCalm = (client: string, isAddress: boolean): boolean =>
      this.#detector.isCalm(client, isAddress, nowMs, 3 * windowS * 1000);
    const times = { holdMs: holdS * 1000, reviewMs: REVIEW_MS };
    const events = this.#book.step(found, times, nowMs, isCalm);
    this.#publish();
    await this.#tell(events);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#try(() => this.endWindow()).finally(() => {
        if (!this.#isClosed) this.#schedule();
      });
    }, this.#parts.config().windowS * 1000);
    this.#timer.unref();
  }

  #settings() {
    const { threshold, learnS, settleS, minimumHistory, minimumRequests, maxClients } = this.#parts.config();
    return {
      threshold,
      minimumHistory,
      minimumRequests,
      maxClients,
      learnMs: learnS * 1000,
      settleMs: settleS * 1000,
      seed: this.#seed,
    };
  }

  #openDetector(): AnomalyDetector {
    const { windowS, maxClients } = this.#parts.config();
    this.#shape = JSON.stringify([windowS, maxClients]);
    return new AnomalyDetector(this.#settings(), this.#parts.clock.nowMs());
  }

  /** What all threads counted, added up. */
  async #sources(maxClients: number): Promise<WindowSource[]> {
    const windows = await this.#parts.collect();
    const rows = Math.ceil(maxClients / 2);
    const [principals, addresses] = [new WindowTable(rows, this.#seed), new WindowTable(rows, this.#seed)];
    for (const window of windows) {
      principals.absorb(window.principals);
      addresses.absorb(window.addresses);
      await nextTurn();
    }
    return [
      { batch: principals.take(), isAddress: false },
      { batch: addresses.take(), isAddress: true },
    ];
  }

  async #observe(sources: readonly WindowSource[], nowMs: number): Promise<Finding[]> {
    const observing = this.#detector.observe(sources, nowMs);
    for (let sinceMs = performance.now(); ; ) {
      const { done, value } = observing.next();
      if (done === true) return value;
      if (performance.now() - sinceMs < SLICE_MS) continue;
      await nextTurn();
      sinceMs = performance.now();
    }
  }

  #publish(): void {
    const state = this.threadState;
    const text = JSON.stringify(state);
    if (text === this.#published) return;
    this.#published = text;
    this.#parts.publish(state);
  }

  async #tell(events: readonly BookEvent[]): Promise<void> {
    const actions = events.map(({ kind, atMs, throttle }) => this.#actionOf(kind, atMs, throttle));
    for (const action of actions) {
      const kind = NOTICE_OF[action.kind];
      if (kind !== undefined) this.#parts.raise(noticeOf(kind, action));
    }
    await this.#keep(actions);
  }

  async #keep(actions: readonly AdaptiveAction[]): Promise<void> {
    const nowMs = this.#parts.clock.nowMs();
    const isPruned = nowMs - this.#prunedAtMs < PRUNE_MS;
    if (actions.length === 0 && isPruned) return;
    await this.#try(async () => {
      if (actions.length > 0) await this.#parts.actions.add(actions);
      if (!isPruned) await this.#parts.actions.prune(nowMs - KEEP_MS, KEEP_ACTIONS);
      this.#prunedAtMs = isPruned ? this.#prunedAtMs : nowMs;
    });
  }

  #actionOf(kind: AdaptiveKind, atMs: number, throttle: Throttle): AdaptiveAction {
    const { mode, share } = this.#parts.config();
    const { client, isAddress, sinceMs, untilMs, score, drivers } = throttle;
    const id = `ada_${randomBytes(12).toString('hex')}`;
    const inMode = mode === 'enforce' ? 'enforce' : 'observe';
    return { id, kind, client, isAddress, atMs, sinceMs, untilMs, mode: inMode, share, score, drivers };
  }

  #shareOf({ client, isAddress, drivers, untilMs }: Throttle): AdaptiveShare {
    const { share } = this.#parts.config();
    const until = new Date(untilMs).toISOString();
    const why = `unusual behaviour (${driversText(drivers)}), until ${until}`;
    return { client, isAddress, share, why };
  }

  async #try(run: () => Promise<void>): Promise<void> {
    try {
      await run();
      this.#parts.problems.set('adaptive', '', '');
    } catch (error) {
      const sentence = `Adaptive limits cannot keep what they do: ${(error as Error).message}`;
      this.#parts.problems.set('adaptive', '', sentence);
    }
  }
}

/** The latest action about each client, where it makes limits smaller still. */
function inForce(actions: readonly AdaptiveAction[], nowMs: number): AdaptiveAction[] {
  const latest = new Map<string, AdaptiveAction>();
  for (const action of actions)
    if (action.kind !== 'review') latest.set(`${action.isAddress} ${action.client}`, action);
  return [...latest.values()].filter(
    ({ kind, untilMs, mode }) =>
      mode === 'enforce' && untilMs > nowMs && (kind === 'throttled' || kind === 'prolonged'),
  );
}
