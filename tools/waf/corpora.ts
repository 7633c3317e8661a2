import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../../src/lib/seclang/bytes.ts';

/** A recorded request of a browser. */
export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: string;
}

/** Values of one kind from one source. */
export interface ValueSet {
  /** Such as `sqli`. */
  readonly kind: string;
  readonly source: string;
  readonly values: readonly Bytes[];
}

export interface Corpora {
  readonly attacks: readonly ValueSet[];
  readonly benign: readonly ValueSet[];
  readonly recorded: readonly { readonly site: string; readonly requests: readonly RecordedRequest[] }[];
}

const OWN = new URL('../../src/lib/detect/testdata/', import.meta.url);

/** Reads what is in the folder of corpora, and what comes with the sources. */
export function readCorpora(folder: string): Corpora {
  const detection = join(folder, 'detection');
  const rows = readRows(join(detection, 'http-params-train.csv'));
  const kinds = ['sqli', 'xss', 'path-traversal', 'cmdi'];
  return {
    attacks: [
      ...kinds.map((kind) => ({ kind, source: 'http-params', values: valuesOf(rows, kind) })),
      { kind: 'sqli', source: 'libinjection', values: readEscaped(detection, /^sqli/) },
      { kind: 'xss', source: 'libinjection', values: readEscaped(detection, /^xss/) },
      ...readdirSync(new URL('attacks/', OWN)).map((file) => ({
        kind: file,
        source: 'own',
        values: linesOf(readFileSync(new URL(`attacks/${file}`, OWN), 'latin1')),
      })),
    ],
    benign: [
      { kind: 'parameters', source: 'http-params', values: valuesOf(rows, 'norm') },
      { kind: 'searches', source: 'libinjection', values: readEscaped(detection, /^false_positives/) },
      { kind: 'what people write', source: 'own', values: readOwn('benign.txt') },
      { kind: 'what pages and services send', source: 'own', values: readOwn('benign-services.txt') },
    ],
    recorded: readRecorded(join(detection, 'legitimate')),
  };
}

/** Whether a value is in the half that nothing was tuned with. */
export function isHeldOut(value: string): boolean {
  return ((createHash('sha1').update(value).digest()[0] as number) & 1) === 1;
}

const readOwn = (file: string): Bytes[] => linesOf(readFileSync(new URL(file, OWN), 'latin1'));
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

interface Row {
  readonly value: Bytes;
  readonly kind: string;
}

const valuesOf = (rows: readonly Row[], kind: string): Bytes[] =>
  rows.filter((row) => row.kind === kind).map(({ value }) => value);

/** Rows of the CSV file: fields in quotes, the first one may span lines. */
function readRows(path: string): Row[] {
  if (!existsSync(path)) return [];
  const fields = /"((?:[^"]|"")*)"(,|\r?\n|$)/g;
  const rows: Row[] = [];
  let row: string[] = [];
  for (const [, field, end] of readFileSync(path, 'latin1').matchAll(fields)) {
    row.push((field as string).replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push({ value: row[0] as string, kind: row.at(-2) as string });
    row = [];
  }
  return rows.slice(1);
}

/** Lines of the files of libinjection, of which the escapes of URLs are undone. */
function readEscaped(detection: string, name: RegExp): Bytes[] {
  const folder = join(detection, 'libinjection');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => name.test(file))
    .flatMap((file) => linesOf(readFileSync(join(folder, file), 'latin1')))
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) =>
      line
        .replaceAll('+', ' ')
        .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    );
}

function readRecorded(folder: string): Corpora['recorded'] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => ({
    site: file.replace('.jsonl', ''),
    requests: linesOf(readFileSync(join(folder, file), 'utf8')).map(
      (line): RecordedRequest => JSON.parse(line),
    ),
  }));
}
