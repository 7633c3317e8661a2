import { describe, expect, test } from 'vitest';
import { readAnswers, readRequests } from '../../../test/differential/our-reader.ts';
import { HTTP1_FAULTS, type Http1Fault } from './faults.ts';

const LIMITS = { startLineBytes: 80, fieldBytes: 100, fieldCount: 3 };
const LINE = 'POST /t HTTP/1.1\r\n';
const CHUNKED = `${LINE}Transfer-Encoding: chunked\r\n\r\n`;
const CODING = 'Transfer-Encoding: chunked\r\n';
const STATUS = 'HTTP/1.1 200 OK\r\n';

/** Messages that have one thing wrong; what begins with the name of the protocol is an answer. */
const MESSAGES: Readonly<Record<Http1Fault, readonly string[]>> = {
  'bare-lf': [
    'GET / HTTP/1.1\nHost: a\r\n\r\n',
    `${LINE}X: a\nY: b\r\n\r\n`,
    `${LINE}X:\n\r\n`,
    '\nGET / HTTP/1.1\r\n\r\n',
    'HTTP/1.1 200 OK\n\r\n',
  ],
  'bare-cr': [
    `${LINE}X: a\rY: b\r\n\r\n`,
    `${LINE}X: a\r\r\n\r\n`,
    `${LINE}X:\r \n\r\n`,
    `${STATUS}X: \r\0\r\n\r\n`,
  ],
  'empty-lines': [`\r\n\r\n${LINE}\r\n`, `${LINE}\r\n\r\n\r\n${LINE}\r\n`],
  method: [
    ' GET / HTTP/1.1\r\n\r\n',
    `${'M'.repeat(65)} / HTTP/1.1\r\n\r\n`,
    'M'.repeat(90),
    '\x16\x03\x01',
    '\r\rGET',
  ],
  'target-missing': ['GET HTTP/1.1\r\n\r\n', 'GET  HTTP/1.1\r\n\r\n'],
  'target-character': [
    'GET /\0 HTTP/1.1\r\n\r\n',
    'GET /\tHTTP/1.1\r\n\r\n',
    'GET /\t HTTP/1.1\r\n\r\n',
    'GET /\r\r\n',
  ],
  'version-missing': ['GET /\r\n\r\n'],
  version: ['GET / HTTP/1.2\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'HTTP/1.2 200 OK\r\n\r\n'],
  'request-line': [
    'GET  / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1 \r\n\r\n',
    'GET / HTTP/1.1\r\r\n\r\n',
    'GET\t/ HTTP/1.1\r\n',
  ],
  'request-line-size': [
    `GET /${'a'.repeat(80 - 15)} HTTP/1.1\r\n\r\n`,
    `GET /${'a'.repeat(80)}`,
    `GET /${'a'.repeat(76)}\0`,
    `GET /${'a'.repeat(75)}\r\0`,
  ],
  'status-line': ['HTTP/1.1 200OK\r\n\r\n', 'HTTP/1.1 200 \0\r\n\r\n', 'HTTP/1.1 200 OK\r\0'],
  'status-line-size': [`HTTP/1.1 200 ${'a'.repeat(80 - 14)}\r\n\r\n`, `HTTP/1.1 200 ${'a'.repeat(68)}\n`],
  status: ['HTTP/1.1 600 OK\r\n\r\n', 'HTTP/1.1 099 OK\r\n\r\n'],
  'field-name': [
    `${LINE}: a\r\n\r\n`,
    `${LINE}X(Y): a\r\n\r\n`,
    `${LINE}X\x80: a\r\n\r\n`,
    `${LINE}X\0: a\r\n\r\n`,
    `${LINE}X\rY: a\r\n\r\n`,
    `${LINE}X\nY: a\r\n\r\n`,
    `${LINE}X: a\r\n\n`,
  ],
  'field-blank': [
    `${LINE}X : a\r\n\r\n`,
    `${LINE}X\t: a\r\n\r\n`,
    `${LINE}X Y: a\r\n\r\n`,
    `${LINE}X \0: a\r\n\r\n`,
  ],
  'field-folded': [
    `${LINE}X: a\r\n b\r\n\r\n`,
    `${LINE}\tX: a\r\n\r\n`,
    `${LINE}X:\r\n \r\n\r\n`,
    `${LINE} \0\r\n`,
  ],
  'field-colon': [`${LINE}X\r\n\r\n`, `${LINE}X: a\r\nb\r\n\r\n`],
  'field-value': [
    `${LINE}X: \0\r\n\r\n`,
    `${LINE}X:\x0ba\r\n\r\n`,
    `${LINE}X: a\x7f\r\n\r\n`,
    `${STATUS}X: \x1b\r\n\r\n`,
  ],
  'field-bytes': [
    `${LINE}X: ${'a'.repeat(96)}\r\n\r\n`,
    `${LINE}X: ${'a'.repeat(45)}\r\nY: ${'a'.repeat(46)}\r\n\r\n`,
    `${LINE}X: ${'a'.repeat(98)}`,
    `${LINE}X: ${'a'.repeat(98)}\0`,
    `${LINE}${'X'.repeat(101)}`,
    `${LINE}X: ${'a'.repeat(97)}\r\0`,
  ],
  'field-count': [`${LINE}${'X: a\r\n'.repeat(4)}\r\n`, `${LINE}${'X: a\r\n'.repeat(3)}bad\r\n`],
  'length-twice': [`${LINE}Content-Length: 1\r\ncontent-length: 1\r\n\r\na`],
  'length-value': [`${LINE}Content-Length: 1,1\r\n\r\na`, `${LINE}Content-Length:\t1\r\n\r\na`],
  'length-and-coding': [`${LINE}${CODING}Content-Length: 1\r\n\r\na`],
  'coding-twice': [`${LINE}${CODING}${CODING}\r\n0\r\n\r\n`],
  coding: [
    `${LINE}Transfer-Encoding: gzip, chunked\r\n\r\n`,
    `${LINE}Transfer-Encoding:\tchunked\r\n\r\n`,
    `${LINE}transfer-encoding: chunked \t \r\n\r\n`,
    `${STATUS}Transfer-Encoding: identity\r\n\r\n`,
  ],
  'coding-version': [
    `POST / HTTP/1.0\r\n${CODING}\r\n0\r\n\r\n`,
    `HTTP/1.0 200 OK\r\n${CODING}\r\n0\r\n\r\n`,
  ],
  'coding-status': [`HTTP/1.1 204 OK\r\n${CODING}\r\n`, `HTTP/1.1 101 OK\r\n${CODING}\r\n`],
  'chunk-size': [`${CHUNKED}5 \r\nhello\r\n0\r\n\r\n`, `${CHUNKED}\r\n`, `${CHUNKED}5\r\nhello\r\n\r\n`],
  'chunk-extension': [`${CHUNKED}5; a\r\nhello\r\n0\r\n\r\n`],
  'chunk-line': [`${CHUNKED}5\nhello\r\n0\r\n\r\n`, `${CHUNKED}1\r\na\r0\r\n\r\n`, `${CHUNKED}0\n\r\n`],
  'chunk-end': [
    `${CHUNKED}5\r\nhello0\r\n\r\n`,
    `${CHUNKED}4\r\nhello\r\n0\r\n\r\n`,
    `${CHUNKED}5\r\nhello\n0\r\n\r\n`,
  ],
  'trailer-field': [
    `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`,
    `${CHUNKED}1\r\na\r\n0\r\nX: a\r\nTRANSFER-ENCODING: chunked\r\n\r\n`,
    `${STATUS}${CODING}\r\n0\r\ncontent-length: 0\r\n\r\n`,
  ],
};

test('every fault has messages', () => {
  expect(Object.keys(MESSAGES)).toEqual(Object.keys(HTTP1_FAULTS));
});

function faultOf(text: string, pieces: readonly string[]): Http1Fault | '' {
  const bytes = pieces.map((piece) => Buffer.from(piece, 'latin1'));
  return (text.startsWith('HTTP/') ? readAnswers(bytes, 'GET', LIMITS) : readRequests(bytes, LIMITS)).fault;
}

const rows = Object.entries(MESSAGES).flatMap(([fault, texts]) =>
  texts.map((text) => [fault, text] as const),
);

describe('a message is refused for the same fault in whatever pieces it comes', () => {
  test.each(rows)('%s: %j', (fault, text) => {
    expect(faultOf(text, [text])).toBe(fault);
    expect(faultOf(text, [...text])).toBe(fault);
    for (let cut = 1; cut < text.length; cut++) {
      expect(faultOf(text, [text.slice(0, cut), text.slice(cut)]), `cut at ${cut}`).toBe(fault);
    }
  });
});

describe('trailers have the faults of fields', () => {
  const faults = rows.filter(([fault, text]) => fault.startsWith('field-') && text.startsWith(LINE));
  test.each(faults)('%s: %j', (fault, text) => {
    const trailers = `${CHUNKED}0\r\n${text.slice(LINE.length)}`;
    expect(faultOf(trailers, [trailers])).toBe(fault);
    expect(faultOf(trailers, [...trailers])).toBe(fault);
  });
});
