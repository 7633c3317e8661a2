import { expect, test } from 'vitest';
import { productFiles, type SourceFile } from './sources.ts';

const MAX_LINES = 300;
const MAX_FUNCTION_LINES = 40;

/** Tables: one row per thing that is known. */
const TABLES = new Set(['src/core/reasons.ts']);

/** Files that are longer and have to be cut; the number may only get smaller. */
const TOO_LONG: Readonly<Record<string, number>> = {};

/** Functions that are longer and have to be cut; the number may only get smaller. */
const TOO_LONG_FUNCTIONS: Readonly<Record<string, number>> = {
  // One line for each field, so that all contexts have one shape.
  'src/core/context.ts constructor': 50,
};

/** Functions that only hold others: they return an object of methods, each of which is short. */
const HOLDERS = new Set([
  'src/stores/sql/key-store.ts sqlKeyStore',
  'src/stores/sql/oauth-keys.ts sqlOauthKeyStore',
  'src/stores/sql/second-factors.ts secondFactors',
  'src/stores/sql/user-store.ts sqlUserStore',
]);

const files = productFiles();

const linesOf = ({ text }: SourceFile): string[] => text.replace(/\n$/, '').split('\n');

/** What starts a function as Biome formats it; its end is the next line that closes at the same depth. */
const START =
  /^( *)(?:export )?(?:(?:async )?function\*? (\w+)|const (\w+) = (?:async )?(?:\([^()]*\)|\w+)(?:: [^=]+)? => \{$|(?!(?:if|for|while|switch|catch|return|else|do|try)\b)(?:(?:static|override|async|get|set) )*\*?(#?\w+)(?:<[^>]*>)?\((?!.*;$))/;

/** Where the function whose first line has this indent ends, counted from that line; -1 for what is no function. */
function endOf(rest: readonly string[], indent: string): number {
  const end = rest.findIndex(
    (line) => line !== '' && !line.startsWith(`${indent} `) && !line.startsWith(`${indent})`),
  );
  return rest[end]?.startsWith(`${indent}}`) === true ? end : -1;
}

interface Found {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Lines of a function without those of the functions inside it. */
function ownLines({ start, end }: Found, all: readonly Found[]): number {
  const inside = all.filter((other) => other.start > start && other.end <= end);
  const outermost = inside.filter(
    (one) => !inside.some((other) => other.start < one.start && other.end >= one.end),
  );
  return outermost.reduce((lines, one) => lines - (one.end - one.start + 1), end - start + 1);
}

function functionsOf(file: SourceFile): { name: string; lines: number }[] {
  const all = findFunctions(file);
  return all.map((found) => ({ name: found.name, lines: ownLines(found, all) }));
}

function findFunctions(file: SourceFile): Found[] {
  const lines = linesOf(file);
  return lines.flatMap((line, at) => {
    const found = START.exec(line);
    const end = found === null || /\{.*\}$/.test(line) ? -1 : endOf(lines.slice(at + 1), found[1] as string);
    if (found === null || end < 0) return [];
    return [{ name: `${file.path} ${found[2] ?? found[3] ?? found[4]}`, start: at, end: at + 1 + end }];
  });
}

test(`no file has more than ${MAX_LINES} lines`, () => {
  const long = files.filter((file) => {
    const most = TOO_LONG[file.path] ?? MAX_LINES;
    return !TABLES.has(file.path) && linesOf(file).length > most;
  });
  expect(long.map((file) => `${file.path}: ${linesOf(file).length}`)).toEqual([]);
});

test(`no function has more than ${MAX_FUNCTION_LINES} lines`, () => {
  const all = files.flatMap(functionsOf);
  expect(all.length, 'functions that were found').toBeGreaterThan(500);
  const long = all.filter(
    ({ name, lines }) => !HOLDERS.has(name) && lines > (TOO_LONG_FUNCTIONS[name] ?? MAX_FUNCTION_LINES),
  );
  expect(long.map(({ name, lines }) => `${name}: ${lines}`)).toEqual([]);
});

test('an exception that is not needed any more is taken off the list', () => {
  const longFiles = files.filter((file) => linesOf(file).length > MAX_LINES).map(({ path }) => path);
  expect(Object.keys(TOO_LONG).filter((path) => !longFiles.includes(path))).toEqual([]);
  const longFunctions = files.flatMap(functionsOf).filter(({ lines }) => lines > MAX_FUNCTION_LINES);
  const names = longFunctions.map(({ name }) => name);
  expect([...Object.keys(TOO_LONG_FUNCTIONS), ...HOLDERS].filter((name) => !names.includes(name))).toEqual(
    [],
  );
});
