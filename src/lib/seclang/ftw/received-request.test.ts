import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { takeApart } from './received-request.ts';
import { reflect } from './reflect.ts';
import { strictFault } from './strict-fault.ts';

describe('a request is taken apart', () => {
  test.each([
    ['GET /a?b HTTP/1.1\r\n\r\n', 'GET', '/a?b', 'HTTP/1.1'],
    ['GET /a b HTTP/1.1\r\n\r\n', 'GET', '/a b', 'HTTP/1.1'],
    ['GET / 1.1\r\n\r\n', 'GET', '/', '1.1'],
    ['GET / \r\n\r\n', 'GET', '/', 'HTTP/0.9'],
    ['  GET /\r\n\r\n', '  GET', '/', 'HTTP/0.9'],
    ['\r\nGET / HTTP/1.0\n\n', 'GET', '/', 'HTTP/1.0'],
    ['', '', '', 'HTTP/0.9'],
  ])('%j', (text, method, target, protocol) => {
    expect(takeApart(text)).toMatchObject({ method, target, protocol });
  });

  test('with fields as they stand there', () => {
    const { headerNames, headerValues } = takeApart(
      'GET / HTTP/1.1\r\nA: 1\r\na:2\r\n b\r\nnothing\r\nC:\r\n\r\n',
    );
    expect(headerNames).toEqual(['A', 'a', 'nothing', 'C']);
    expect(headerValues).toEqual(['1', '2 b', '', '']);
  });

  test.each([
    ['Content-Length: 3', 'abcd', 'abc'],
    ['Content-Length: 9', 'abcd', 'abcd'],
    ['X: y', 'abcd', ''],
    ['Transfer-Encoding: chunked', '2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n', 'abcde'],
    ['Transfer-Encoding: chunked', '2\r\nab\r\nzz', 'ab'],
  ])('with the body that %s gives it', (field, rest, body) => {
    expect(takeApart(`POST / HTTP/1.1\r\n${field}\r\n\r\n${rest}`).body).toBe(body);
  });
});

describe('what the listener would refuse', () => {
  const head = 'GET / HTTP/1.1\r\nHost: a\r\n';
  test.each([
    ['nothing', `${head}\r\n`, ''],
    ['a missing version', 'GET /\r\nHost: a\r\n\r\n', 'the request line has no version'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 'no Host field'],
    ['two hosts', `${head}Host: a\r\n\r\n`, 'more than one Host field'],
    [
      'a body that is too short',
      `${head}Content-Length: 5\r\n\r\nabc`,
      'the body is shorter than its Content-Length',
    ],
    [
      'two framings',
      `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'Content-Length and Transfer-Encoding',
    ],
    ['a target that climbs', 'GET /../a HTTP/1.1\r\nHost: a\r\n\r\n', 'the target: above-root'],
    ['no end', head, 'the head does not end'],
  ])('%s', (_, request, fault) => {
    expect(strictFault(request)).toBe(fault);
  });

  test('is told of any bytes, which can always be taken apart', () => {
    const bytes = fc.string({ unit: fc.constantFrom(...'GET / HTTP/1.1\r\n: \t\0\xff0a;=') });
    fc.assert(
      fc.property(bytes, (request) => {
        expect(typeof strictFault(request)).toBe('string');
        expect(takeApart(request).headerNames.length).toBe(takeApart(request).headerValues.length);
      }),
    );
  });
});

describe('a backend of tests', () => {
  const post = (body: string) => reflect({ ...takeApart('POST / HTTP/1.1\r\n\r\n'), body });

  test('says what it was sent', () => {
    expect(post('<b>')).toMatchObject({
      status: 200,
      body: '<b>',
      headerNames: ['Content-Type', 'Content-Length'],
    });
  });

  test('says what it is told to say', () => {
    const told = { status: 500, headers: { 'Content-Type': 'text/plain', X: 1 }, body: 'ab' };
    expect(post(JSON.stringify(told))).toMatchObject({
      status: 500,
      body: 'ab',
      headerNames: ['Content-Type', 'X', 'Content-Length'],
      headerValues: ['text/plain', '1', '2'],
    });
    expect(post('{"encodedBody":"/w=="}')).toMatchObject({ status: 200, body: '\xff' });
  });

  test('says what it was sent where that describes nothing', () => {
    expect(post('{"a":1}').body).toBe('{"a":1}');
    expect(post('{').body).toBe('{');
  });
});
