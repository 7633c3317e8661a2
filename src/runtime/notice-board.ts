import { hash, randomBytes } from 'node:crypto';
import type { WebhookConfig } from '../config/notices.schema.ts';
import type { Notice, NoticeKind, NoticeRecord, NoticeStore, Notices } from '../core/notices.ts';
import type { Clock } from '../core/ports.ts';
import { JournalLines } from '../proxy/journal-lines.ts';
import { formatNotice } from './notice-line.ts';
import { NoticeSender } from './notice-sender.ts';
import type { StandingProblems } from './standing-problems.ts';

const ROUND_MS = 2_000;
/** How long a gateway that announces a notice keeps others from it. */
const CLAIM_MS = 30_000;
const KEEP_MS = 400 * 86_400_000;
const PRUNE_MS = 3_600_000;
const DUE_MS = 3_600_000;
const MAX_WAITING = 1_000;
/** Notices of one kind that threads may raise in a minute: what strangers cause must not fill the database. */
const PER_MINUTE = 60;

export interface NoticeBoardParts {
  readonly store: NoticeStore;
  readonly clock: Clock;
  readonly problems: StandingProblems;
  readonly journalPath: string;
  /** The webhooks in force. */
  readonly webhooks: () => readonly WebhookConfig[];
  readonly sender?: NoticeSender;
  /** What is due by itself now, such as secrets that are old; asked every hour. */
  readonly due?: (nowMs: number) => readonly Notice[];
}

const SHORT_KEY = /^\P{Cc}{1,200}$/u;

/** Places of leaks can be long, and hold what PostgreSQL takes in no text: these are told apart by their hash. */
function keptKey(dedupeKey: string): string {
  return SHORT_KEY.test(dedupeKey) ? dedupeKey : `sha256 ${hash('sha256', dedupeKey, 'hex')}`;
}

/** A new notice as it is kept. */
export function recordOfNotice(notice: Notice, nowMs: number): Omit<NoticeRecord, 'deliveries'> {
  const id = `ntc_${randomBytes(16).toString('hex')}`;
  return { ...notice, dedupeKey: keptKey(notice.dedupeKey), id, createdAtMs: nowMs };
}

/**
 * Keeps what was raised in the database, then tells it: one line in the journal, a copy to every webhook that wants it.
 *
 * Safety: each notice is kept once, whoever raises it how often, also after a restart. The line and the copies are told
 * at least once: a process that is killed between telling and noting tells again, with the same id.
 * Errors: never throws; a database or journal that fails is a standing problem, and what could not be told waits.
 */
export class NoticeBoard implements Notices {
  readonly #parts: NoticeBoardParts;
  readonly #journal: JournalLines;
  readonly #sender: NoticeSender;
  readonly #timer: NodeJS.Timeout;
  #waiting: Notice[] = [];
  #raisedByThreads = new Map<NoticeKind, number>();
  #minute = 0;
  #prunedAtMs = 0;
  #askedDueMs = 0;
  #round: Promise<void> | null = null;
  #isAgain = false;
  #isClosed = false;

  constructor(parts: NoticeBoardParts) {
    this.#parts = parts;
    this.#journal = new JournalLines(parts.journalPath);
    this.#sender = parts.sender ?? new NoticeSender(parts);
    this.#timer = setInterval(() => this.#wake(), ROUND_MS);
    this.#timer.unref();
  }

  raise(notice: Notice): void {
    if (this.#waiting.length >= MAX_WAITING) {
      const sentence = `More than ${MAX_WAITING} notices wait for the database; further ones are lost.`;
      return this.#parts.problems.set('notices', 'waiting', sentence);
    }
    this.#waiting.push(notice);
    this.#wake();
  }

  /** Takes what a data-plane thread raises, within a bound per kind and minute. */
  hear(notice: Notice): void {
    const minute = Math.floor(this.#parts.clock.nowMs() / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#raisedByThreads.clear();
      this.#parts.problems.set('notices', 'flood', '');
    }
    const raised = (this.#raisedByThreads.get(notice.kind) ?? 0) + 1;
    this.#raisedByThreads.set(notice.kind, raised);
    if (raised <= PER_MINUTE) return this.raise(notice);
    const sentence = `More than ${PER_MINUTE} notices \`${notice.kind}\` in a minute: the rest is in the journal's records of requests only.`;
    this.#parts.problems.set('notices', 'flood', sentence);
  }

  /** Keeps a notice before it resolves. Errors: Unavailable when the database cannot be used. */
  async record(notice: Notice): Promise<void> {
    await this.#parts.store.add(recordOfNotice(notice, this.#parts.clock.nowMs()));
    this.#wake();
  }

  /** Keeps and announces what waits; then nothing of this uses the store any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#round;
    if (this.#waiting.length > 0) await this.#try('keep', () => this.#keepAndAnnounce());
    await this.#sender.close();
  }

  /** Does what is due now; resolves when it is announced and sending has begun. */
  round(): Promise<void> {
    this.#wake();
    return this.whenIdle();
  }

  async whenIdle(): Promise<void> {
    await this.#round;
  }

  #wake(): void {
    if (this.#isClosed) return;
    this.#isAgain = true;
    this.#round ??= this.#rounds().finally(() => {
      this.#round = null;
    });
  }

  /** Keeps what is due by itself; what was kept before stays told once. */
  async #keepDue(): Promise<void> {
    const { due, clock, store } = this.#parts;
    const nowMs = clock.nowMs();
    if (due === undefined || nowMs - this.#askedDueMs < DUE_MS) return;
    for (const notice of due(nowMs)) if (await store.add(recordOfNotice(notice, nowMs))) this.#isAgain = true;
    this.#askedDueMs = nowMs;
  }

  async #rounds(): Promise<void> {
    while (this.#isAgain && !this.#isClosed) {
      this.#isAgain = false;
      await this.#try('keep', () => this.#keepAndAnnounce());
      await this.#try('due', () => this.#keepDue());
      await this.#try('deliver', () => this.#sender.deliver());
      await this.#try('prune', () => this.#prune());
    }
  }

  async #keepAndAnnounce(): Promise<void> {
    const { store, clock } = this.#parts;
    while (this.#waiting.length > 0) {
      await store.add(recordOfNotice(this.#waiting[0] as Notice, clock.nowMs()));
      this.#waiting.shift();
    }
    this.#parts.problems.set('notices', 'waiting', '');
    const nowMs = clock.nowMs();
    for (const notice of await store.claimNew(nowMs, nowMs + CLAIM_MS)) await this.#announce(notice);
  }

  async #announce(notice: NoticeRecord): Promise<void> {
    const { store, clock, webhooks } = this.#parts;
    await this.#journal.append(formatNotice(notice));
    const wanting = webhooks().filter(({ kinds }) => kinds?.includes(notice.kind) !== false);
    await store.announce(
      notice.id,
      wanting.map(({ name }) => name),
      clock.nowMs(),
    );
  }

  async #prune(): Promise<void> {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs - this.#prunedAtMs < PRUNE_MS) return;
    this.#prunedAtMs = nowMs;
    await this.#parts.store.prune(nowMs - KEEP_MS, nowMs);
  }

  async #try(part: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
      this.#parts.problems.set('notices', part, '');
    } catch (error) {
      const sentence = `Notices wait, because they cannot be kept or told: ${(error as Error).message}`;
      this.#parts.problems.set('notices', part, sentence);
    }
  }
}
