import type { AdaptiveShare } from '../core/adaptive-actions.ts';
import type { RequestContext } from '../core/context.ts';
import type { LimitScale } from '../core/limits.ts';
import type { Countries } from '../core/ports.ts';
import { countryNumber } from '../lib/anomaly/window-batch.ts';
import { type FinishedRequest, WindowTable } from '../lib/anomaly/window-table.ts';
import { clientTextOf, type Ip } from '../lib/ip/address.ts';
import type { Outcome } from '../proxy/record.ts';
import type { AdaptiveState, ThreadWindow } from './adaptive-state.ts';

interface Origin {
  readonly key: string;
  /** See `countryNumber`. */
  readonly country: number;
}

/**
 * Counts in a data-plane thread what clients do, and knows whose limits are smaller.
 *
 * Safety: a request counts for a principal only when authentication verified it and let it pass; what merely claims to be somebody
 * counts for its address. So nobody can make another's key look abusive.
 * Cost: per request two short hashes and some sums; address and country are found once per connection.
 */
export class AdaptiveThread implements LimitScale {
  readonly cause = 'unusual behaviour';
  readonly #countries: Countries;
  readonly #origins = new WeakMap<Ip, Origin>();
  readonly #request: FinishedRequest = {
    client: '',
    status: 0,
    durationMs: 0,
    userAgent: '',
    path: '',
    country: 0,
  };
  #state: AdaptiveState | null = null;
  #principals: WindowTable | null = null;
  #addresses: WindowTable | null = null;
  #ofPrincipals = new Map<string, AdaptiveShare>();
  #ofAddresses = new Map<string, AdaptiveShare>();

  constructor(state: AdaptiveState, countries: Countries) {
    this.#countries = countries;
    this.take(state);
  }

  shareOf(principal: string, address: string): number {
    return this.#find(principal, address)?.share ?? 1;
  }

  /** Why the limits of a client are smaller, as words for the journal; '' when they are not. */
  why(principal: string, address: string): string {
    return this.#find(principal, address)?.why ?? '';
  }

  take(state: AdaptiveState): void {
    const before = this.#state;
    this.#state = state;
    if (before?.rows !== state.rows || before.seed !== state.seed || before.isCounting !== state.isCounting) {
      this.#principals = state.isCounting ? new WindowTable(state.rows, state.seed) : null;
      this.#addresses = state.isCounting ? new WindowTable(state.rows, state.seed) : null;
    }
    this.#ofPrincipals = byClient(state.shares, false);
    this.#ofAddresses = byClient(state.shares, true);
  }

  /** What was counted since the last call; null when nothing is. */
  collect(): ThreadWindow | null {
    if (this.#principals === null || this.#addresses === null) return null;
    return { principals: this.#principals.take(), addresses: this.#addresses.take() };
  }

  note(ctx: RequestContext, outcome: Outcome): void {
    if (this.#principals === null || this.#addresses === null) return;
    const request = this.#request;
    const origin = this.#originOf(ctx.client);
    const isVerified =
      ctx.principal !== null && !(outcome.stage === 'authentication' && outcome.effect === 'deny');
    request.client = isVerified && ctx.principal !== null ? ctx.principal.counterKey : origin.key;
    request.status = outcome.status;
    request.durationMs = outcome.durationMs;
    request.userAgent = ctx.headers.get('user-agent') ?? '';
    request.path = ctx.path;
    request.country = origin.country;
    (isVerified ? this.#principals : this.#addresses).note(request);
  }

  /** A stranger is known by its address; whoever is verified by nothing else, so that no address takes limits from keys. */
  #find(principal: string, address: string): AdaptiveShare | undefined {
    if (principal === '') return this.#ofAddresses.size === 0 ? undefined : this.#ofAddresses.get(address);
    return this.#ofPrincipals.size === 0 ? undefined : this.#ofPrincipals.get(principal);
  }

  #originOf(ip: Ip): Origin {
    const known = this.#origins.get(ip);
    if (known !== undefined) return known;
    const key = clientTextOf(ip);
    const origin = { key, country: countryNumber(this.#countries.find(ip)) };
    this.#origins.set(ip, origin);
    return origin;
  }
}

function byClient(shares: readonly AdaptiveShare[], isAddress: boolean): Map<string, AdaptiveShare> {
  return new Map(
    shares.filter((share) => share.isAddress === isAddress).map((share) => [share.client, share]),
  );
}
