import { statSync } from 'node:fs';
import type { ConfigProblem } from '../core/errors.ts';
import type { ReputationList } from '../core/trust.ts';
import { type Cidr, cidrProblem, parseCidr } from '../lib/ip/cidr.ts';
import { packNetworks } from '../lib/ip/network-set.ts';
import type { AccessConfig, ReputationConfig } from '../stages/access/access.schema.ts';
import { sourcePointer } from './blocks.ts';
import type { GatewayConfig } from './config.ts';
import { readText } from './file-text.ts';

/** A block of reputation lists, and where it stands. */
export type PlacedReputation = ReputationConfig & {
  /** JSON pointer of `reputation`. */
  readonly pointer: string;
};

export interface LoadedReputation {
  readonly problems: readonly ConfigProblem[];
  /** By absolute path. */
  readonly lists: ReadonlyMap<string, ReputationList>;
}

/** A list and when it changed last. */
export interface ReputationAge {
  readonly file: string;
  readonly entries: number;
  /** Epoch milliseconds. */
  readonly changedAtMs: number;
  /** Whether that is longer ago than `maxAgeH`. */
  readonly isStale: boolean;
}

const HOUR_MS = 3_600_000;
const MAX_BYTES = 64 * 1_048_576;
/** Mistakes of one file that are told one by one. */
const TOLD_LINES = 10;

/** Lists that did not change since, so that a reload for another reason does not read their lines again. */
const recent = new Map<string, { readonly text: string; readonly list: ReadLines }>();
const MAX_RECENT = 64;

type ReadLines = Pick<ReputationList, 'networks' | 'entries'>;

/** Every `reputation` of a configuration; what several routes inherit is there once. */
export function reputationBlocks(config: GatewayConfig): PlacedReputation[] {
  const seen = new Set<unknown>();
  return config.apis
    .flatMap((api) => [api, ...api.endpoints])
    .flatMap(({ blocks, pointer }) => {
      const block = blocks.get('access');
      if (block === undefined || seen.has(block)) return [];
      seen.add(block);
      const { mode, reputation } = block.config as AccessConfig;
      if (reputation === undefined || mode === 'off') return [];
      return [{ ...reputation, pointer: sourcePointer(block.sources, '/reputation') || pointer }];
    });
}

/** How old the lists of a configuration are, each once, by the strictest of its blocks. */
export function reputationAges(
  config: GatewayConfig,
  lists: Readonly<Record<string, ReputationList>>,
  nowMs: number,
): ReputationAge[] {
  const found = new Map<string, ReputationAge>();
  for (const { files, maxAgeH } of reputationBlocks(config)) {
    for (const file of files) {
      const list = lists[file];
      if (list === undefined) continue;
      const { entries, changedAtMs } = list;
      const isStale = nowMs - changedAtMs > maxAgeH * HOUR_MS || found.get(file)?.isStale === true;
      found.set(file, { file, entries, changedAtMs, isStale });
    }
  }
  return [...found.values()];
}

/** Reads the reputation lists of a configuration; never throws. One that is old is no mistake. */
export function loadReputationLists(config: GatewayConfig): LoadedReputation {
  const problems: ConfigProblem[] = [];
  const lists = new Map<string, ReputationList>();
  const seen = new Set<string>();
  for (const { files, pointer } of reputationBlocks(config)) {
    for (const [at, file] of files.entries()) {
      if (seen.has(file)) continue;
      seen.add(file);
      const found = readList(file);
      if (Array.isArray(found)) {
        problems.push(...found.map((message) => ({ pointer: `${pointer}/files/${at}`, message })));
      } else lists.set(file, found);
    }
  }
  return { problems, lists };
}

function readList(file: string): ReputationList | string[] {
  const read = readText(file, MAX_BYTES);
  if (!read.ok) return [`The reputation list ${file} cannot be read: ${read.why}.`];
  const known = recent.get(file);
  const list = known?.text === read.text ? known.list : parseReputation(read.text, file);
  if (Array.isArray(list)) return list;
  if (recent.size >= MAX_RECENT) recent.clear();
  recent.set(file, { text: read.text, list });
  return { ...list, changedAtMs: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
}

/**
 * Reads the text of a list, or tells what is wrong with it as sentences that name file and line.
 *
 * Safety: nothing is skipped: of a line that means nothing to us, nobody knows whom it should have stopped.
 */
export function parseReputation(text: string, file: string): ReadLines | string[] {
  const networks: Cidr[] = [];
  const mistakes: string[] = [];
  let more = 0;
  for (const [at, line] of text.split('\n').entries()) {
    const hash = line.indexOf('#');
    const entry = (hash < 0 ? line : line.slice(0, hash)).trim();
    if (entry === '') continue;
    const cidr = parseCidr(entry);
    if (cidr !== null) networks.push(cidr);
    else if (mistakes.length < TOLD_LINES) {
      mistakes.push(
        `Line ${at + 1} of ${file}: ${cidrProblem(entry.slice(0, 100)) ?? 'the line is too long.'}`,
      );
    } else more++;
  }
  if (more > 0)
    mistakes.push(`${file} has mistakes in ${more === 1 ? 'another line' : `${more} other lines`}.`);
  return mistakes.length > 0 ? mistakes : { networks: packNetworks(networks), entries: networks.length };
}
