import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision, deny } from '../../core/decision.ts';
import type { Ports } from '../../core/ports.ts';
import type { Check, RouteFacts, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';
import { CidrTrie } from '../../lib/ip/cidr-trie.ts';
import { type AccessConfig, accessSchema } from './access.schema.ts';
import { CountryCheck, deniesUnknown } from './country-check.ts';
import { ReputationCheck } from './reputation.ts';

const NOT_ALLOWED = deny('access.denied', { detail: 'the address is not on `access.allow`' });

/** Prefixes shorter than this hold so many addresses that listing them restricts next to nothing. */
const WIDE_BITS = { 4: 8, 6: 16 } as const;

class AccessCheck implements Check {
  readonly #allowed: CidrTrie<true> | null;
  readonly #denied: CidrTrie<Decision>;
  readonly #reputation: ReputationCheck | null;
  readonly #countries: CountryCheck | null;

  constructor(config: AccessConfig, reputation: ReputationCheck | null, countries: CountryCheck | null) {
    this.#reputation = reputation;
    this.#countries = countries;
    this.#allowed = config.allow.length === 0 ? null : new CidrTrie<true>();
    for (const text of config.allow) this.#allowed?.insert(parseCidr(text) as Cidr, true);
    this.#denied = new CidrTrie<Decision>();
    for (const text of config.deny) {
      const decision = deny('access.denied', { detail: `the address is in ${text} of \`access.deny\`` });
      this.#denied.insert(parseCidr(text) as Cidr, decision);
    }
  }

  run(ctx: RequestContext): Decision {
    if (this.#allowed !== null && this.#allowed.find(ctx.client) === null) return NOT_ALLOWED;
    const denied = this.#denied.find(ctx.client);
    if (denied !== null) return denied;
    const named = this.#reputation === null ? CONTINUE : this.#reputation.run(ctx);
    return named !== CONTINUE || this.#countries === null ? named : this.#countries.run(ctx);
  }
}

function compile(config: AccessConfig, { trust }: RouteFacts, ports: Ports): StageChecks {
  const { attack, clock } = ports;
  const { allow, deny: denied, reputation, countries } = config;
  // Whoever is admitted by name needs no good one.
  const isJudged = reputation !== undefined && allow.length === 0;
  const places = countries === undefined ? null : new CountryCheck(countries, trust, ports.countries);
  if (!isJudged && places === null && allow.length === 0 && denied.length === 0) return {};
  return {
    head: new AccessCheck(
      config,
      isJudged ? new ReputationCheck(reputation, { trust, attack, clock }) : null,
      places,
    ),
  };
}

function weaknesses(config: AccessConfig): readonly Weakness[] {
  const found: Weakness[] = [];
  if (config.reputation !== undefined && config.allow.length > 0) {
    const message = '`allow` has entries and wins: no address is looked for on the lists of `reputation`.';
    found.push({ pointer: '/reputation', message });
  }
  const { countries } = config;
  if (countries !== undefined && countries.allow.length > 0 && !deniesUnknown(countries)) {
    const message = 'Addresses of no known country come past `allow`; drop `unknown: allow`.';
    found.push({ pointer: '/countries/unknown', message });
  }
  for (const [at, text] of config.allow.entries()) {
    const { ip, bits } = parseCidr(text) as Cidr;
    if (bits >= WIDE_BITS[ip.family]) continue;
    const extent = bits === 0 ? 'every' : `1 in ${2 ** bits} of all`;
    const noun = bits === 0 ? 'address' : 'addresses';
    found.push({
      pointer: `/allow/${at}`,
      message: `"${text}" admits ${extent} IPv${ip.family} ${noun}; list the networks of your clients.`,
    });
  }
  return found;
}

/** Admits clients by their address. */
export const access: Stage<AccessConfig> = {
  name: 'access',
  key: 'access',
  schema: accessSchema,
  compile,
  weaknesses,
};
