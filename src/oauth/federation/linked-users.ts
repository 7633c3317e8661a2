import { randomBytes } from 'node:crypto';
import type { FederationConfig } from '../../config/oauth-federation.schema.ts';
import type { Clock } from '../../core/ports.ts';
import type { UserRecord, UserStore } from '../../core/users.ts';
import { newUserId } from '../users/user-id.ts';
import type { AccountFacts } from './account-facts.ts';

/** Finds the users of accounts at other providers, and makes them where there are none. */
export class LinkedUsers {
  readonly #users: UserStore;
  readonly #clock: Clock;

  constructor(users: UserStore, clock: Clock) {
    this.#users = users;
    this.#clock = clock;
  }

  /**
   * The user of an account, with what its provider says now; null when it cannot be made.
   *
   * Safety: by issuer and subject alone. What the provider says replaces what was there, so that a role taken away
   * there is gone here at the next sign-in.
   */
  async find({ id, issuer }: FederationConfig, facts: AccountFacts): Promise<UserRecord | null> {
    const known = await this.#users.findLinked(issuer, facts.subject);
    const { displayName, email, isEmailVerified, roles, attributes } = facts;
    const said = { displayName, email, isEmailVerified, roles, attributes };
    if (known !== null) return this.#users.update(known.id, said);
    const record = this.#newUser(`${id}:${facts.subject}`, said);
    if (await this.#users.createLinked(record, issuer, facts.subject)) return record;
    // Somebody was faster: the same person in another window, or another gateway.
    return this.#users.findLinked(issuer, facts.subject);
  }

  #newUser(
    name: string,
    said: Pick<UserRecord, 'displayName' | 'email' | 'isEmailVerified' | 'roles' | 'attributes'>,
  ): UserRecord {
    const nowMs = this.#clock.nowMs();
    return {
      id: newUserId(randomBytes),
      // The colon is in no name of a user of our own, so that neither can take the other's.
      name,
      nameKey: name,
      ...said,
      passwordHash: '',
      totpSecret: '',
      isTotpRequired: false,
      createdAtMs: nowMs,
      disabledAtMs: 0,
      credentialsChangedAtMs: 0,
      lastLoginAtMs: 0,
    };
  }
}
