import { basename } from 'node:path';
import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision, deny } from '../../core/decision.ts';
import type { Ports } from '../../core/ports.ts';
import type { Check } from '../../core/stage.ts';
import type { TrustFiles } from '../../core/trust.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';
import { CidrTrie } from '../../lib/ip/cidr-trie.ts';
import type { NetworkSet } from '../../lib/ip/network-set.ts';
import type { ReputationConfig } from './access.schema.ts';

/** What the check asks while it works. */
export interface ReputationParts extends Pick<Ports, 'attack' | 'clock'> {
  readonly trust: Pick<TrustFiles, 'reputationList'>;
}

/**
 * Refuses addresses that are on a list.
 *
 * Cost: one search per list; the lists are shared by all threads and routes.
 */
export class ReputationCheck implements Check {
  readonly #lists: readonly { readonly networks: NetworkSet; readonly refusal: Decision }[];
  readonly #except = new CidrTrie<true>();
  readonly #parts: ReputationParts;
  readonly #isForAttacks: boolean;

  constructor(config: ReputationConfig, parts: ReputationParts) {
    this.#parts = parts;
    this.#isForAttacks = config.when === 'attack';
    this.#lists = config.files.flatMap((file) => {
      const networks = parts.trust.reputationList(file);
      const detail = `the address is on the list ${basename(file)} of \`access.reputation\``;
      return networks === null ? [] : [{ networks, refusal: deny('access.reputation', { detail }) }];
    });
    for (const text of config.except) this.#except.insert(parseCidr(text) as Cidr, true);
  }

  run({ client }: RequestContext): Decision {
    const { attack, clock } = this.#parts;
    if (this.#isForAttacks && !attack.isOn(clock.nowMs())) return CONTINUE;
    for (const { networks, refusal } of this.#lists) {
      if (networks.has(client)) return this.#except.find(client) === null ? refusal : CONTINUE;
    }
    return CONTINUE;
  }
}
