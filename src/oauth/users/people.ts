import { availableParallelism } from 'node:os';
import type { OauthConfig } from '../../config/oauth.schema.ts';
import type { Clock } from '../../core/ports.ts';
import type { UserRecord, UserStore } from '../../core/users.ts';
import type { OauthEvents } from '../events.ts';
import { Federation } from '../federation/federation.ts';
import { LinkedUsers } from '../federation/linked-users.ts';
import { UpstreamProvider } from '../federation/upstream-provider.ts';
import { peoplePages } from '../interaction/people-pages.ts';
import type { Account, Accounts, Pages } from '../interaction/seam.ts';
import { SignInStates } from '../interaction/sign-in-state.ts';
import { type SignInEvent, SignInSteps } from '../interaction/sign-in-steps.ts';
import type { Vault } from '../vault.ts';
import { PasswordChecker } from './password-checker.ts';
import { SignIn } from './sign-in.ts';

/** Who may sign in, and what they see. */
export interface People {
  readonly accounts: Accounts;
  readonly pages: Pages;
}

export interface PeopleParts {
  readonly config: OauthConfig;
  readonly users: UserStore;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly events: Pick<OauthEvents, 'record'>;
}

/** The users of the database, and the pages that they sign in with. */
export function peopleOf(parts: PeopleParts): People {
  const { config, users, vault, clock, events } = parts;
  const place = new URL(config.issuer).host;
  const federation = federationOf(parts, place);
  const steps = new SignInSteps({
    place,
    users,
    signIn: new SignIn({ users, checker: checkerFor(config), vault, clock }),
    states: new SignInStates(vault, clock),
    federation,
    clock,
    hasPasswords: config.users.passwords,
    isMfaRequired: config.users.secondFactor === 'required',
    note: (event) => events.record(recordOf(event)),
  });
  return { accounts: accountsOf(users), pages: peoplePages({ place, users, vault, steps, federation }) };
}

function checkerFor({ users: { hash, concurrentHashes, waitingHashes } }: OauthConfig): PasswordChecker {
  const half = Math.max(1, Math.floor(availableParallelism() / 2));
  return new PasswordChecker({ cost: hash, concurrency: concurrentHashes ?? half, waiting: waitingHashes });
}

function federationOf({ config, users, vault, clock, events }: PeopleParts, place: string): Federation {
  return new Federation({
    place,
    upstreams: config.federation.map(
      (one) => new UpstreamProvider(one, `${config.issuer}/federation/${one.id}/callback`, clock),
    ),
    linked: new LinkedUsers(users, clock),
    vault,
    clock,
    report: (providerId, sentence) =>
      events.record({
        ...NOTHING,
        action: 'oauth.federation',
        outcome: 'failure',
        error: providerId,
        detail: sentence,
      }),
  });
}

const NOTHING = { clientId: '', accountId: '', clientAddress: '', grantType: '', error: '', detail: '' };

function recordOf({ outcome, step, fault, userId, clientId, clientAddress }: SignInEvent) {
  const action = 'oauth.login';
  return {
    ...NOTHING,
    action,
    outcome,
    clientId,
    accountId: userId,
    clientAddress,
    error: fault,
    detail: step,
  };
}

/** Users as the authorization server knows them: those who may sign in. */
function accountsOf(users: UserStore): Accounts {
  return {
    find: async (id) => {
      const user = await users.find(id);
      return user === null || user.disabledAtMs !== 0 ? null : accountOf(user);
    },
  };
}

function accountOf(user: UserRecord): Account {
  const { department, clearance, tenant } = user.attributes;
  const isLocal = user.passwordHash !== '';
  const profile = {
    ...(user.displayName === '' ? {} : { name: user.displayName }),
    ...(isLocal ? { preferred_username: user.name } : {}),
    ...(user.email === '' ? {} : { email: user.email, email_verified: user.isEmailVerified }),
  };
  const validFromS = Math.floor(user.credentialsChangedAtMs / 1000);
  return { id: user.id, roles: user.roles, tier: '', department, clearance, tenant, validFromS, profile };
}
