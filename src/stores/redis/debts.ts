import type { Hit } from '../../core/limits.ts';
import type { Debt } from './remote-limits.ts';

/** Clients whose debts are remembered; the memory of the gateway still limits the others. */
const MAX_CLIENTS = 50_000;
/** Parts in which the debt of one client is kept. */
const MAX_PARTS = 24;
/** Requests this close together are one part. */
const JOINED_MS = 1000;

/** What one client was let in with, between two moments. */
interface Part {
  amount: number;
  firstMs: number;
  lastMs: number;
}

/** All that one client owes in one scope. */
export interface Account {
  readonly hit: Hit;
  readonly parts: Part[];
  /** How often it was told and nobody knows whether it was heard. */
  unanswered: number;
}

/**
 * What this thread admitted by itself, and the store was not told yet.
 *
 * Shape: requests of one client are kept in a few parts; a part counts as if all of it had come with its last request. When
 * there are too many, the two join that lie closest for their age, so that a part is about half as long as it is old.
 * Cost: bounded, whatever comes during an outage: 24 parts for each of 50,000 clients.
 */
export class Debts {
  readonly #accounts = new Map<string, Account>();

  get size(): number {
    return this.#accounts.size;
  }

  add({ scope, client, limits, cost }: Hit, nowMs: number): void {
    const key = keyOf(scope, client);
    let account = this.#accounts.get(key);
    if (account === undefined) {
      if (this.#accounts.size >= MAX_CLIENTS) return;
      account = { hit: { scope, client, limits, cost: 1 }, parts: [], unanswered: 0 };
      this.#accounts.set(key, account);
    }
    account.hit.limits = limits;
    addPart(account.parts, cost, nowMs);
  }

  /**
   * Takes back what was taken at `takenMs` and added then or soon after; returns whether there was as much.
   *
   * Safety: what the store counted before is not among it: it would go on counting that for a shorter time than this.
   */
  reduce({ scope, client, cost }: Hit, takenMs: number): boolean {
    if (this.#accounts.size === 0) return false;
    const parts = this.#accounts.get(keyOf(scope, client))?.parts ?? [];
    const part = parts.find(
      ({ amount, firstMs, lastMs }) => amount >= cost && firstMs <= takenMs + JOINED_MS && lastMs >= takenMs,
    );
    if (part === undefined) return false;
    part.amount -= cost;
    return true;
  }

  /** Removes the account of a client, and returns it; null when it has none. */
  settle({ scope, client }: Hit): Account | null {
    const key = keyOf(scope, client);
    const account = this.#accounts.get(key);
    if (account === undefined) return null;
    this.#accounts.delete(key);
    return account;
  }

  /** Removes so many accounts, the oldest first. */
  settleSome(count: number): Account[] {
    const found: Account[] = [];
    for (const [key, account] of this.#accounts) {
      if (found.length === count) break;
      this.#accounts.delete(key);
      found.push(account);
    }
    return found;
  }

  /** Puts an account back that could not be told. */
  restore(account: Account): void {
    const key = keyOf(account.hit.scope, account.hit.client);
    const since = this.#accounts.get(key);
    this.#accounts.set(key, account);
    if (since === undefined) return;
    account.parts.push(...since.parts);
    const nowMs = since.parts.at(-1)?.lastMs ?? 0;
    while (account.parts.length > MAX_PARTS) joinClosest(account.parts, nowMs);
  }
}

/** An account as the store is told it. */
export function debtsOf({ hit, parts }: Account): Debt[] {
  return parts
    .filter(({ amount }) => amount > 0)
    .map(({ amount, lastMs }) => ({ hit, amount, takenMs: lastMs }));
}

function addPart(parts: Part[], amount: number, nowMs: number): void {
  const last = parts.at(-1);
  if (last !== undefined && nowMs - last.firstMs < JOINED_MS) {
    last.amount += amount;
    last.lastMs = Math.max(last.lastMs, nowMs);
    return;
  }
  parts.push({ amount, firstMs: nowMs, lastMs: nowMs });
  if (parts.length > MAX_PARTS) joinClosest(parts, nowMs);
}

/** Joins the two neighbours that together are the shortest for the age of the earlier one's last request. */
function joinClosest(parts: Part[], nowMs: number): void {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 1 < parts.length; i++) {
    const [earlier, later] = [parts[i] as Part, parts[i + 1] as Part];
    const length = (later.lastMs - earlier.firstMs) / Math.max(1, nowMs - later.lastMs);
    if (length >= least) continue;
    best = i;
    least = length;
  }
  const [earlier, later] = parts.splice(best, 2) as [Part, Part];
  parts.splice(best, 0, {
    amount: earlier.amount + later.amount,
    firstMs: earlier.firstMs,
    lastMs: later.lastMs,
  });
}

const keyOf = (scope: string, client: string): string => `${scope}\n${client}`;
