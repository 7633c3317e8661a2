import { describe, expect, test } from 'vitest';
import type { Http1Fault } from './faults.ts';
import { parseStatusLine, statusLineFault } from './status-line.ts';

/** Reads a line that stands between others, so that nothing around it is looked at. */
function parse(line: string) {
  return parseStatusLine(`1 2${line} 200 OK`, 3, 3 + line.length);
}

test.each([
  ['HTTP/1.1 200 OK', 200, '1.1'],
  ['HTTP/1.0 404 Not Found', 404, '1.0'],
  ['HTTP/1.1 200', 200, '1.1'],
  ['HTTP/1.1 200 ', 200, '1.1'],
  ['HTTP/1.1 204  two blanks', 204, '1.1'],
  ['HTTP/1.1 500 caf\xe9\tand tab', 500, '1.1'],
  ['HTTP/1.1 100 HTTP/1.1 200 OK', 100, '1.1'],
  ['HTTP/1.1 100', 100, '1.1'],
  ['HTTP/1.1 599 x', 599, '1.1'],
])('%j has status %i in HTTP/%s', (line, status, version) => {
  expect(parse(line)).toEqual({ status, version });
});

describe('a status line is refused', () => {
  const rows: [string, Http1Fault][] = [
    ['', 'status-line'],
    ['200 OK', 'status-line'],
    ['HTTP/1.1', 'status-line'],
    ['HTTP/1.1 20', 'status-line'],
    ['HTTP/1.1 2000', 'status-line'],
    ['HTTP/1.1 200OK', 'status-line'],
    ['HTTP/1.1 200\tOK', 'status-line'],
    ['HTTP/1.1 2 0 OK', 'status-line'],
    ['HTTP/1.1 +20 OK', 'status-line'],
    ['HTTP/1.1 0x1 OK', 'status-line'],
    ['HTTP/1.1  200 OK', 'status-line'],
    ['HTTP/1.1\t200 OK', 'status-line'],
    [' HTTP/1.1 200 OK', 'status-line'],
    ['http/1.1 200 OK', 'status-line'],
    ['HTTP/2.0 200 OK', 'status-line'],
    ['HTTP/1.10 200 OK', 'status-line'],
    ['HTTP/11 200 OK now', 'status-line'],
    ['ICY 200 OK now', 'status-line'],
    ['HTTP/1.2 200 OK', 'version'],
    ['HTTP/1.x 200 OK', 'version'],
    ['HTTP/1.1 000 OK', 'status'],
    ['HTTP/1.1 099 OK', 'status'],
    ['HTTP/1.1 600 OK', 'status'],
    ['HTTP/1.1 999 OK', 'status'],
  ];
  test.each(rows)('%j: %s', (line, fault) => {
    expect(parse(line)).toBe(fault);
  });
});

test.each([
  ['HTTP/1.1 200 OK\n', 'bare-lf'],
  ['HTTP/1.1 200 OK\r', 'status-line'],
  ['HTTP/1.1 200 \0', 'status-line'],
])('the last character of %j is a fault: %s', (line, fault) => {
  expect(statusLineFault(line, 0, line.length - 1)).toBe(fault);
});
