import { KnownCountries } from './known-countries.ts';
import { Profile } from './profile.ts';

/** Time after which a client that is known well may be forgotten for another. */
const IDLE_MS = 86_400_000;
/** Entries that are looked at to find one that may be forgotten. */
const LOOKED_AT = 16;
const DAY_MS = 86_400_000;

/** What is remembered of one client. */
export class ClientHistory {
  readonly profile: Profile;
  readonly countries = new KnownCountries();
  lastMs: number;
  /** Whether the last windows were unusual, the latest in the lowest bit. */
  unusual = 0;
  /** What the latest judged window came to. */
  score = 0;
  /** What unusual windows have taught today; see `strangeAllowance`. */
  #strange = 0;
  #strangeDay = 0;

  constructor(nowMs: number) {
    this.profile = new Profile(nowMs);
    this.lastMs = nowMs;
  }

  /** Takes weight for an unusual window out of what such windows may teach in one day. */
  takeStrange(weight: number, perDay: number, nowMs: number): number {
    const day = Math.floor(nowMs / DAY_MS);
    if (day !== this.#strangeDay) {
      this.#strangeDay = day;
      this.#strange = 0;
    }
    const taken = Math.min(weight, perDay - this.#strange);
    this.#strange += taken;
    return taken;
  }
}

/**
 * The clients that are remembered, so many at most.
 *
 * Safety: when the table is full a client that is new makes room for another, the one that was not seen for the longest among
 * a few; one that is known well only after a day of silence. A flood of new clients so forgets only new clients.
 */
export class ClientTable {
  readonly #most: number;
  readonly #clients = new Map<string, ClientHistory>();
  /** Walks around the table, so that each is looked at in turn. */
  #hand: Iterator<[string, ClientHistory]>;

  constructor(most: number) {
    this.#most = most;
    this.#hand = this.#clients.entries();
  }

  get size(): number {
    return this.#clients.size;
  }

  find(client: string): ClientHistory | null {
    return this.#clients.get(client) ?? null;
  }

  forget(client: string): boolean {
    return this.#clients.delete(client);
  }

  /** The history of a client, begun where there is none; null when there is no room. */
  take(client: string, nowMs: number): ClientHistory | null {
    const known = this.#clients.get(client);
    if (known !== undefined) return known;
    if (this.#clients.size >= this.#most && !this.#makeRoom(nowMs)) return null;
    const begun = new ClientHistory(nowMs);
    this.#clients.set(client, begun);
    return begun;
  }

  #makeRoom(nowMs: number): boolean {
    let worst: [string, ClientHistory] | null = null;
    for (let i = 0; i < LOOKED_AT; i++) {
      const next = this.#next();
      if (next === null) break;
      const [, history] = next;
      const mayGo =
        history.lastMs < nowMs && (!history.profile.isSettled || nowMs - history.lastMs > IDLE_MS);
      if (mayGo && (worst === null || history.lastMs < worst[1].lastMs)) worst = next;
    }
    return worst !== null && this.#clients.delete(worst[0]);
  }

  #next(): [string, ClientHistory] | null {
    const { done, value } = this.#hand.next();
    if (done !== true) return value;
    this.#hand = this.#clients.entries();
    const again = this.#hand.next();
    return again.done === true ? null : again.value;
  }
}
