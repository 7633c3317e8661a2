import { randomBytes } from 'node:crypto';
import { Unavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { UserRecord } from '../../core/users.ts';
import type { InteractionVisit } from '../interaction/people-pages.ts';
import type { PageAnswer, Visit } from '../interaction/seam.ts';
import { failurePage } from '../interaction/single-pages.ts';
import type { Vault } from '../vault.ts';
import { type AccountFacts, accountFacts, isAllowed } from './account-facts.ts';
import type { LinkedUsers } from './linked-users.ts';
import { type Departure, FederationRefusal, type UpstreamProvider } from './upstream-provider.ts';

export interface FederationParts {
  readonly place: string;
  readonly upstreams: readonly UpstreamProvider[];
  readonly linked: LinkedUsers;
  readonly vault: Pick<Vault, 'seal' | 'open'>;
  readonly clock: Clock;
  /** Says why nobody can sign in with a provider, or somebody could not: for the log. */
  readonly report: (providerId: string, sentence: string) => void;
}

export type Arrival =
  | { readonly isOk: true; readonly user: UserRecord; readonly amr: readonly string[] }
  | FederationFailure;

export interface FederationFailure {
  readonly isOk: false;
  readonly status: number;
  /** For the person. */
  readonly sentence: string;
}

interface Remembered {
  readonly uid: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly atMs: number;
}

const LIFETIME_MS = 600_000;
const RANDOM_BYTES = 32;
const MAX_STATE_CHARS = 2048;
const CALLBACK = /^\/federation\/([a-z0-9-]{1,63})\/callback$/;
/** Reasons for which the person must prove anew who they are. */
const FRESH_REASONS = ['login_prompt', 'max_age'];

/**
 * Signs people in with other providers.
 *
 * Safety: `state` is sealed, names the provider and the interaction, and is looked at only in the browser that has the
 * cookie of that interaction; so a way back that was begun elsewhere, or at another provider, leads nowhere. A person
 * is found by issuer and subject alone, never by an e-mail address.
 */
export class Federation {
  readonly #parts: FederationParts;

  constructor(parts: FederationParts) {
    this.#parts = parts;
  }

  /** What the login page offers. */
  get providers(): readonly { readonly id: string; readonly name: string }[] {
    return this.#parts.upstreams.map(({ config: { id, name } }) => ({ id, name }));
  }

  /** Sends the browser to a provider. */
  async depart({ interaction }: InteractionVisit, id: string): Promise<PageAnswer | FederationFailure> {
    const upstream = this.#find(id);
    if (upstream === undefined) return { kind: 'missing' };
    const remembered: Remembered = {
      uid: interaction.uid,
      nonce: randomBytes(RANDOM_BYTES).toString('base64url'),
      verifier: randomBytes(RANDOM_BYTES).toString('base64url'),
      atMs: this.#parts.clock.nowMs(),
    };
    const state = this.#parts.vault.seal(placeOf(id), JSON.stringify(remembered));
    const isFresh = interaction.reasons.some((reason) => FRESH_REASONS.includes(reason));
    try {
      return { kind: 'redirect', location: await upstream.departureUrl({ ...remembered, state }, isFresh) };
    } catch (error) {
      return this.#failure(upstream, error);
    }
  }

  /** The way back from a provider: on to the interaction that it belongs to, where the cookie for it is. */
  returned(visit: Visit): PageAnswer {
    const [, id = ''] = CALLBACK.exec(visit.path) ?? [];
    if (visit.method !== 'GET' || this.#find(id) === undefined) return { kind: 'missing' };
    const remembered = this.#remembered(id, visit.query.get('state') ?? '');
    if (remembered === null) {
      const description = 'This sign-in has expired, or was not begun here.';
      const html = failurePage(this.#parts.place, { status: 400, error: 'invalid_request', description });
      return { kind: 'page', status: 400, html };
    }
    const path = `/interaction/${remembered.uid}/federation/${id}?${visit.query}`;
    return { kind: 'redirect', location: visit.urlOf(path) };
  }

  /** Finds out who came back. Errors: Unavailable when our own store cannot be used. */
  async arrive({ interaction, query }: InteractionVisit, id: string): Promise<Arrival> {
    const upstream = this.#find(id);
    const state = query.get('state') ?? '';
    const remembered = this.#remembered(id, state);
    if (upstream === undefined || remembered?.uid !== interaction.uid) {
      return {
        isOk: false,
        status: 400,
        sentence: 'This took too long, or was not begun here. Please try again.',
      };
    }
    let facts: AccountFacts;
    try {
      facts = accountFacts(await upstream.claims(query, departureOf(remembered, state)), upstream.config);
    } catch (error) {
      return this.#failure(upstream, error);
    }
    return this.#admit(upstream, facts);
  }

  async #admit({ config }: UpstreamProvider, facts: AccountFacts): Promise<Arrival> {
    const user = isAllowed(facts, config.allowedDomains)
      ? await this.#parts.linked.find(config, facts)
      : null;
    if (user === null || user.disabledAtMs !== 0) {
      this.#parts.report(config.id, `An account of ${config.id} may not sign in here.`);
      return { isOk: false, status: 403, sentence: `This account of ${config.name} may not sign in here.` };
    }
    return { isOk: true, user, amr: facts.amr };
  }

  #find(id: string): UpstreamProvider | undefined {
    return this.#parts.upstreams.find(({ config }) => config.id === id);
  }

  #remembered(id: string, state: string): Remembered | null {
    const text = state.length > MAX_STATE_CHARS ? null : this.#parts.vault.open(placeOf(id), state);
    if (text === null) return null;
    const remembered = JSON.parse(text) as Remembered;
    const ageMs = this.#parts.clock.nowMs() - remembered.atMs;
    return ageMs >= 0 && ageMs <= LIFETIME_MS ? remembered : null;
  }

  #failure({ config: { id, name } }: UpstreamProvider, error: unknown): FederationFailure {
    if (error instanceof Unavailable) {
      this.#parts.report(id, error.message);
      return {
        isOk: false,
        status: 503,
        sentence: `${name} does not answer at the moment. This is not your fault; try again in a minute.`,
      };
    }
    if (!(error instanceof FederationRefusal)) throw error;
    this.#parts.report(id, error.message);
    const sentence = error.isByPerson
      ? `You did not sign in with ${name}.`
      : `Signing in with ${name} did not work.`;
    return { isOk: false, status: 400, sentence };
  }
}

const placeOf = (id: string): string => `federation ${id}`;

function departureOf({ nonce, verifier }: Remembered, state: string): Departure {
  return { state, nonce, verifier };
}
