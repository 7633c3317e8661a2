import { existsSync } from 'node:fs';
import type { ResultOf } from '../control/operations.ts';
import { ConfigError, Unavailable } from '../core/errors.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { CommandFailure } from './failure.ts';
import { type KeyPlace, KeyScan, type ScanResult } from './key-tree.ts';
import { operateAnywhere } from './operate.ts';
import { DEV_CONFIG, getTarget } from './target.ts';
import { printable, type Terminal, table } from './terminal.ts';

/** Findings that one call hands over. */
const MAX_REPORTED = 500;
const STDIN = 0;
const MIB = 1_048_576;

interface Known {
  readonly status: string;
  readonly name: string;
}

/** What the database knows of the keys, where one is at hand; null where none is. */
async function lookUp(
  config: string,
  places: readonly KeyPlace[],
): Promise<ReadonlyMap<string, Known> | null> {
  const isHere = existsSync(config) || (config === CONFIG_OPTION.default && existsSync(DEV_CONFIG));
  if (places.length === 0 || !isHere) return null;
  try {
    const { result } = await operateAnywhere(getTarget(config), 'listKeys');
    return new Map(result.keys.map(({ id, status, name }) => [id, { status, name }]));
  } catch (error) {
    // Keys are found without a database as well.
    const isExpected =
      error instanceof Unavailable || error instanceof CommandFailure || error instanceof ConfigError;
    if (isExpected) return null;
    throw error;
  }
}

async function report(config: string, places: readonly KeyPlace[]) {
  const target = getTarget(config);
  const told: ResultOf<'reportLeaks'>['keys'] = [];
  for (let at = 0; at < places.length; at += MAX_REPORTED) {
    const piece = places.slice(at, at + MAX_REPORTED);
    const keys = piece.map(({ key, file, line }) => ({ token: key, file, line }));
    const { result } = await operateAnywhere(target, 'reportLeaks', { body: { keys } });
    told.push(...result.keys);
  }
  return { keys: told };
}

function scan(path: string): ScanResult {
  const walk = new KeyScan();
  if (path === '-') walk.scanOpen(STDIN, '(standard input)');
  else walk.scan(path);
  return walk.result;
}

function textOf(result: ScanResult, known: ReadonlyMap<string, Known> | null, terminal: Terminal): string {
  const { places, files, bytes, skipped, faults } = result;
  const rows = places.map(({ file, line, shown, id }) => {
    const record = known?.get(id);
    const state =
      known === null
        ? ''
        : record === undefined
          ? 'of no key here'
          : `${record.status} ${printable(record.name)}`;
    return [`${printable(file)}:${line}`, `${shown}…`, `id ${id}`, state];
  });
  const looked = `${files} files, ${(bytes / MIB).toFixed(1)} MiB; ${skipped} links and packed objects skipped`;
  const end =
    places.length === 0
      ? `No API keys in ${looked}.`
      : terminal.paint('red', `${places.length} API keys in ${looked}.`);
  return [...table(rows), ...faults.map((fault) => terminal.paint('yellow', fault)), end].join('\n');
}

/** `portcullis key scan`. */
export const keyScan = defineCommand({
  name: 'key scan',
  summary: 'Find API keys in files, by form and checksum, without any network.',
  about: [
    'Looks through a file, or everything below a folder, binary files too; `-` reads standard input. Links are not followed. Of a key only its place, id and first eight characters are printed.',
    'Where a configuration is at hand, its database says what each key is. Compressed files, and with them the history of git, hold nothing that can be found: pipe `git log -p --all` into `portcullis key scan -`.',
  ],
  words: ['PATH'],
  options: {
    report: {
      kind: 'flag',
      summary:
        'Hand the keys to the gateway, which revokes those that are its own, as `key compromise` does.',
    },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis key scan .', 'In CI: fails when there is a key in the tree.'],
    ['git log -p --all | portcullis key scan -', 'The whole history.'],
    ['portcullis key scan --report dump.sql', 'Revoke what is found.'],
  ],
  exits: { 0: 'No key was found.', 1: 'Keys were found, or not everything could be read.' },
  run: async ({ values, words, terminal }) => {
    const result = scan(words[0] ?? '');
    const known = await lookUp(values.config, result.places);
    const told =
      values.report && result.places.length > 0 ? await report(values.config, result.places) : null;
    const found = result.places.map(({ file, line, shown, id }) => ({
      file,
      line,
      prefix: shown,
      id,
      status: known === null ? null : (known.get(id)?.status ?? 'unknown'),
    }));
    const { files, bytes, skipped, faults } = result;
    const lines = [textOf(result, known, terminal)];
    for (const { id, outcome, compromise } of told?.keys ?? []) {
      lines.push(`Key ${id}: ${outcome}.`);
      const successor = compromise?.key ?? null;
      if (successor !== null)
        lines.push(`Its successor, shown this once: ${terminal.paint('bold', successor)}`);
    }
    const isClean = found.length === 0 && faults.length === 0;
    return {
      text: lines.join('\n'),
      json: { keys: found, files, bytes, skipped, faults, ...(told === null ? {} : { report: told.keys }) },
      exitCode: isClean ? 0 : 1,
    };
  },
});
