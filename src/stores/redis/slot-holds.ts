import { randomBytes } from 'node:crypto';
import type { Hit } from '../../core/limits.ts';
import type { LimitCalls } from './limit-calls.ts';
import { slotsKey } from './limit-keys.ts';

/** Slots are renewed when they were not for this long: three times within the ten seconds that they last. */
const RENEW_MS = 3000;
const LOOK_MS = 500;

interface Slot {
  readonly id: string;
  /** The `concurrent` that Redis gave it by. */
  readonly limit: number;
  renewedMs: number;
  /** When its request ended, where a lease keeps it; 0 while it is used. */
  freeMs: number;
}

/** The slots that this thread holds of one client in one scope. */
interface Held {
  readonly group: string;
  readonly key: string;
  readonly used: Slot[];
  readonly free: Slot[];
}

/**
 * The slots of concurrent requests that one thread holds in Redis.
 *
 * Shape: a slot is a member of a sorted set, with a name of its own and the time at which it ends by itself. Taking, keeping
 * and freeing the same one twice changes nothing, so an answer that is lost leaks none.
 * Cost: a slot that is held longer than three seconds is renewed. With leases a slot whose request ended waits for the next
 * one of the client as long as a lease lasts.
 * Safety: what a dead thread or gateway holds ends after ten seconds. After Redis lost its memory, slots are back when they are
 * renewed: until then, 3.5 seconds, as many requests more may be under way as were.
 */
export class SlotHolds {
  readonly #calls: LimitCalls;
  readonly #keepFreeMs: number;
  readonly #held = new Map<string, Map<string, Held>>();
  readonly #writer = randomBytes(6).toString('base64url');
  readonly #timer: NodeJS.Timeout;
  #count = 0;

  constructor(calls: LimitCalls, keepFreeMs: number) {
    this.#calls = calls;
    this.#keepFreeMs = keepFreeMs;
    this.#timer = setInterval(() => this.look(performance.now()), LOOK_MS);
    this.#timer.unref();
  }

  /** A name that no other request has. Hit i of it, from 1, takes the slot `name.i`. */
  newName(): string {
    return `${this.#writer}${(++this.#count).toString(36)}`;
  }

  /** Notes a slot that Redis gave. */
  add({ scope, client, limits }: Hit, group: string, counter: string, id: string, monotonicMs: number): void {
    let clients = this.#held.get(scope);
    if (clients === undefined) {
      clients = new Map();
      this.#held.set(scope, clients);
    }
    let held = clients.get(client);
    if (held === undefined) {
      held = { group, key: slotsKey(counter), used: [], free: [] };
      clients.set(client, held);
    }
    held.used.push({ id, limit: limits.concurrent, renewedMs: monotonicMs, freeMs: 0 });
  }

  /**
   * Whether a slot of the client waits here for its next request.
   *
   * Safety: one that a higher limit gave is freed instead, for there may be more of them than the limit is now: else a client that
   * keeps its slots busy would keep them all.
   */
  hasFree({ scope, client, limits }: Hit): boolean {
    const held = this.#held.get(scope)?.get(client);
    if (held === undefined) return false;
    for (let slot = held.free.at(-1); slot !== undefined; slot = held.free.at(-1)) {
      if (slot.limit <= limits.concurrent) return true;
      held.free.pop();
      this.drop(held.group, held.key, slot.id);
    }
    this.#tidy(scope, client, held);
    return false;
  }

  /** Uses such a slot. */
  useFree({ scope, client }: Hit): void {
    const held = this.#held.get(scope)?.get(client);
    const slot = held?.free.pop();
    if (held !== undefined && slot !== undefined) held.used.push(slot);
  }

  /** Ends the use of a slot of the client, whichever: they are worth the same. */
  release(scope: string, client: string, isKept: boolean, monotonicMs: number): void {
    const held = this.#held.get(scope)?.get(client);
    const slot = held?.used.pop();
    if (held === undefined || slot === undefined) return;
    if (isKept) {
      slot.freeMs = monotonicMs;
      held.free.push(slot);
      return;
    }
    this.drop(held.group, held.key, slot.id);
    this.#tidy(scope, client, held);
  }

  /** Frees a slot that Redis has, or may have. */
  drop(group: string, key: string, id: string): void {
    if (this.#calls.problem === '') this.#calls.add(group, [key], `F ${id}`);
  }

  /** Renews what has to be, and frees what nobody waits for. */
  look(monotonicMs: number): void {
    for (const [scope, clients] of this.#held) {
      for (const [client, held] of clients) {
        while (held.free.length > 0 && (held.free[0] as Slot).freeMs + this.#keepFreeMs <= monotonicMs)
          this.drop(held.group, held.key, (held.free.shift() as Slot).id);
        for (const slot of held.used) this.#renew(held, slot, monotonicMs);
        for (const slot of held.free) this.#renew(held, slot, monotonicMs);
        this.#tidy(scope, client, held);
      }
    }
  }

  /** Frees what no request uses, and renews nothing any more. */
  close(): void {
    clearInterval(this.#timer);
    for (const clients of this.#held.values()) {
      for (const { group, key, free } of clients.values())
        for (const { id } of free.splice(0)) this.drop(group, key, id);
    }
  }

  #renew(held: Held, slot: Slot, monotonicMs: number): void {
    if (monotonicMs - slot.renewedMs < RENEW_MS || this.#calls.problem !== '') return;
    slot.renewedMs = monotonicMs;
    this.#calls.add(held.group, [held.key], `K ${slot.id}`);
  }

  #tidy(scope: string, client: string, { used, free }: Held): void {
    if (used.length > 0 || free.length > 0) return;
    this.#held.get(scope)?.delete(client);
    if (this.#held.get(scope)?.size === 0) this.#held.delete(scope);
  }
}
