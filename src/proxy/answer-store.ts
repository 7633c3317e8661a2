import type { FieldLines } from '../lib/http/field-lines.ts';

/** An answer that is kept. */
export interface StoredAnswer {
  readonly key: string;
  /** The part of the key that names what was asked for, whatever else the request said. */
  readonly resource: string;
  /** As the upstream sent them, without fields about its connection. */
  readonly lines: FieldLines;
  readonly body: Buffer;
  /** When its age was 0, by the clock of the gateway. */
  readonly bornAtMs: number;
  readonly freshUntilMs: number;
}

export interface StoreBounds {
  readonly bytes: number;
  readonly entries: number;
}

/** What an entry takes besides its texts and body. */
const ENTRY_BYTES = 1024;
/** Share of the bounds for answers that nobody asked for a second time. */
const NEW_SHARE = 0.25;

/**
 * Answers within bounds; what was used least recently goes first.
 *
 * Safety: what was asked for once has a quarter of the room of its own, so that a flood of addresses that differ cannot
 * drive out what many ask for.
 */
export class AnswerStore {
  readonly #fresh: Segment;
  readonly #proven: Segment;

  constructor({ bytes, entries }: StoreBounds) {
    this.#fresh = new Segment(bytes * NEW_SHARE, entries * NEW_SHARE);
    this.#proven = new Segment(bytes * (1 - NEW_SHARE), entries * (1 - NEW_SHARE));
  }

  get size(): number {
    return this.#fresh.size + this.#proven.size;
  }

  get bytes(): number {
    return this.#fresh.bytes + this.#proven.bytes;
  }

  put(answer: StoredAnswer): void {
    const segment = this.#proven.delete(answer.key) ? this.#proven : this.#fresh;
    this.#fresh.delete(answer.key);
    segment.put(answer);
  }

  find(key: string, nowMs: number): StoredAnswer | null {
    const found = this.#fresh.get(key) ?? this.#proven.get(key);
    if (found === undefined) return null;
    this.#fresh.delete(key);
    this.#proven.delete(key);
    if (found.freshUntilMs <= nowMs) return null;
    this.#proven.put(found);
    return found;
  }

  /** Forgets every answer about a resource. */
  forget(resource: string): void {
    this.#fresh.forget(resource);
    this.#proven.forget(resource);
  }

  clear(): void {
    this.#fresh.clear();
    this.#proven.clear();
  }
}

/** Answers in the order of their last use. */
class Segment {
  readonly #answers = new Map<string, StoredAnswer>();
  readonly #maxBytes: number;
  readonly #maxEntries: number;
  bytes = 0;

  constructor(maxBytes: number, maxEntries: number) {
    this.#maxBytes = maxBytes;
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#answers.size;
  }

  get(key: string): StoredAnswer | undefined {
    return this.#answers.get(key);
  }

  put(answer: StoredAnswer): void {
    this.#answers.set(answer.key, answer);
    this.bytes += bytesOf(answer);
    for (const key of this.#answers.keys()) {
      if (this.bytes <= this.#maxBytes && this.#answers.size <= this.#maxEntries) return;
      this.delete(key);
    }
  }

  delete(key: string): boolean {
    const answer = this.#answers.get(key);
    if (answer === undefined) return false;
    this.bytes -= bytesOf(answer);
    return this.#answers.delete(key);
  }

  forget(resource: string): void {
    for (const answer of this.#answers.values()) if (answer.resource === resource) this.delete(answer.key);
  }

  clear(): void {
    this.#answers.clear();
    this.bytes = 0;
  }
}

function bytesOf({ lines, body }: StoredAnswer): number {
  let bytes = ENTRY_BYTES + body.length;
  for (const line of lines.lines) bytes += line.text.length;
  return bytes;
}
