import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REASONS, type Reason } from '../../src/core/reasons.ts';
import { HTTP1_FAULTS, type Http1Fault } from '../../src/lib/http1/faults.ts';
import { bodyRefusal, headRefusal } from '../../src/proxy/http1-faults.ts';
import { ANSWERS } from '../conformance/http1/answer-cases.ts';
import { BENIGN } from '../conformance/http1/cases.ts';
import { FRAMING_CASES } from '../conformance/http1/framing-cases.ts';
import { HEAD_CASES } from '../conformance/http1/head-cases.ts';
import { ROOT, sourcesIn } from './sources.ts';

const reasons: Readonly<Record<string, Reason>> = REASONS;

/** What a case is refused for, as the page writes it; '–' for one that passes. */
type Told = string;

const toldOf = (reason: string, status: number): Told => `\`${reason}\` ${status}`;

const hostile = (cases: typeof HEAD_CASES): Map<string, Told> =>
  new Map(cases.map(({ name, expect }) => [name, toldOf(expect.reason, expect.status)]));

/** The cases of each letter, by name. */
const CASES: Readonly<Record<string, { readonly file: string; readonly told: Map<string, Told> }>> = {
  H: { file: 'test/conformance/http1/head-cases.ts', told: hostile(HEAD_CASES) },
  F: { file: 'test/conformance/http1/framing-cases.ts', told: hostile(FRAMING_CASES) },
  P: { file: 'test/conformance/http1/cases.ts', told: new Map(BENIGN.map(({ name }) => [name, '–'])) },
  A: {
    file: 'test/conformance/http1/answer-cases.ts',
    told: new Map(ANSWERS.map(({ name }) => [name, toldOf('upstream.invalid', 502)])),
  },
};

/** The rows of all tables of the page whose head is this. */
function rowsOf(page: string, ...head: readonly string[]): string[][] {
  const found: string[][] = [];
  let isInTable = false;
  for (const line of page.split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim())
      : [];
    if (isInTable && cells.length > 0 && !/^-+$/.test(cells[0] as string)) found.push(cells);
    if (cells.length === 0) isInTable = false;
    else if (cells.join('|') === head.join('|')) isInTable = true;
  }
  return found;
}

const page = readFileSync(join(ROOT, 'docs/reference/http.md'), 'utf8');
const rows = rowsOf(page, 'What comes', 'What we do', 'Reason', 'Tests').map((cells) => ({
  cells,
  what: cells[0] as string,
  told: (cells[2] ?? '').split(', '),
  tests: cells[3] ?? '',
}));

/** Letter and name of each case that a row names. */
function namedCases(tests: string): { letter: string; name: string }[] {
  return [...tests.matchAll(/(\w) ("[^"]*"(?:, "[^"]*")*)/g)].flatMap(([, letter = '', names = '']) =>
    [...names.matchAll(/"([^"]*)"/g)].map(([, name = '']) => ({ letter, name })),
  );
}

test('the tables were found', () => {
  expect(rows.length).toBeGreaterThan(100);
});

test('the legend names the files of the cases', () => {
  const legend = rowsOf(page, 'Letter', 'Cases', 'Run by').map(([letter, file]) => [letter, file]);
  expect(legend).toEqual(Object.entries(CASES).map(([letter, { file }]) => [letter, `\`${file}\``]));
});

test('every file that the page names is there', () => {
  const named = [...page.matchAll(/`((?:src|test)\/[^`]+)`/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

describe.each(rows)('$what', ({ cells, told, tests }) => {
  test('is a row of four cells that are filled', () => {
    expect(cells).toHaveLength(4);
    expect(cells.filter((cell) => cell === '')).toEqual([]);
  });

  test('has reasons that there are, with their status', () => {
    const wrong = told.filter((text) => {
      const [, code = '', status] = /^`([a-z0-9.-]+)` (\d+|reset)$/.exec(text) ?? [];
      const known = reasons[code]?.status;
      return text !== '–' && (known === undefined || (status !== 'reset' && known !== Number(status)));
    });
    expect(wrong).toEqual([]);
  });

  test('names tests, and cases that are refused for its reason', () => {
    const cases = namedCases(tests);
    const wrong = cases.filter(({ letter, name }) => !told.includes(CASES[letter]?.told.get(name) ?? ''));
    expect(wrong).toEqual([]);
    // What is left of the cell is paths.
    const rest = tests.replace(/(\w) ("[^"]*"(?:, "[^"]*")*)(?:; )?/g, '');
    expect(rest).toMatch(/^(?:`[^`]+\.(?:test\.ts|txt)`(?:, |$))*$/);
    expect(cases.length + rest.length).toBeGreaterThan(0);
  });
});

test('every reason for which a request cannot be read has a row', () => {
  const sources = [...sourcesIn('src/proxy'), ...sourcesIn('src/stages/protocol')];
  const given = sources
    .filter(({ isTest }) => !isTest)
    .flatMap(({ text }) => [...text.matchAll(/'(protocol\.[a-z-]+)'/g)].map(([, code = '']) => code));
  const told = new Set(rows.flatMap((row) => row.told.map((text) => text.split('`')[1])));
  expect([...new Set(given)].filter((code) => !told.has(code))).toEqual([]);
  expect(Object.keys(REASONS).filter((code) => code.startsWith('protocol.') && !told.has(code))).toEqual([]);
});

test('every case is named, and none for two refusals', () => {
  const named = (some: typeof rows): string[] =>
    some.flatMap(({ tests }) => namedCases(tests)).map(({ letter, name }) => `${letter} ${name}`);
  const all = Object.entries(CASES).flatMap(([letter, { told }]) =>
    [...told.keys()].map((name) => `${letter} ${name}`),
  );
  const there = new Set(named(rows));
  expect(all.filter((name) => !there.has(name))).toEqual([]);
  const refusals = named(rows.filter(({ told }) => told[0] !== '–'));
  expect(refusals.filter((name, at) => refusals.indexOf(name) !== at)).toEqual([]);
});

test('every fault of the codec is told, with what a request with it is refused for', () => {
  const isOfBody = (fault: string): boolean => /^(?:chunk|trailer)-/.test(fault);
  const isOfAnswers = (fault: string): boolean => /^status|^coding-status$/.test(fault);
  const wanted = (Object.keys(HTTP1_FAULTS) as Http1Fault[]).map((fault) => {
    const { reason, status } = isOfBody(fault) ? bodyRefusal(fault) : headRefusal(fault);
    return [HTTP1_FAULTS[fault], isOfAnswers(fault) ? 'never' : toldOf(reason, status)];
  });
  expect(rowsOf(page, 'Detail', 'Request')).toEqual(wanted);
});

test('every fault of the codec that an answer can have has a case', () => {
  const details = new Set(ANSWERS.map(({ detail }) => detail));
  const isOfRequests = (fault: string): boolean =>
    /^(?:method|target-.*|request-line.*|version-missing)$/.test(fault);
  const missing = Object.entries(HTTP1_FAULTS).filter(
    ([fault, detail]) => !isOfRequests(fault) && !details.has(detail),
  );
  expect(missing).toEqual([]);
});
