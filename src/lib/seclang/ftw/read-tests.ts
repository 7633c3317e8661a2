import type { Bytes } from '../bytes.ts';
import { buildRequest } from './build-request.ts';
import { Fields } from './fields-of.ts';
import type { FtwAnswer, FtwExpectation, FtwProblem, FtwStage, FtwTest } from './ftw-test.ts';
import { fillTemplate } from './template.ts';

/** The tests of a file, and what of it cannot be read. */
export interface FtwReading {
  readonly tests: readonly FtwTest[];
  readonly problems: readonly FtwProblem[];
}

const utf8 = (text: string): Bytes => Buffer.from(text, 'utf8').toString('latin1');
const base64 = (text: string): Bytes => Buffer.from(text, 'base64').toString('latin1');

/** Reads a file of tests, parsed from YAML, in the format of CRS 3.3 or that of go-ftw and CRS 4. */
export function readTests(value: unknown, file: string): FtwReading {
  const problems: FtwProblem[] = [];
  const top = new Fields(value, '', file, problems);
  const isEnabled = top.inside('meta').flag('enabled') ?? true;
  const ruleId = top.text('rule_id', '');
  const tests = top.list('tests').map((test, index) => readTest(test, index, { file, ruleId, isEnabled }));
  if (!top.has('tests')) top.complain('tests', 'A file of tests holds a list of them.');
  return { tests: problems.length > 0 ? [] : tests, problems };
}

interface Meta {
  readonly file: string;
  readonly ruleId: string;
  readonly isEnabled: boolean;
}

function readTest(test: Fields, index: number, meta: Meta): FtwTest {
  const id = test.text('test_id', String(index + 1));
  const title = meta.ruleId === '' ? id : `${meta.ruleId}-${id}`;
  const stages = test
    .list('stages')
    .flatMap((stage) => readStages(stage.has('stage') ? stage.inside('stage') : stage, meta));
  if (stages.length === 0) test.complain('stages', 'A test has at least one stage.');
  return {
    title: test.text('test_title', title),
    file: meta.file,
    description: test.text('desc', ''),
    isEnabled: meta.isEnabled && (test.flag('enabled') ?? true),
    stages,
  };
}

/** A stage, once for each of its addresses. */
function readStages(stage: Fields, meta: Meta): FtwStage[] {
  if (!stage.has('input')) stage.complain('input', 'A stage says what is sent.');
  const input = stage.inside('input');
  const expected = readExpectation(stage.inside('output'));
  const answer = input.has('response') ? readAnswer(input.inside('response')) : null;
  const uris = input.value('uris');
  const addresses = Array.isArray(uris) ? uris.map(String) : [input.text('uri', '/')];
  return addresses.map((uri) => ({ request: readRequest(input, uri, meta), answer, expected }));
}

function readRequest(input: Fields, uri: string, meta: Meta): Bytes {
  const encoded = input.text('encoded_request', '');
  if (encoded !== '') return base64(encoded);
  const raw = input.text('raw_request', '');
  if (raw !== '') return utf8(raw);
  const { names, values } = readHeaders(input);
  return buildRequest({
    method: utf8(input.text('method', 'GET')),
    uri: utf8(fillTemplate(uri)),
    version: utf8(input.text('version', 'HTTP/1.1')),
    headerNames: names,
    headerValues: values,
    data: readData(input),
    isCompleted: input.flag('autocomplete_headers') ?? input.flag('stop_magic') !== true,
    // Clients of the older format, whose files name no rule, say nothing of a body that is not there.
    tellsNoLength: meta.ruleId !== '',
  });
}

function readHeaders(input: Fields): { names: Bytes[]; values: Bytes[] } {
  const headers = input.inside('headers');
  const names = headers.names().map(utf8);
  const values = headers.names().map((name) => utf8(fillTemplate(headers.text(name, ''))));
  for (const header of input.list('ordered_headers')) {
    names.push(utf8(header.text('name', '')));
    values.push(utf8(fillTemplate(header.text('value', ''))));
  }
  return { names, values };
}

function readData(input: Fields): Bytes {
  const data = input.value('data');
  if (Array.isArray(data)) return utf8(data.map((line) => String(line ?? '')).join('\r\n'));
  if (data !== undefined) return utf8(fillTemplate(input.text('data', '')));
  return base64(input.text('encoded_data', ''));
}

function readAnswer(response: Fields): FtwAnswer {
  const headers = response.inside('headers');
  const encoded = response.text('encoded_body', '');
  return {
    status: response.numbers('status')[0] ?? 200,
    headerNames: headers.names().map(utf8),
    headerValues: headers.names().map((name) => utf8(headers.text(name, ''))),
    body: encoded === '' ? utf8(fillTemplate(response.text('body', ''))) : base64(encoded),
  };
}

const SAID = ['status', 'response_contains', 'log_contains', 'no_log_contains', 'log', 'expect_error'];

function readExpectation(output: Fields): FtwExpectation {
  if (!SAID.some((name) => output.has(name)))
    output.complain('', `A stage says what must come of it: one of ${SAID.join(', ')}.`);
  const log = output.inside('log');
  return {
    statuses: output.numbers('status').filter((status) => status !== 0),
    answerMatches: readPattern(output, 'response_contains'),
    logMatches: patterns(readPattern(output, 'log_contains'), readPattern(log, 'match_regex')),
    logMatchesNot: patterns(readPattern(output, 'no_log_contains'), readPattern(log, 'no_match_regex')),
    ids: [...log.numbers('expect_ids'), ...log.numbers('expect_id')],
    idsNot: [...log.numbers('no_expect_ids'), ...log.numbers('no_expect_id')],
    isRefused: output.flag('expect_error'),
    isAlone: output.flag('isolated') ?? false,
  };
}

const patterns = (...all: string[]): string[] => all.filter((pattern) => pattern !== '');

/** A regular expression; '' where there is none. */
function readPattern(fields: Fields, name: string): string {
  const pattern = fields.text(name, '');
  try {
    new RegExp(pattern, 's');
    return pattern;
  } catch {
    fields.complain(name, 'It must be a regular expression.');
    return '';
  }
}
