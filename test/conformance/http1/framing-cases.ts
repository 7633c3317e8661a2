import { chunked, get, HOST, type HostileCase, post, refused } from './case.ts';

const CODED = '5\r\nhello\r\n0\r\n\r\n';
const END = '0\r\n\r\n';

function length(value: string): string {
  return post([`Content-Length:${value}`], 'hello');
}

function coding(...lines: readonly string[]): string {
  return post(
    lines.map((value) => `Transfer-Encoding:${value}`),
    CODED,
  );
}

/** Trailer lines behind a good body. */
function trailer(lines: string): string {
  return chunked(`5\r\nhello\r\n0\r\n${lines}\r\n`);
}

/** Requests whose length or body framing is wrong. */
export const FRAMING_CASES: readonly HostileCase[] = [
  ...refused('protocol.framing', {
    'length, then coding': post(['Content-Length: 5', 'Transfer-Encoding: chunked'], END),
    'coding, then length': post(['Transfer-Encoding: chunked', 'Content-Length: 5'], END),
    'length 0 and coding': post(['Content-Length: 0', 'Transfer-Encoding: chunked'], END),
    'coding and length, other fields between': post(
      ['Transfer-Encoding: chunked', 'X-A: 1', 'content-length: 5'],
      END,
    ),
    'length and identity': post(['Content-Length: 5', 'Transfer-Encoding: identity'], 'hello'),
    'two equal lengths': post(['Content-Length: 5', 'Content-Length: 5'], 'hello'),
    'two different lengths': post(['Content-Length: 5', 'Content-Length: 6'], 'hello'),
    'two lengths in different case': post(['Content-Length: 5', 'CONTENT-LENGTH: 5'], 'hello'),
  }),

  ...refused('protocol.content-length', {
    'list of equal lengths': length(' 5, 5'),
    'list of different lengths': length(' 5,6'),
    'length with plus': length(' +5'),
    'length below zero': length(' -1'),
    'length in hexadecimal': length(' 0x5'),
    'length of two numbers': length(' 5 5'),
    'length with point': length(' 5.0'),
    'length with exponent': length(' 5e0'),
    'length with parameter': length(' 5;a'),
    'length in quotes': length(' "5"'),
    'empty length': length(''),
    'length of blanks': length('  '),
    'length over 64 bits': length(' 99999999999999999999999'),
    'length of 2^64-1': length(' 18446744073709551615'),
    'length over 2^53': length(' 9007199254740993'),
    'length of fifty zeros and a five': length(` ${'0'.repeat(50)}5`),
    'length of 17 digits': length(' 00000000000000005'),
    'length that is not a number': length(' five'),
    'tab before length': length('\t5'),
    'tab behind length': length(' 5\t'),
  }),

  ...refused('protocol.transfer-coding', {
    'coding with a letter before': coding(' xchunked'),
    'coding with a letter behind': coding(' chunkedx'),
    'chunked twice in one line': coding(' chunked, chunked'),
    'chunked in two lines': coding(' chunked', ' chunked'),
    'chunked, then identity line': coding(' chunked', ' identity'),
    'gzip line, then chunked line': coding(' gzip', ' chunked'),
    'gzip, chunked': coding(' gzip, chunked'),
    'chunked, gzip': coding(' chunked, gzip'),
    'gzip alone': coding(' gzip'),
    'unknown coding': coding(' foo'),
    'tab before chunked': coding('\tchunked'),
    'tab behind chunked': coding(' chunked\t'),
    identity: coding(' identity'),
    'identity, chunked': coding(' identity, chunked'),
    'chunked with parameter': coding(' chunked;q=1'),
    'chunked in quotes': coding(' "chunked"'),
    'comma before chunked': coding(' ,chunked'),
    'comma behind chunked': coding(' chunked,'),
    'empty coding': coding(''),
    'coding in HTTP/1.0': `POST /t HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${CODED}`,
  }),

  ...refused('protocol.field', {
    'coding with blank before colon': post(['Transfer-Encoding : chunked'], CODED),
    'coding with blank before colon, and length': post(
      ['Transfer-Encoding : chunked', 'Content-Length: 5'],
      'hello',
    ),
    'length with blank before colon': post(['Content-Length : 5'], 'hello'),
    'length behind vertical tab': length(' \x0b5'),
    'coding behind vertical tab': coding(' \x0bchunked'),
    'coding behind form feed': coding(' \x0cchunked'),
    'coding with NUL': coding(' chunked\0'),
    'folded coding': coding('\r\n chunked'),
    'coding continued on a folded line': coding(' chunked\r\n , identity'),
    'folded length': length('\r\n 5'),
  }),

  ...refused(
    'protocol.chunk',
    {
      'chunk size over 64 bits': chunked('10000000000000005\r\nhello\r\n0\r\n\r\n'),
      'chunk size of 14 digits': chunked('00000000000005\r\nhello\r\n0\r\n\r\n'),
      'chunk size with 0x': chunked('0x5\r\nhello\r\n0\r\n\r\n'),
      'chunk size below zero': chunked('-5\r\nhello\r\n0\r\n\r\n'),
      'chunk size with plus': chunked('+5\r\nhello\r\n0\r\n\r\n'),
      'chunk size missing': chunked('\r\nhello\r\n0\r\n\r\n'),
      'chunk size not hexadecimal': chunked('g\r\nhello\r\n0\r\n\r\n'),
      'blank before chunk size': chunked(' 5\r\nhello\r\n0\r\n\r\n'),
      'blank behind chunk size': chunked('5 \r\nhello\r\n0\r\n\r\n'),
      'tab behind chunk size': chunked('5\t\r\nhello\r\n0\r\n\r\n'),
      'blank behind the last size': chunked('5\r\nhello\r\n0 \r\n\r\n'),
      'bare LF behind chunk size': chunked('5\nhello\r\n0\r\n\r\n'),
      'bare CR behind chunk size': chunked('5\rhello\r\n0\r\n\r\n'),
      'bare LF behind chunk data': chunked('5\r\nhello\n0\r\n\r\n'),
      'bare LF behind the last size': chunked('5\r\nhello\r\n0\n\r\n'),
      'bare LF behind the last line': chunked('5\r\nhello\r\n0\r\n\n'),
      'nothing between chunk data and next size': chunked('5\r\nhello0\r\n\r\n'),
      'chunk longer than its size': chunked('5\r\nhelloXX\r\n0\r\n\r\n'),
      'bare LF in extension': chunked('5;a\nb\r\nhello\r\n0\r\n\r\n'),
      'bare LF ends extension': chunked('5;a\nhello\r\n0\r\n\r\n'),
      'bare CR in extension': chunked('5;a\rb\r\nhello\r\n0\r\n\r\n'),
      'CRLF in quoted extension': chunked('5;a="\r\nhello\r\n0\r\n\r\n'),
      'NUL in extension': chunked('5;a\0\r\nhello\r\n0\r\n\r\n'),
      'blank before extension': chunked('5 ;a\r\nhello\r\n0\r\n\r\n'),
      'blank behind semicolon': chunked('5; a\r\nhello\r\n0\r\n\r\n'),
      'blank before equals sign of extension': chunked('5;a =b\r\nhello\r\n0\r\n\r\n'),
      'unfinished quoted extension': chunked('5;a="b\r\nhello\r\n0\r\n\r\n'),
      'extension without a name': chunked('5;\r\nhello\r\n0\r\n\r\n'),
      'extension of 20,000 bytes': chunked(`5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`),
      'extensions of 5,000 bytes in two chunks': chunked(
        `1;${'a'.repeat(2_500)}\r\nh\r\n4;${'a'.repeat(2_500)}\r\nello\r\n0\r\n\r\n`,
      ),
      'length in trailers': trailer('Content-Length: 3\r\n'),
      'coding in trailers': trailer('Transfer-Encoding: chunked\r\n'),
      'trailer name with blank': trailer('X Y: 1\r\n'),
      'trailer with blank before colon': trailer('X : 1\r\n'),
      'trailer without colon': trailer('X\r\n'),
      'trailer with bare LF': trailer('X: 1\n'),
      'trailer with NUL': trailer('X: \0\r\n'),
      'folded trailer': trailer('X: 1\r\n b\r\n'),
      '101 trailers': trailer('a:\r\n'.repeat(101)),
      'trailers of 20,000 bytes': trailer(`X: ${'a'.repeat(1_000)}\r\n`.repeat(20)),
    },
    { mayReachUpstream: true },
  ),

  ...refused(
    'protocol.expectation',
    {
      'unknown expectation': post(['Expect: foo', 'Content-Length: 5'], 'hello'),
      'known and unknown expectation': post(['Expect: 100-continue, foo', 'Content-Length: 5'], 'hello'),
      'expectation with letters around': post(['Expect: x100-continuex', 'Content-Length: 5'], 'hello'),
      'two expectations': post(['Expect: 100-continue', 'Expect: foo', 'Content-Length: 5'], 'hello'),
    },
    { mayStayOpen: true },
  ),

  // A reader that switches protocols takes the body for frames, another one takes it for a body.
  ...refused('protocol.upgrade', {
    'WebSocket with a length': post(
      ['Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5'],
      'hello',
    ),
    'WebSocket with chunks': post(
      ['Connection: Upgrade', 'Upgrade: websocket', 'Transfer-Encoding: chunked'],
      CODED,
    ),
    'WebSocket by GET with a length': `${get('Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5')}hello`,
  }),
];
