import type { CountryList, ReputationList } from '../core/trust.ts';
import { countryProblem } from '../lib/geo/country-code.ts';
import { type Cidr, cidrProblem, parseCidr } from '../lib/ip/cidr.ts';
import { packNetworks } from '../lib/ip/network-set.ts';
import type { AccessConfig } from '../stages/access/access.schema.ts';
import { sourcePointer } from './blocks.ts';
import type { GatewayConfig } from './config.ts';
import {
  type ListAge,
  type ListBlock,
  ListReader,
  type LoadedLists,
  listAges,
  parseLines,
} from './dated-lists.ts';

/** What was read of lists, by absolute path. */
export interface AccessLists {
  readonly reputationLists: Readonly<Record<string, ReputationList>>;
  readonly countryLists: Readonly<Record<string, CountryList>>;
}

/** The blocks of `access` that name lists of one kind; what several routes inherit is there once. */
function listBlocks(config: GatewayConfig, key: 'reputation' | 'countries'): ListBlock[] {
  const seen = new Set<unknown>();
  return config.apis
    .flatMap((api) => [api, ...api.endpoints])
    .flatMap(({ blocks, pointer }) => {
      const block = blocks.get('access');
      if (block === undefined || seen.has(block)) return [];
      seen.add(block);
      const access = block.config as AccessConfig;
      const part = access[key];
      if (part === undefined || access.mode === 'off') return [];
      const { files, maxAgeH } = part;
      return [{ files, maxAgeH, pointer: sourcePointer(block.sources, `/${key}`) || pointer }];
    });
}

/** Reads the text of a list of networks, or tells what is wrong with it. */
export function parseReputation(text: string, file: string): Omit<ReputationList, 'changedAtMs'> | string[] {
  const networks = parseLines<Cidr>(text, file, (word) => {
    const entry = parseCidr(word);
    return entry === null
      ? { problem: cidrProblem(word.slice(0, 100)) ?? 'the line is too long.' }
      : { entry };
  });
  if ('mistakes' in networks) return networks.mistakes;
  return { networks: packNetworks(networks), entries: networks.length };
}

/** Reads the text of a list of countries, or tells what is wrong with it. */
export function parseCountryList(text: string, file: string): Omit<CountryList, 'changedAtMs'> | string[] {
  const countries = parseLines<string>(text, file, (word) => {
    const entry = word.toUpperCase();
    const problem = countryProblem(entry);
    return problem === '' ? { entry } : { problem: `${problem}.` };
  });
  return 'mistakes' in countries ? countries.mistakes : { countries, entries: countries.length };
}

const REPUTATION = new ListReader('reputation list', parseReputation);
const COUNTRIES = new ListReader('list of countries', parseCountryList);

/** Reads the lists of addresses with a bad name. */
export function loadReputationLists(config: GatewayConfig): LoadedLists<Omit<ReputationList, 'changedAtMs'>> {
  return REPUTATION.load(listBlocks(config, 'reputation'));
}

/** Reads the lists of countries. */
export function loadCountryLists(config: GatewayConfig): LoadedLists<Omit<CountryList, 'changedAtMs'>> {
  return COUNTRIES.load(listBlocks(config, 'countries'));
}

/** The files of all lists. */
export function accessListFiles(config: GatewayConfig): string[] {
  return [...listBlocks(config, 'reputation'), ...listBlocks(config, 'countries')].flatMap(
    ({ files }) => files,
  );
}

/** How old the lists of a configuration are. */
export function accessListAges(config: GatewayConfig, lists: AccessLists, nowMs: number): ListAge[] {
  return [
    ...listAges('reputation', listBlocks(config, 'reputation'), lists.reputationLists, nowMs),
    ...listAges('countries', listBlocks(config, 'countries'), lists.countryLists, nowMs),
  ];
}
