import { HTTP1_FAULTS, type Http1Fault } from '../../../src/lib/http1/faults.ts';
import type { Reply } from '../../support/recording-upstream.ts';

/** An answer of an upstream that must not be passed on. */
export interface AnswerCase {
  readonly name: string;
  readonly reply: Reply;
  /** What the journal says of it. */
  readonly detail: string;
  /** Set where the head is good and the body is not: the client may have a part, and must see that it is one. */
  readonly mayHaveBegun?: true;
}

/** An answer that would be taken for another one. */
export const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
const LINE = 'HTTP/1.1 200 OK\r\n';
const LENGTH = 'Content-Length: 2\r\n';
const CODING = 'Transfer-Encoding: chunked\r\n';
const CODED = '2\r\nhi\r\n0\r\n\r\n';

/** An answer with these lines, each with its end, and a good length. */
function head(lines: string): string {
  return `${LINE}${lines}${LENGTH}\r\nhi`;
}

/** An answer with a chunked body, which is given as on the wire. */
function chunked(wire: string): string {
  return `${LINE}${CODING}\r\n${wire}`;
}

function refused(
  fault: Http1Fault | { detail: string },
  replies: Readonly<Record<string, Reply>>,
): AnswerCase[] {
  const detail = typeof fault === 'string' ? HTTP1_FAULTS[fault] : fault.detail;
  return Object.entries(replies).map(([name, reply]) => ({ name, reply, detail }));
}

function brokenLater(fault: Http1Fault, replies: Readonly<Record<string, Reply>>): AnswerCase[] {
  return refused(fault, replies).map((one) => ({ ...one, mayHaveBegun: true }));
}

const INTERIM = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n';

