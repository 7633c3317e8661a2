import type { Driver, Finding } from './detector.ts';

export interface BookSettings {
  /** How long limits stay smaller before it is looked at again. */
  readonly holdMs: number;
  /** How long nothing more is told of a client that wants a look. */
  readonly reviewMs: number;
}

/** A client whose limits are smaller now. */
export interface Throttle {
  readonly client: string;
  readonly isAddress: boolean;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** How often the time was prolonged because the client was still unusual at its end. */
  readonly prolonged: number;
  readonly score: number;
  readonly drivers: readonly Driver[];
}

/** Something that became of a client. */
export interface BookEvent {
  readonly kind: 'throttled' | 'prolonged' | 'restored' | 'review';
  readonly atMs: number;
  readonly throttle: Throttle;
}

/** Clients that may wait for a look at once; more are not told again within the time either. */
const MOST_REVIEWS = 10_000;

/**
 * Decides from findings whose limits become smaller and until when.
 *
 * Shape: a throttle ends with its time when the client is calm by then, else it begins anew.
 */
export class ThrottleBook {
  readonly #throttles = new Map<string, Throttle>();
  readonly #reviewed = new Map<string, number>();

  get throttles(): readonly Throttle[] {
    return [...this.#throttles.values()];
  }

  /** Takes over a throttle that was decided before. */
  resume(throttle: Throttle): void {
    this.#throttles.set(keyOf(throttle), throttle);
  }

  /** Ends a throttle before its time; null where there is none. */
  lift(client: string, isAddress: boolean): Throttle | null {
    const key = keyOf({ client, isAddress });
    const throttle = this.#throttles.get(key) ?? null;
    this.#throttles.delete(key);
    return throttle;
  }

  /** `isCalm` tells whether a client has been as usual of late. */
  step(
    findings: readonly Finding[],
    { holdMs, reviewMs }: BookSettings,
    nowMs: number,
    isCalm: (client: string, isAddress: boolean) => boolean,
  ): BookEvent[] {
    const events: BookEvent[] = [];
    for (const finding of findings) {
      const key = keyOf(finding);
      if (finding.kind === 'new-country') {
        if (this.#isReviewed(key, nowMs, reviewMs)) continue;
        events.push({ kind: 'review', atMs: nowMs, throttle: throttleOf(finding, nowMs, nowMs) });
      } else if (!this.#throttles.has(key)) {
        const throttle = throttleOf(finding, nowMs, nowMs + holdMs);
        this.#throttles.set(key, throttle);
        events.push({ kind: 'throttled', atMs: nowMs, throttle });
      }
    }
    for (const [key, throttle] of this.#throttles) {
      if (throttle.untilMs > nowMs) continue;
      if (isCalm(throttle.client, throttle.isAddress)) {
        this.#throttles.delete(key);
        events.push({ kind: 'restored', atMs: nowMs, throttle });
        continue;
      }
      const longer = { ...throttle, untilMs: nowMs + holdMs, prolonged: throttle.prolonged + 1 };
      this.#throttles.set(key, longer);
      events.push({ kind: 'prolonged', atMs: nowMs, throttle: longer });
    }
    return events;
  }

  #isReviewed(key: string, nowMs: number, reviewMs: number): boolean {
    const until = this.#reviewed.get(key) ?? 0;
    if (until > nowMs) return true;
    if (this.#reviewed.size >= MOST_REVIEWS)
      for (const [other, otherUntil] of this.#reviewed) if (otherUntil <= nowMs) this.#reviewed.delete(other);
    if (this.#reviewed.size >= MOST_REVIEWS) return true;
    this.#reviewed.set(key, nowMs + reviewMs);
    return false;
  }
}

function keyOf({ client, isAddress }: { readonly client: string; readonly isAddress: boolean }): string {
  return `${isAddress ? 'address' : 'principal'} ${client}`;
}

function throttleOf(finding: Finding, sinceMs: number, untilMs: number): Throttle {
  const { client, isAddress, score, drivers } = finding;
  return { client, isAddress, sinceMs, untilMs, prolonged: 0, score, drivers };
}
