import { setTimeout as pause } from 'node:timers/promises';
import type { WebhookConfig } from '../config/notices.schema.ts';
import type { DueDelivery, NoticeStore } from '../core/notices.ts';
import type { Clock } from '../core/ports.ts';
import { parseWebhookSecret } from '../lib/webhook/standard-webhook.ts';
import { type SendWebhook, sendWebhook, type WebhookTarget } from '../stores/webhooks/send-webhook.ts';
import { noticeBody } from './notice-line.ts';
import type { StandingProblems } from './standing-problems.ts';

const [S, M, H] = [1_000, 60_000, 3_600_000];
/** Pauses after the first, second … failed attempt; after the last one a copy is given up: 2.5 days in all. */
export const PAUSES_MS: readonly number[] = [5 * S, 30 * S, 2 * M, 10 * M, H, 3 * H, 8 * H, 24 * H, 24 * H];
/** How long an attempt keeps other gateways from the copy: longer than any attempt lasts. */
const CLAIM_MS = 60_000;
const CLOSE_MS = 2_000;

export interface NoticeSenderParts {
  readonly store: NoticeStore;
  readonly clock: Clock;
  readonly problems: StandingProblems;
  readonly webhooks: () => readonly WebhookConfig[];
  readonly send?: SendWebhook;
}

/** The target that a configured webhook is. */
export function targetOf({ name, url, secret }: WebhookConfig): WebhookTarget {
  return { name, url, key: parseWebhookSecret(secret) ?? Buffer.alloc(0) };
}

/** Sends the copies of notices to webhooks, each until it is taken or the last attempt has failed. */
export class NoticeSender {
  readonly #parts: NoticeSenderParts;
  readonly #send: SendWebhook;
  /** Attempts under way by webhook: one that hangs holds up no other, and gets no second one at a time. */
  readonly #sending = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(parts: NoticeSenderParts) {
    this.#parts = parts;
    this.#send = parts.send ?? sendWebhook;
  }

  /** Begins to send what is due; resolves without waiting for the receivers. */
  async deliver(): Promise<void> {
    const { store, clock, webhooks } = this.#parts;
    const idle = webhooks().filter(({ name }) => !this.#sending.has(name));
    const due = await store.due(
      idle.map(({ name }) => name),
      clock.nowMs(),
    );
    for (const webhook of idle) {
      const own = due.filter(({ target }) => target === webhook.name);
      if (own.length === 0) continue;
      const sending = this.#sendAll(targetOf(webhook), own).finally(() => this.#sending.delete(webhook.name));
      this.#sending.set(webhook.name, sending);
    }
  }

  /** Resolves when no attempt is under way any more, or after two seconds: the copy is due again when its claim ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.race([this.whenIdle(), pause(CLOSE_MS, null, { ref: false })]);
  }

  /** Resolves when no attempt is under way. */
  async whenIdle(): Promise<void> {
    await Promise.all(this.#sending.values());
  }

  async #sendAll(target: WebhookTarget, due: readonly DueDelivery[]): Promise<void> {
    for (const delivery of due) {
      if (this.#isClosed) return;
      try {
        const claimedUntilMs = this.#parts.clock.nowMs() + CLAIM_MS;
        if (await this.#parts.store.claim(delivery, claimedUntilMs)) await this.#attempt(target, delivery);
      } catch (error) {
        // The database: the copy is due again when the claim ends.
        return this.#parts.problems.set('notices', `store ${target.name}`, (error as Error).message);
      }
    }
    this.#parts.problems.set('notices', `store ${target.name}`, '');
  }

  async #attempt(target: WebhookTarget, { notice, attempts }: DueDelivery): Promise<void> {
    const { store, clock, problems } = this.#parts;
    const message = { id: notice.id, timestampS: Math.floor(clock.nowMs() / S), body: noticeBody(notice) };
    const settled = { target: target.name, attempts: attempts + 1, error: '' };
    try {
      await this.#send(target, message);
    } catch (error) {
      const sentence = (error as Error).message;
      const pauseMs = PAUSES_MS[attempts];
      const nextMs = clock.nowMs() + (pauseMs ?? 0);
      const state = pauseMs === undefined ? 'failed' : 'pending';
      problems.set('notices', target.name, sentence);
      return store.settle(notice.id, { ...settled, state, atMs: nextMs, error: sentence });
    }
    problems.set('notices', target.name, '');
    return store.settle(notice.id, { ...settled, state: 'delivered', atMs: clock.nowMs() });
  }
}
