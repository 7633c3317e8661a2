import { basename } from 'node:path';
import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision, deny } from '../../core/decision.ts';
import type { Countries } from '../../core/ports.ts';
import type { Check } from '../../core/stage.ts';
import type { TrustFiles } from '../../core/trust.ts';
import { countriesOf } from '../../lib/geo/country-code.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';
import { CidrTrie } from '../../lib/ip/cidr-trie.ts';
import type { CountriesConfig } from './access.schema.ts';

const UNKNOWN = deny('access.country', { detail: 'nobody knows the country of the address' });

/** Whether addresses of no known country are refused. */
export function deniesUnknown({ allow, unknown }: CountriesConfig): boolean {
  return (unknown ?? (allow.length > 0 ? 'deny' : 'allow')) === 'deny';
}

/**
 * Refuses requests by the country of the client's address.
 *
 * Cost: one look into the country database, 1 to 2 µs.
 */
export class CountryCheck implements Check {
  readonly #except = new CidrTrie<true>();
  /** Refusals by country; those of `allow` have none. */
  readonly #denied = new Map<string, Decision>();
  readonly #allowed: ReadonlySet<string> | null;
  readonly #deniesUnknown: boolean;
  readonly #countries: Countries;
  /** Refusals of countries that no list names; made when they are met first, and no more than there are countries. */
  readonly #others = new Map<string, Decision>();

  constructor(config: CountriesConfig, trust: Pick<TrustFiles, 'countryList'>, countries: Countries) {
    this.#countries = countries;
    this.#allowed = config.allow.length === 0 ? null : countriesOf(config.allow);
    this.#deniesUnknown = deniesUnknown(config);
    for (const text of config.except) this.#except.insert(parseCidr(text) as Cidr, true);
    for (const file of config.files) {
      const list = `the list ${basename(file)} of \`access.countries\``;
      for (const country of trust.countryList(file) ?? []) this.#deny(country, list);
    }
    for (const country of countriesOf(config.deny)) this.#deny(country, '`access.countries.deny`');
  }

  #deny(country: string, list: string): void {
    this.#denied.set(country, deny('access.country', { detail: `${country} is on ${list}` }));
  }

  run({ client }: RequestContext): Decision {
    if (this.#except.find(client) !== null) return CONTINUE;
    const country = this.#countries.find(client);
    if (country === '') return this.#deniesUnknown ? UNKNOWN : CONTINUE;
    const denied = this.#denied.get(country);
    if (denied !== undefined) return denied;
    return this.#allowed === null || this.#allowed.has(country) ? CONTINUE : this.#refuseOther(country);
  }

  #refuseOther(country: string): Decision {
    const known = this.#others.get(country);
    if (known !== undefined) return known;
    const detail = `${country} is not on \`access.countries.allow\``;
    const decision = deny('access.country', { detail });
    this.#others.set(country, decision);
    return decision;
  }
}
