import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const corpora = process.env.PORTCULLIS_CORPORA ?? join(import.meta.dirname, '../../../shared/corpora');
const folder = join(corpora, 'http/llhttp-request');

/** One request case of llhttp. */
export interface Case {
  /** File and line. */
  readonly place: string;
  readonly title: string;
  readonly text: string;
  /** What llhttp tells of it, an event a line. */
  readonly log: string;
}

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The bytes that a text in the files stands for: lines end with CR LF, other characters are escaped. */
function bytesWritten(text: string): string {
  const escapes: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', f: '\f' };
  return text
    .replaceAll(/\\\n/g, '')
    .replaceAll('\n', '\r\n')
    .replaceAll(/\\([rntf])/g, (_all, letter: string) => escapes[letter] as string)
    .replaceAll(/\\x([0-9a-fA-F]{2})/g, (_all, digits: string) =>
      utf8(String.fromCharCode(Number.parseInt(digits, 16))),
    );
}

/** Finds the cases that llhttp reads without any leniency. */
function casesOf(file: string): Case[] {
  const text = readFileSync(join(folder, file), 'latin1');
  const block = /^<!-- meta=(\{.*\}) -->\n\s*```http\n([\s\S]*?)\n```\n[^`]*```log\n([\s\S]*?)```/gm;
  return [...text.matchAll(block)].flatMap(({ 1: meta, 2: http = '', 3: log = '', index }) => {
    const { type, skipBody } = JSON.parse(meta as string) as { type: string; skipBody?: boolean };
    if ((type !== 'request' && type !== 'request-finish') || skipBody) return [];
    const before = text.slice(0, index).split('\n');
    const title = before.findLast((line) => line.startsWith('#'))?.replace(/^#+ /, '') ?? '';
    return [{ place: `${file}:${before.length}`, title, text: bytesWritten(http), log }];
  });
}

/** All cases, or null where the folder is not there; then `MISSING` says what to do. */
export function loadCases(): Case[] | null {
  if (!existsSync(folder)) return null;
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .flatMap(casesOf);
}

/** What to do where the cases are missing. */
export const MISSING = `set PORTCULLIS_CORPORA, ${folder} is not there`;
