import { expect } from 'vitest';
import { valuesOf } from '../support/message-reader.ts';
import type { RawResponse } from '../support/raw-client.ts';
import type { SeenRequest } from '../support/recording-upstream.ts';
import type { JournalRecord } from '../support/test-gateway.ts';

type HasFields = { readonly fields: RawResponse['fields']; readonly body: Buffer };

/** Compares one value: `*` is any, `~…` a regular expression, everything else itself. */
function expectValue(actual: string | undefined, wanted: string, what: string): void {
  if (wanted === '*') expect(actual, what).toBeDefined();
  else if (wanted.startsWith('~')) expect(actual, what).toMatch(new RegExp(wanted.slice(1)));
  else expect(actual, what).toBe(wanted);
}

function expectLine(message: HasFields, line: string): void {
  if (line.startsWith('! ')) {
    expect(valuesOf(message, line.slice(2).toLowerCase()), `no field ${line.slice(2)}`).toEqual([]);
  } else if (line.startsWith('~ ')) {
    expect(message.body.toString('utf8')).toMatch(new RegExp(line.slice(2)));
  } else if (line.startsWith('= ') || line === '=') {
    expect(message.body.toString('utf8')).toBe(line.slice(2));
  } else {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    expectValue(
      valuesOf(message, name.toLowerCase()).join(', ') || undefined,
      line.slice(colon + 1).trim(),
      name,
    );
  }
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Compares the answer that the client got. */
export function expectAnswer(answer: RawResponse | undefined, wanted: string): void {
  const [status, ...lines] = linesOf(wanted);
  expect(answer?.status, `answer: ${answer?.body.toString('utf8')}`).toBe(Number(status));
  for (const line of lines) expectLine(answer as RawResponse, line);
}

/** Compares what the upstream saw: `nothing`, or method and target, then fields and body. */
export function expectUpstream(seen: readonly SeenRequest[], wanted: string): void {
  const [first, ...lines] = linesOf(wanted);
  const shown = seen.map(({ method, target }) => `${method} ${target}`);
  expect(shown, 'what reached the upstream').toEqual(first === 'nothing' ? [] : [first]);
  for (const line of lines) expectLine(seen[0] as SeenRequest, line);
}

/** `stage.phase verdict reason`, with the mode where it is not `enforce`. */
function shownChecks(record: JournalRecord): string[] {
  return record.portcullis.checks.map(({ stage, phase, mode, verdict, reason = '' }) =>
    [`${stage}.${phase}`, mode === 'enforce' ? '' : mode, verdict, reason]
      .filter((word) => word !== '')
      .join(' '),
  );
}

function valueAt(record: JournalRecord, path: string): string | undefined {
  const decision = record.portcullis.decision as Record<string, unknown>;
  const value = path === 'detail' ? decision.detail : (record[path] ?? record.portcullis[path]);
  return value === undefined ? undefined : String(value);
}

/** Compares the journal record: effect, reason and stage, then members and, if any is given, all checks. */
export function expectJournal(record: JournalRecord, wanted: string): void {
  const [first = '', ...lines] = linesOf(wanted);
  const { effect, reason, stage } = record.portcullis.decision;
  const words = first.split(' ').map((word) => (word === '*' ? expect.anything() : word));
  expect([effect, reason, stage].slice(0, words.length)).toEqual(words);
  const checks = lines.filter((line) => line.startsWith('- '));
  if (checks.length > 0) expect(shownChecks(record)).toEqual(checks.map((line) => line.slice(2)));
  for (const line of lines.filter((text) => !text.startsWith('- '))) {
    const colon = line.indexOf(': ');
    if (line.startsWith('! ')) expect(JSON.stringify(record)).not.toContain(line.slice(2));
    else expectValue(valueAt(record, line.slice(0, colon)), line.slice(colon + 2), line);
  }
}
