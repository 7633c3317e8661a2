import type { AttackView } from '../core/attack.ts';
import type { RequestContext } from '../core/context.ts';
import { FieldLines, ownCopy } from '../lib/http/field-lines.ts';
import { parseContentLength } from '../lib/http/fields.ts';
import { type Freshness, sharedFreshness } from '../lib/http/shared-caching.ts';
import { answerKey, mayShare, resourceOf } from './answer-key.ts';
import { AnswerStore, type StoreBounds, type StoredAnswer } from './answer-store.ts';
import type { Exchange } from './exchange.ts';
import type { ActivePlan } from './gate.ts';

/** Bounds of one thread. */
export interface CacheBounds extends StoreBounds {
  /** Of one body. */
  readonly bodyBytes: number;
  /** Of all bodies that are being received. */
  readonly openBytes: number;
  /** Milliseconds after which an answer is asked for again, however long it may be kept. */
  readonly keepMs: number;
}

export const CACHE_BOUNDS: CacheBounds = {
  bytes: 16 * 1_048_576,
  entries: 2048,
  bodyBytes: 262_144,
  openBytes: 4 * 1_048_576,
  keepMs: 60_000,
};

/** Resources whose last change is remembered one by one. */
const MAX_CHANGED = 1024;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** A request that may share its answer. */
export interface CacheTicket {
  readonly plan: ActivePlan;
  readonly key: string;
  readonly resource: string;
  readonly askedAtMs: number;
  /** The attack it belongs to, and how many changes there had been. */
  readonly attack: number;
  readonly changes: number;
  /** The answer that is there already. */
  readonly stored: StoredAnswer | null;
}

/**
 * Answers that are served again while there is an attack, for one thread and the plan in force.
 *
 * Safety: empty whenever attack mode is off, and emptied when an attack or the plan is another one.
 */
export class AnswerCache {
  readonly #attack: AttackView;
  readonly #bounds: CacheBounds;
  readonly #store: AnswerStore;
  #plan: ActivePlan | null = null;
  #startedAtMs = 0;
  #openBytes = 0;
  #changes = 0;
  /** By resource, how many changes there had been when it changed last. */
  readonly #changed = new Map<string, number>();
  #forgottenChanges = 0;

  constructor(attack: AttackView, bounds: CacheBounds = CACHE_BOUNDS) {
    this.#attack = attack;
    this.#bounds = bounds;
    this.#store = new AnswerStore(bounds);
  }

  get size(): number {
    return this.#store.size;
  }

  /** Looks for an answer; null when the request must be asked for itself and its answer is nobody else's. */
  look(
    exchange: Pick<Exchange, 'upgrade'>,
    ctx: RequestContext,
    plan: ActivePlan,
    current: ActivePlan,
    nowMs: number,
  ): CacheTicket | null {
    if (!this.#isOpen(current, nowMs) || plan !== current || !mayShare(exchange, ctx)) return null;
    const resource = resourceOf(ctx);
    const key = answerKey(resource, ctx);
    const stored = this.#store.find(key, nowMs);
    const attack = this.#startedAtMs;
    return { plan, key, resource, askedAtMs: nowMs, attack, changes: this.#changes, stored };
  }

  /** Takes note of an answer: one without an error to a method that changes things (RFC 9111, 4.4). */
  noteAnswer(ctx: RequestContext, status: number, nowMs: number): void {
    if (SAFE.has(ctx.method) || status < 200 || status >= 400 || !this.#attack.isOn(nowMs)) return;
    const resource = resourceOf(ctx);
    this.#store.forget(resource);
    if (this.#changed.size >= MAX_CHANGED) {
      this.#changed.clear();
      this.#forgottenChanges = this.#changes;
    }
    this.#changed.set(resource, ++this.#changes);
  }

  /** Begins to keep an answer whose head is here, as the upstream sent it; null when it must not be kept. */
  record(
    ctx: RequestContext,
    ticket: CacheTicket,
    status: number,
    lines: FieldLines,
    nowMs: number,
  ): Recording | null {
    if (ctx.method !== 'GET' || status !== 200 || ticket.stored !== null) return null;
    const length =
      lines.count('content-length') === 1 ? parseContentLength(lines.get('content-length') as string) : null;
    const { bodyBytes, openBytes } = this.#bounds;
    if (length === null || length > bodyBytes || this.#openBytes + length > openBytes) return null;
    const freshness = sharedFreshness(lines, ticket.askedAtMs, nowMs);
    if (freshness === null) return null;
    this.#openBytes += length;
    const kept = ownLines(lines, nowMs);
    return new Recording(length, (body) => {
      this.#openBytes -= length;
      if (body !== null) this.#keep(ticket, kept, body, freshness, nowMs);
    });
  }

  #keep(
    ticket: CacheTicket,
    lines: FieldLines,
    body: Buffer,
    freshness: Freshness,
    arrivedAtMs: number,
  ): void {
    const { plan, key, resource, attack, changes } = ticket;
    const changedAt = this.#changed.get(resource) ?? this.#forgottenChanges;
    if (plan !== this.#plan || attack !== this.#startedAtMs || changedAt > changes) return;
    const bornAtMs = arrivedAtMs - freshness.initialAgeMs;
    const freshUntilMs = Math.min(bornAtMs + freshness.lifetimeMs, arrivedAtMs + this.#bounds.keepMs);
    this.#store.put({ key, resource, lines, body, bornAtMs, freshUntilMs });
  }

  #isOpen(plan: ActivePlan, nowMs: number): boolean {
    if (!this.#attack.isOn(nowMs)) {
      if (this.#plan !== null) this.#begin(null, 0);
      return false;
    }
    const { startedAtMs } = this.#attack.read(nowMs);
    if (startedAtMs !== this.#startedAtMs || plan !== this.#plan) this.#begin(plan, startedAtMs);
    return true;
  }

  /** Forgets everything, for another attack or plan, or for none. */
  #begin(plan: ActivePlan | null, startedAtMs: number): void {
    this.#store.clear();
    this.#plan = plan;
    this.#startedAtMs = startedAtMs;
  }
}

/** The fields of an answer without its age, with a date (RFC 9110, 6.6.1); they keep nothing else of the message alive. */
function ownLines(lines: FieldLines, nowMs: number): FieldLines {
  const own = new FieldLines();
  for (const { name, value } of lines.lines)
    if (name.lower !== 'age') own.addParsed(name.raw, ownCopy(value));
  if (!own.has('date')) own.addParsed('Date', new Date(nowMs).toUTCString());
  return own;
}

/** The body of an answer on its way into memory. */
export class Recording {
  readonly #body: Buffer;
  readonly #done: (body: Buffer | null) => void;
  #length = 0;
  #isOver = false;

  constructor(length: number, done: (body: Buffer | null) => void) {
    this.#body = Buffer.allocUnsafeSlow(length);
    this.#done = done;
  }

  add(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#length + bytes.length > this.#body.length) return this.drop();
    this.#body.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The answer is complete; it is kept when all of it is here. */
  complete(): void {
    this.#end(this.#length === this.#body.length ? this.#body : null);
  }

  drop(): void {
    this.#end(null);
  }

  #end(body: Buffer | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#done(body);
  }
}

/** The head of a stored answer for another request, with its age (RFC 9111, 5.1). */
export function storedHead({ lines, bornAtMs }: StoredAnswer, nowMs: number): FieldLines {
  const head = lines.copy();
  head.addParsed('Age', String(Math.max(0, Math.floor((nowMs - bornAtMs) / 1000))));
  return head;
}
