import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision, deny } from '../../core/decision.ts';
import type { Check, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';
import { CidrTrie } from '../../lib/ip/cidr-trie.ts';
import { type AccessConfig, accessSchema } from './access.schema.ts';

const NOT_ALLOWED = deny('access.denied', { detail: 'the address is not on `access.allow`' });

/** Prefixes shorter than this hold so many addresses that listing them restricts next to nothing. */
const WIDE_BITS = { 4: 8, 6: 16 } as const;

class AccessCheck implements Check {
  readonly #allowed: CidrTrie<true> | null;
  readonly #denied: CidrTrie<Decision>;

  constructor(config: AccessConfig) {
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
    return this.#denied.find(ctx.client) ?? CONTINUE;
  }
}

function compile(config: AccessConfig): StageChecks {
  return config.allow.length === 0 && config.deny.length === 0 ? {} : { head: new AccessCheck(config) };
}

function weaknesses(config: AccessConfig): readonly Weakness[] {
  const found: Weakness[] = [];
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
