import type { Limits } from '../../core/limits.ts';

/** How large leases are, and how long they last. */
export interface LeaseSettings {
  /** Of what is left of the tightest limit, the part that a lease takes beyond the request that asked. */
  readonly share: number;
  readonly forMs: number;
}

/** How long after its end a lease is given back at most, as a part of its length. */
const LOOKS = 4;
/** What clocks may differ in rate while a lease lasts, as a part of it. */
const DRIFT = 100;

/** How far ahead of the time of the server a lease is counted: no less than it is used. */
export function leadOf({ forMs }: LeaseSettings): number {
  return forMs + Math.ceil(forMs / DRIFT);
}

/** Milliseconds between looks for leases that have ended. */
export function lookEveryMs({ forMs }: LeaseSettings): number {
  return Math.max(10, Math.floor(forMs / LOOKS));
}

/** What leases of a limit may cost its clients. */
export interface LeaseBounds {
  /** The most that one thread may hold without using it. */
  readonly held: number;
  /** For how long, from when it was taken to when others can have it. */
  readonly heldMs: number;
  /** How much longer than otherwise something may be remembered. */
  readonly leadMs: number;
  /** By how much an enforced bucket may give more than it holds: what refills while a lease lasts. */
  readonly burst: number;
}

/**
 * Computes the bounds of leases.
 *
 * Safety: no window ever holds more than its limit, so there is no bound for that. Of a bucket a lease takes when it is
 * given, and its requests come until it ends: a stretch may hold what was taken in it and one lease before.
 */
export function leaseBounds(limits: Limits, settings: LeaseSettings): LeaseBounds {
  const { perMinute, perHour, perDay, burst } = limits;
  const tokens = burst === null ? Number.POSITIVE_INFINITY : burst.capacity;
  const most = Math.min(tokens, ...[perMinute, perHour, perDay].filter((limit) => limit > 0));
  const held = Number.isFinite(most) ? Math.floor((most - 1) * settings.share) : 0;
  const leadMs = leadOf(settings);
  return {
    held,
    heldMs: settings.forMs + lookEveryMs(settings),
    leadMs,
    burst: burst?.isEnforced === true && held > 0 ? Math.ceil(settings.forMs / burst.intervalMs) : 0,
  };
}
