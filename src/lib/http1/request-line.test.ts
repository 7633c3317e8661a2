import { describe, expect, test } from 'vitest';
import type { Http1Fault } from './faults.ts';
import { MAX_METHOD_LENGTH, parseRequestLine, requestLineFault } from './request-line.ts';

/** Reads a line that stands between others, so that nothing around it is looked at. */
function parse(line: string) {
  const [before, after] = ['X / HTTP/1.1 ', ' / HTTP/1.1\t'];
  return parseRequestLine(before + line + after, before.length, before.length + line.length);
}

describe('a request line is read', () => {
  test.each([
    ['GET / HTTP/1.1', 'GET', '/', '1.1'],
    ['GET / HTTP/1.0', 'GET', '/', '1.0'],
    ['get / HTTP/1.1', 'get', '/', '1.1'],
    ["!#$%&'*+-.^_`|~09 / HTTP/1.1", "!#$%&'*+-.^_`|~09", '/', '1.1'],
    ['OPTIONS * HTTP/1.1', 'OPTIONS', '*', '1.1'],
    ['CONNECT a.test:80 HTTP/1.1', 'CONNECT', 'a.test:80', '1.1'],
    ['GET http://a.test/b?c HTTP/1.1', 'GET', 'http://a.test/b?c', '1.1'],
    ['GET HTTP/1.1 HTTP/1.1', 'GET', 'HTTP/1.1', '1.1'],
    ['GET /"<>\\^`{|}#\x80\xff HTTP/1.1', 'GET', '/"<>\\^`{|}#\x80\xff', '1.1'],
    [`${'M'.repeat(MAX_METHOD_LENGTH)} / HTTP/1.1`, 'M'.repeat(MAX_METHOD_LENGTH), '/', '1.1'],
  ])('%j', (line, method, target, version) => {
    expect(parse(line)).toEqual({ method, target, version });
  });
});

describe('a request line is refused', () => {
  const rows: [string, Http1Fault][] = [
    ['', 'method'],
    [' / HTTP/1.1', 'method'],
    [' GET / HTTP/1.1', 'method'],
    ['\tGET / HTTP/1.1', 'method'],
    ['(GET) / HTTP/1.1', 'method'],
    ['\x80GET / HTTP/1.1', 'method'],
    [`${'M'.repeat(MAX_METHOD_LENGTH + 1)} / HTTP/1.1`, 'method'],
    ['GET', 'request-line'],
    ['GET: / HTTP/1.1', 'request-line'],
    ['GET\t/ HTTP/1.1', 'request-line'],
    ['GET\xa0/ HTTP/1.1', 'request-line'],
    ['GET  / HTTP/1.1', 'request-line'],
    ['GET /  HTTP/1.1', 'request-line'],
    ['GET / HTTP/1.1 ', 'request-line'],
    ['GET / HTTP/1.1\t', 'request-line'],
    ['GET / \tHTTP/1.1', 'request-line'],
    ['GET /a b HTTP/1.1', 'request-line'],
    ['GET / HTTP/1.1x', 'request-line'],
    ['GET / HTTP/1.10', 'request-line'],
    ['GET / HTTP/1.', 'request-line'],
    ['GET / HTTP/', 'request-line'],
    ['GET / HTTP', 'request-line'],
    ['GET / http/1.1', 'request-line'],
    ['GET / HTTPS/1.1', 'request-line'],
    ['GET / RTSP/1.0', 'request-line'],
    ['GET / HTTP/1.1 HTTP/1.1', 'request-line'],
    ['GET / HTTP/+1.1', 'request-line'],
    ['GET  HTTP/1.1', 'target-missing'],
    ['GET HTTP/1.1', 'target-missing'],
    ['GET /', 'version-missing'],
    ['GET ', 'version-missing'],
    ['GET /\tHTTP/1.1', 'target-character'],
    ['GET /a\tb HTTP/1.1', 'target-character'],
    ['GET \t/ HTTP/1.1', 'target-character'],
    ['GET /\t HTTP/1.1', 'target-character'],
    ['GET / HTTP/0.9', 'version'],
    ['GET / HTTP/1.2', 'version'],
    ['GET / HTTP/2.0', 'version'],
    ['GET / HTTP/3', 'version'],
    ['GET / HTTP/11', 'version'],
    ['GET / HTTP/01.1', 'version'],
    ['PRI * HTTP/2.0', 'version'],
  ];
  test.each(rows)('%j: %s', (line, fault) => {
    expect(parse(line)).toBe(fault);
  });
});

describe('a character that may not stand in the line is named by where it stands', () => {
  const rows: [string, Http1Fault][] = [
    ['\n', 'bare-lf'],
    ['GET\n', 'bare-lf'],
    ['GET / HTTP/1.1\n', 'bare-lf'],
    ['\r', 'method'],
    ['G\0', 'method'],
    ['\x16', 'method'],
    ['GET /\r', 'target-character'],
    ['GET /\0', 'target-character'],
    ['GET \x7f', 'target-character'],
    ['GET / \0', 'request-line'],
    ['GET / HTTP/1.1\r', 'request-line'],
  ];
  test.each(rows)('%j: %s', (line, fault) => {
    const rest = ' / HTTP/1.1';
    expect(requestLineFault(`X ${line}${rest}`, 2, 1 + line.length)).toBe(fault);
  });
});
