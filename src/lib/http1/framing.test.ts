import { describe, expect, test } from 'vitest';
import { FieldLines } from '../http/field-lines.ts';
import type { Http1Fault } from './faults.ts';
import { CHUNKED, type Framing, requestFraming, responseFraming, UNTIL_CLOSE } from './framing.ts';

function fields(...lines: readonly string[]): FieldLines {
  const flat = lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return FieldLines.fromFlat(flat);
}

const LENGTH = 'Content-Length:5';
const CODING = 'Transfer-Encoding:chunked';

describe('what frames the body of every message', () => {
  const rows: [string[], Framing | Http1Fault][] = [
    [[LENGTH], 5],
    [['content-length:0'], 0],
    [['CONTENT-LENGTH:007'], 7],
    [['Content-Length:9007199254740991'], Number.MAX_SAFE_INTEGER],
    [[CODING], CHUNKED],
    [['TRANSFER-ENCODING:ChUnKeD'], CHUNKED],
    [['X:a', CODING, 'Content-Lengths:5', 'Transfer_Encoding:gzip', 'X-Content-Length:5'], CHUNKED],
    [['Content_Length:7', LENGTH, 'Transfer-Encodings:chunked'], 5],
    ...[
      '',
      '5,5',
      '5, 5',
      '+5',
      '-5',
      '0x5',
      '5 5',
      '5.0',
      '5e0',
      '5;a',
      '"5"',
      '\u00a05',
      '5\u00a0',
      'five',
    ].map((value): [string[], Http1Fault] => [[`Content-Length:${value}`], 'length-value']),
    [['Content-Length:9007199254740992'], 'length-value'],
    [['Content-Length:00000000000000005'], 'length-value'],
    [['Content-Length:18446744073709551621'], 'length-value'],
    [[LENGTH, LENGTH], 'length-twice'],
    [[LENGTH, 'X:a', 'content-length:6'], 'length-twice'],
    [['Content-Length:x', LENGTH], 'length-twice'],
    [[LENGTH, CODING], 'length-and-coding'],
    [[CODING, 'X:a', 'CONTENT-length:0'], 'length-and-coding'],
    [[LENGTH, 'Transfer-Encoding:'], 'length-and-coding'],
    [['Content-Length:', 'Transfer-Encoding:identity'], 'length-and-coding'],
    [[CODING, CODING], 'coding-twice'],
    [['Transfer-Encoding:gzip', CODING], 'coding-twice'],
    [[CODING, 'transfer-encoding:'], 'coding-twice'],
    ...[
      '',
      'gzip',
      'identity',
      'xchunked',
      'chunkedx',
      'chunked,',
      ',chunked',
      'chunked, chunked',
      'gzip, chunked',
    ].map((value): [string[], Http1Fault] => [[`Transfer-Encoding:${value}`], 'coding']),
    ...[
      'chunked, gzip',
      'chunked;q=1',
      '"chunked"',
      'chunked\u00a0',
      '\u0085chunked',
      'chun ked',
      ' chunked',
    ].map((value): [string[], Http1Fault] => [[`Transfer-Encoding:${value}`], 'coding']),
  ];
  test.each(rows)('%j: %j', (lines, framing) => {
    expect(requestFraming(fields(...lines), '1.1')).toBe(framing);
    expect(responseFraming(fields(...lines), '1.1', 200, 'GET')).toBe(framing);
  });
});

test('a request without either has no body, an answer lasts until the end of the connection', () => {
  expect(requestFraming(fields('X:a'), '1.1')).toBe(0);
  expect(requestFraming(fields(), '1.0')).toBe(0);
  expect(responseFraming(fields('X:a'), '1.1', 200, 'GET')).toBe(UNTIL_CLOSE);
  expect(responseFraming(fields(), '1.0', 200, 'GET')).toBe(UNTIL_CLOSE);
});

test('HTTP/1.0 has lengths and no codings', () => {
  expect(requestFraming(fields(LENGTH), '1.0')).toBe(5);
  expect(responseFraming(fields(LENGTH), '1.0', 200, 'GET')).toBe(5);
  expect(requestFraming(fields(CODING), '1.0')).toBe('coding-version');
  expect(responseFraming(fields(CODING), '1.0', 200, 'GET')).toBe('coding-version');
  expect(responseFraming(fields(CODING), '1.0', 304, 'GET')).toBe('coding-version');
  expect(requestFraming(fields(CODING, LENGTH), '1.0')).toBe('length-and-coding');
});

describe('an answer that has no body', () => {
  const rows: [status: number, method: string, line: string, Framing | Http1Fault][] = [
    [100, 'GET', 'X:a', 0],
    [101, 'GET', 'X:a', 0],
    [103, 'POST', LENGTH, 0],
    [199, 'GET', CODING, 'coding-status'],
    [101, 'GET', CODING, 'coding-status'],
    [204, 'GET', 'X:a', 0],
    [204, 'DELETE', 'Content-Length:0', 0],
    [204, 'GET', LENGTH, 0],
    [204, 'GET', CODING, 'coding-status'],
    [204, 'HEAD', CODING, 'coding-status'],
    [304, 'GET', 'X:a', 0],
    [304, 'GET', LENGTH, 0],
    [304, 'GET', CODING, 0],
    [200, 'HEAD', 'X:a', 0],
    [200, 'HEAD', LENGTH, 0],
    [404, 'HEAD', CODING, 0],
    [204, 'GET', 'Content-Length:x', 'length-value'],
    [304, 'GET', 'Transfer-Encoding:gzip', 'coding'],
    [200, 'HEAD', 'Content-Length:1,1', 'length-value'],
    // What only looks like one of them has one.
    [200, 'head', LENGTH, 5],
    [205, 'GET', LENGTH, 5],
    [303, 'GET', CODING, CHUNKED],
  ];
  test.each(rows)('%i to %s with %s: %j', (status, method, line, framing) => {
    expect(responseFraming(fields(line), '1.1', status, method)).toBe(framing);
  });
});
