import type { Ip } from '../lib/ip/address.ts';
import type { Principal } from './principal.ts';

/** Whom an exception is for, the most specific first: the order in which they win. */
export const EXCEPTION_SUBJECTS = ['key', 'user', 'key-owner', 'client', 'tenant', 'address'] as const;
export type ExceptionSubject = (typeof EXCEPTION_SUBJECTS)[number];

/** Numbers that take the place of those of a limit; 0 leaves what is there. */
export interface ExceptionNumbers {
  readonly perMinute: number;
  readonly perHour: number;
  readonly perDay: number;
  readonly concurrent: number;
}

/** What is different: another tier, every number times a factor, or other numbers. */
export type ExceptionChange =
  | { readonly kind: 'tier'; readonly tier: string }
  | { readonly kind: 'factor'; readonly factor: number }
  | { readonly kind: 'numbers'; readonly numbers: ExceptionNumbers };

/** Limits that are raised, or lowered, for somebody and for a time. */
export interface LimitException {
  readonly id: string;
  readonly subject: ExceptionSubject;
  /** `iss` of the tokens of a user, client or tenant; '' for those of credentials without an issuer. */
  readonly issuer: string;
  /** Id of the key, subject of the user, owner of the keys, id of the client, name of the tenant, address or network. */
  readonly value: string;
  readonly change: ExceptionChange;
  /** The API whose requests it is about; '' for all. */
  readonly api: string;
  /** The endpoint of that API; '' for all. */
  readonly endpoint: string;
  /** The limit on outcomes that it is about; '' for none of them, but all other limits. */
  readonly limit: string;
  /** Who answers for it. */
  readonly owner: string;
  readonly reason: string;
  /** '' when nobody is named. */
  readonly approvedBy: string;
  /** Who says to have made it; '' when nobody does. */
  readonly createdBy: string;
  readonly createdAtMs: number;
  /** From this instant on it is none any more. */
  readonly expiresAtMs: number;
}

/** Exceptions as they are kept. Every method rejects with Unavailable when the store cannot be used. */
export interface LimitExceptionStore {
  /** Adds one, and deletes those that ended before `forgetBeforeMs`. */
  add(exception: LimitException, forgetBeforeMs: number): Promise<void>;
  /** All that are kept, also those that are over, the newest first. */
  list(): Promise<readonly LimitException[]>;
  find(id: string): Promise<LimitException | null>;
  /** Returns what it has deleted; null when there is none. */
  remove(id: string): Promise<LimitException | null>;
}

/** What threads are told about exceptions. */
export interface ExceptionUpdate {
  readonly records: readonly LimitException[];
  readonly deleted: readonly string[];
  /** Whether the records take the place of all that were known. */
  readonly isAll: boolean;
}

/** Which limits of a request are asked about. */
export interface ExceptionPlace {
  readonly api: string;
  readonly endpoint: string;
  /** Id of a limit on outcomes; '' for all other limits. */
  readonly limit: string;
}

/** The exceptions that this thread knows. */
export interface LimitExceptions {
  /**
   * The one that holds for a request now; null for none.
   *
   * Shape: of those that are about the place, the one for the most specific subject (`EXCEPTION_SUBJECTS`; of networks the
   * longest), of these the one for the most specific place, of these the latest.
   * Cost: one look per kind of subject that there are exceptions for; allocates nothing.
   */
  find(principal: Principal | null, address: Ip, place: ExceptionPlace, nowMs: number): LimitException | null;
}
