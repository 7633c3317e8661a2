import type { Ip } from '../lib/ip/address.ts';

/** The most failed logins that a guard can let be: `failures` of `LoginLimits` is no larger. */
export const MAX_FAILURES = 60;
/** The most user names of one address that a guard can tell apart: `userNames` of `LoginLimits` is smaller. */
export const MAX_NAMES = 24;

/** How many failed logins of one address are let be. */
export interface LoginLimits {
  /** Failed logins within the window; one more blocks the address. */
  readonly failures: number;
  readonly windowS: number;
  readonly blockS: number;
  /** User names that failed within their window; one more blocks the address. 0 does not look at names. */
  readonly userNames: number;
  readonly userNamesWindowS: number;
}

/**
 * Why a login is not let through: failures, many user names, another failure on a user name that many addresses try,
 * as many logins under way as may fail, or no room to count the address.
 */
export type LoginCause = 'failures' | 'user-names' | 'account' | 'concurrent' | 'full';

export interface LoginBlock {
  readonly cause: LoginCause;
  /** When it makes sense to come back, in epoch milliseconds. */
  readonly untilMs: number;
}

/** One login of one address, from the request to the answer. */
export interface LoginAttempt {
  /** Logins of different realms are counted apart. */
  readonly realm: string;
  /** The network that counts as one address. */
  readonly address: Ip;
  readonly bits: number;
  readonly limits: LoginLimits;
  /** What `tagOf` made of the user name; '' when it is not known. */
  readonly userTag: string;
  readonly beganAtMs: number;
  /** Written by the guard: the reservation, 0 while there is none. */
  reservation: number;
}

/** How a login ended; `open` when nobody judged it. */
export type LoginOutcome = 'failed' | 'succeeded' | 'open';

/**
 * Counts failed logins by address, exactly across threads.
 *
 * Safety: what may still fail counts as if it had: logins under way and failed ones together never exceed
 * `failures` by more than one, however many are tried at once.
 */
export interface Logins {
  /** Stands for a user name in memory; the name cannot be read from it. */
  tagOf(realm: string, userName: string): string;
  /** Why a login of this address would not be let through; null when its address is not blocked. */
  find(attempt: LoginAttempt, nowMs: number): LoginBlock | null;
  /** Lets a login through, which `end` must follow; or says why not. */
  begin(attempt: LoginAttempt, nowMs: number): LoginBlock | null;
  /**
   * Counts how a login ended. Returns the block that it brought about, if any.
   *
   * `isAccountUnderAttack`: too many logins with this user name failed, from wherever: the address has no further
   * failure on it, unless it succeeded with the name before.
   */
  end(
    attempt: LoginAttempt,
    outcome: LoginOutcome,
    nowMs: number,
    isAccountUnderAttack: boolean,
  ): LoginBlock | null;
}

/** An address that may not log in for now. */
export interface BlockedAddress {
  readonly realm: string;
  /** An address, or a network such as `2001:db8::/64`. */
  readonly address: string;
  readonly cause: 'failures' | 'user-names';
  readonly untilMs: number;
}

/** The blocked addresses, for the operator. */
export interface BlockedAddresses {
  list(nowMs: number): BlockedAddress[];
  /** Forgets all that is counted of an address, in every realm; returns how many blocks that ended. */
  unblock(address: Ip, nowMs: number): number;
}