/** Answers that must become a 502, or break off where they had begun; names are targets. */
export const ANSWERS: readonly AnswerCase[] = [
  ...refused('status-line', {
    'http-0.9': 'hi, I am the oldest of them all\r\n',
    'other-protocol': 'SSH-2.0-OpenSSH_9.2p1\r\n',
    'bad-version': `HTTP/11.1 200 OK\r\n${LENGTH}\r\nhi`,
    'two-blanks-before-status': `HTTP/1.1  200 OK\r\n${LENGTH}\r\nhi`,
    'tab-before-status': `HTTP/1.1\t200 OK\r\n${LENGTH}\r\nhi`,
    'null-in-reason': `HTTP/1.1 200 O\0K\r\n${LENGTH}\r\nhi`,
    'status-99': 'HTTP/1.1 99 No\r\nContent-Length: 0\r\n\r\n',
  }),
  ...refused('version', { 'http-1.2': `HTTP/1.2 200 OK\r\n${LENGTH}\r\nhi` }),
  ...refused('status', {
    'status-999': 'HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n',
    'status-600': 'HTTP/1.1 600 No\r\nContent-Length: 0\r\n\r\n',
  }),
  ...refused('empty-lines', { 'empty-line-first': `\r\n${head('')}` }),
  ...refused('status-line-size', { 'huge-reason': `HTTP/1.1 200 ${'a'.repeat(9_000)}\r\n${LENGTH}\r\nhi` }),

  ...refused('length-and-coding', {
    'length-and-coding': `${LINE}Content-Length: 5\r\n${CODING}\r\n${CODED}`,
    'coding-and-length': `${LINE}${CODING}Content-Length: 5\r\n\r\n${CODED}`,
    // In pieces the head is there before anything is wrong with the body.
    'length-and-coding-in-pieces': [
      { write: `${LINE}Content-Length: 5\r\n${CODING}\r\n` },
      { waitMs: 50 },
      { write: CODED },
    ],
  }),
  ...refused('length-twice', {
    'two-lengths': [{ write: `${LINE}${LENGTH}Content-Length: 3\r\n\r\n` }, { waitMs: 50 }, { write: 'hi!' }],
    'two-equal-lengths': `${LINE}${LENGTH}${LENGTH}\r\nhi`,
  }),
  ...refused('length-value', {
    'list-of-lengths': `${LINE}Content-Length: 2, 2\r\n\r\nhi`,
    'signed-length': `${LINE}Content-Length: +2\r\n\r\nhi`,
    'empty-length': `${LINE}Content-Length:\r\n\r\nhi`,
    'huge-length': `${LINE}Content-Length: 99999999999999999999\r\n\r\nhi`,
    'tab-before-length': `${LINE}Content-Length:\t2\r\n\r\nhi`,
  }),
  ...refused('coding-twice', { 'two-codings': `${LINE}${CODING}${CODING}\r\n${CODED}` }),
  ...refused('coding', {
    'coding-gzip': `${LINE}Transfer-Encoding: gzip\r\n\r\nhi`,
    'coding-gzip-chunked': `${LINE}Transfer-Encoding: gzip, chunked\r\n\r\n${CODED}`,
    'coding-identity': `${LINE}Transfer-Encoding: identity\r\n\r\nhi`,
    'chunked-twice': `${LINE}Transfer-Encoding: chunked, chunked\r\n\r\n${CODED}`,
    'tab-before-chunked': `${LINE}Transfer-Encoding:\tchunked\r\n\r\n${CODED}`,
  }),
  ...refused('coding-version', { 'coding-in-http-1.0': `HTTP/1.0 200 OK\r\n${CODING}\r\n${CODED}` }),
  ...refused('coding-status', { 'coding-in-204': `HTTP/1.1 204 No Content\r\n${CODING}\r\n` }),

  ...refused('bare-lf', {
    'line-feed-in-value': head('X-A: a\nX-Injected: yes\r\n'),
    'line-feed-ends-status-line': `HTTP/1.1 200 OK\n${LENGTH}\r\nhi`,
  }),
  ...refused('bare-cr', { 'carriage-return-in-value': head('X-A: a\rX-Injected: yes\r\n') }),
  ...refused('field-value', {
    'null-in-value': head('X-A: a\0b\r\n'),
    'del-in-value': head('X-A: a\x7fb\r\n'),
  }),
  ...refused('field-blank', {
    'space-before-colon': `${LINE}Content-Length : 2\r\n\r\nhi`,
    'space-in-name': head('X A: b\r\n'),
  }),
  ...refused('field-folded', { folded: head('X-A: a\r\n b\r\n') }),
  ...refused('field-name', { 'no-header-name': head(': a\r\n'), 'byte-ff-in-name': head('X\xff: a\r\n') }),
  ...refused('field-colon', { 'no-colon': head('X-A\r\n') }),
  ...refused('field-bytes', { 'huge-header': head(`X-A: ${'a'.repeat(70_000)}\r\n`) }),
  ...refused('field-count', { 'many-headers': head('X-A: aaaaaaaaaa\r\n'.repeat(9_000)) }),

  ...refused(
    { detail: 'a switch of protocols that was not asked for' },
    {
      'switch-unasked':
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
      'switch-without-field': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    },
  ),
  ...refused(
    { detail: 'a 100 that was not asked for' },
    { 'continue-unasked': `HTTP/1.1 100 Continue\r\n\r\n${EVIL}` },
  ),
  ...refused(
    { detail: 'too many interim answers' },
    { 'interim-flood': `${INTERIM}\r\n`.repeat(5_000) + EVIL },
  ),
  ...refused(
    { detail: 'an interim answer with a length' },
    {
      'interim-with-length': `${INTERIM}Content-Length: ${EVIL.length}\r\n\r\n${EVIL}`,
      'interim-with-coding': `${INTERIM}${CODING}\r\n${CODED}`,
    },
  ),

  ...brokenLater('chunk-size', {
    'bad-chunk': chunked('zz\r\nhi\r\n0\r\n\r\n'),
    'huge-chunk': chunked('fffffffffffffffff\r\nhi\r\n0\r\n\r\n'),
    'blank-behind-chunk-size': chunked('2 \r\nhi\r\n0\r\n\r\n'),
  }),
  ...brokenLater('chunk-extension', { 'blank-in-extension': chunked('2; a\r\nhi\r\n0\r\n\r\n') }),
  ...brokenLater('chunk-end', { 'chunk-without-end': chunked('2\r\nhi0\r\n\r\n') }),
  ...brokenLater('chunk-line', { 'chunk-line-feed': chunked('2\nhi\n0\n\n') }),
  ...brokenLater('field-blank', { 'broken-trailer': chunked('2\r\nhi\r\n0\r\nX A: b\r\n\r\n') }),
  ...brokenLater('trailer-field', {
    'length-in-trailer': chunked('2\r\nhi\r\n0\r\nContent-Length: 2\r\n\r\n'),
    'coding-in-trailer': chunked('2\r\nhi\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'),
  }),
];
