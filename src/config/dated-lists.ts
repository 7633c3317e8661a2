import { statSync } from 'node:fs';
import type { ConfigProblem } from '../core/errors.ts';
import type { DatedList } from '../core/trust.ts';
import { readText } from './file-text.ts';

/** A block that names list files, and where it stands. */
export interface ListBlock {
  /** Absolute paths. */
  readonly files: readonly string[];
  readonly maxAgeH: number;
  /** JSON pointer of the block. */
  readonly pointer: string;
}

export interface LoadedLists<List> {
  readonly problems: readonly ConfigProblem[];
  /** By absolute path. */
  readonly lists: ReadonlyMap<string, List & DatedList>;
}

/** A list and when it changed last. */
export interface ListAge {
  readonly kind: 'reputation' | 'countries';
  readonly file: string;
  readonly entries: number;
  /** Epoch milliseconds. */
  readonly changedAtMs: number;
  /** Whether that is longer ago than `maxAgeH`. */
  readonly isStale: boolean;
}

const HOUR_MS = 3_600_000;
const MAX_BYTES = 64 * 1_048_576;
const MAX_RECENT = 64;
/** Mistakes of one file that are told one by one. */
const TOLD_LINES = 10;

/**
 * Reads the entries of a list, one per line, or tells what is wrong with them as sentences that name file and line.
 *
 * Safety: nothing is skipped: of a line that means nothing to us, nobody knows whom it should have stopped.
 */
export function parseLines<Entry>(
  text: string,
  file: string,
  parse: (entry: string) => { readonly entry: Entry } | { readonly problem: string },
): Entry[] | { readonly mistakes: string[] } {
  const entries: Entry[] = [];
  const mistakes: string[] = [];
  let more = 0;
  for (const [at, line] of text.split('\n').entries()) {
    const hash = line.indexOf('#');
    const word = (hash < 0 ? line : line.slice(0, hash)).trim();
    if (word === '') continue;
    const parsed = parse(word);
    if ('entry' in parsed) entries.push(parsed.entry);
    else if (mistakes.length < TOLD_LINES) mistakes.push(`Line ${at + 1} of ${file}: ${parsed.problem}`);
    else more++;
  }
  if (more > 0)
    mistakes.push(`${file} has mistakes in ${more === 1 ? 'another line' : `${more} other lines`}.`);
  return mistakes.length > 0 ? { mistakes } : entries;
}

/** Reads lists of one kind; what did not change is not parsed again by a reload for another reason. */
export class ListReader<List extends { readonly entries: number }> {
  readonly #noun: string;
  readonly #parse: (text: string, file: string) => List | string[];
  readonly #recent = new Map<string, { readonly text: string; readonly list: List | string[] }>();

  constructor(noun: string, parse: (text: string, file: string) => List | string[]) {
    this.#noun = noun;
    this.#parse = parse;
  }

  /** Reads the lists that blocks name; never throws. One that is old is no mistake. */
  load(blocks: readonly ListBlock[]): LoadedLists<List> {
    const problems: ConfigProblem[] = [];
    const lists = new Map<string, List & DatedList>();
    const seen = new Set<string>();
    for (const { files, pointer } of blocks) {
      for (const [at, file] of files.entries()) {
        if (seen.has(file)) continue;
        seen.add(file);
        const found = this.#read(file);
        if (Array.isArray(found)) {
          problems.push(...found.map((message) => ({ pointer: `${pointer}/files/${at}`, message })));
        } else lists.set(file, found);
      }
    }
    return { problems, lists };
  }

  #read(file: string): (List & DatedList) | string[] {
    const read = readText(file, MAX_BYTES);
    if (!read.ok) return [`The ${this.#noun} ${file} cannot be read: ${read.why}.`];
    const known = this.#recent.get(file);
    const list = known?.text === read.text ? known.list : this.#parse(read.text, file);
    if (this.#recent.size >= MAX_RECENT) this.#recent.clear();
    this.#recent.set(file, { text: read.text, list });
    if (Array.isArray(list)) return list;
    return { ...list, changedAtMs: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  }
}

/** How old lists are, each once, by the strictest of the blocks that name it. */
export function listAges(
  kind: ListAge['kind'],
  blocks: readonly ListBlock[],
  lists: Readonly<Record<string, DatedList>>,
  nowMs: number,
): ListAge[] {
  const found = new Map<string, ListAge>();
  for (const { files, maxAgeH } of blocks) {
    for (const file of files) {
      const list = lists[file];
      if (list === undefined) continue;
      const { entries, changedAtMs } = list;
      const isStale = nowMs - changedAtMs > maxAgeH * HOUR_MS || found.get(file)?.isStale === true;
      found.set(file, { kind, file, entries, changedAtMs, isStale });
    }
  }
  return [...found.values()];
}
