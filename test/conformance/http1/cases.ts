import { type BenignCase, chunked, get, HOST, type HostileCase, line, post, target } from './case.ts';
import { FRAMING_CASES } from './framing-cases.ts';
import { HEAD_CASES } from './head-cases.ts';

export { type BenignCase, type ExpectedRequest, type HostileCase, LIMITS } from './case.ts';

/** Requests that must get the refusal they name, after which the connection closes. */
export const HOSTILE: readonly HostileCase[] = [...FRAMING_CASES, ...HEAD_CASES];

const GOT = { method: 'GET', path: '/t', body: '' };
const POSTED = { method: 'POST', path: '/t', body: 'hello' };

function passes(name: string, bytes: string, ...upstream: BenignCase['upstream']): BenignCase {
  return { name, bytes, upstream };
}

/** Requests that must pass, and what of them the upstream must get. */
export const BENIGN: readonly BenignCase[] = [
  passes('plain GET', get(), GOT),
  passes('GET with query', target('/t?a=1&b=%20'), { ...GOT, path: '/t?a=1&b=%20' }),
  passes('names in any case', `GET /t HTTP/1.1\r\nhOST: a.test\r\nx-A: 1\r\n\r\n`, GOT),
  passes('blanks around values', get('X: \t a \t '), GOT),
  passes('no blank behind colon', get('X:a'), GOT),
  passes('empty value', get('X:'), GOT),
  passes('tab and high bytes in a value', get('X: a\tb\x80\xff'), GOT),
  passes('every token character in a name', get("!#$%&'*+-.^_`|~1: a"), GOT),
  passes('field named like a property', get('__proto__: a', 'constructor: b'), GOT),
  passes('same field several times', get('X: 1', 'X: 2', 'x: 3'), GOT),
  passes('Host with port', 'GET /t HTTP/1.1\r\nHost: a.test:8080\r\n\r\n', GOT),
  passes('absolute form of the same host', target('http://a.test/t'), GOT),
  passes('dot segments inside the path', target('/a/../t'), GOT),
  passes('escaped letter', target('/%74'), GOT),
  passes('HTTP/1.0 with Host', `GET /t HTTP/1.0\r\n${HOST}\r\n`, GOT),
  passes('one CRLF before the request line', `\r\n${get()}`, GOT),
  passes('HEAD', line('HEAD /t HTTP/1.1'), { ...GOT, method: 'HEAD' }),
  passes('DELETE without body', line('DELETE /t HTTP/1.1'), { ...GOT, method: 'DELETE' }),
  passes('POST without body', post([], ''), { ...POSTED, body: '' }),
  passes('POST with length 0', post(['Content-Length: 0'], ''), { ...POSTED, body: '' }),
  passes('POST with length', post(['Content-Length: 5'], 'hello'), POSTED),
  passes('length between blanks', post(['Content-Length:  5 '], 'hello'), POSTED),
  passes('PUT with binary body', `PUT /t HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\n\0\r\n\xff`, {
    method: 'PUT',
    path: '/t',
    body: '\0\r\n\xff',
  }),
  passes('DELETE with body', `DELETE /t HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`, {
    ...POSTED,
    method: 'DELETE',
  }),
  passes('one chunk', chunked('5\r\nhello\r\n0\r\n\r\n'), POSTED),
  passes('several chunks', chunked('1\r\nh\r\n4\r\nello\r\n0\r\n\r\n'), POSTED),
  passes('no chunk', chunked('0\r\n\r\n'), { ...POSTED, body: '' }),
  passes('coding in any case', post(['TRANSFER-ENCODING: ChUnKeD'], '5\r\nhello\r\n0\r\n\r\n'), POSTED),
  passes('chunk size in upper case', chunked('A\r\n0123456789\r\n0\r\n\r\n'), {
    ...POSTED,
    body: '0123456789',
  }),
  passes('chunk size with leading zeros', chunked('0005\r\nhello\r\n000\r\n\r\n'), POSTED),
  passes('chunk extension', chunked('5;a=b\r\nhello\r\n0\r\n\r\n'), POSTED),
  passes('quoted chunk extension', chunked('5;a="b;c"\r\nhello\r\n0\r\n\r\n'), POSTED),
  passes('trailers', chunked('5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n'), POSTED),
  passes('Expect: 100-continue', post(['Expect: 100-continue', 'Content-Length: 5'], 'hello'), {
    ...POSTED,
    absent: ['expect'],
  }),
  passes('field named by Connection', get('Connection: X-Secret', 'X-Secret: 1', 'Keep-Alive: timeout=5'), {
    ...GOT,
    absent: ['x-secret', 'keep-alive'],
  }),
  passes('proxy connection', get('Proxy-Connection: keep-alive', 'Proxy-Authorization: x'), {
    ...GOT,
    absent: ['proxy-connection', 'proxy-authorization'],
  }),
  passes('TE and Trailer', get('TE: trailers, gzip', 'Connection: TE', 'Trailer: X-T'), {
    ...GOT,
    absent: ['trailer'],
  }),
  passes(
    'upgrade to HTTP/2 is not taken up',
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA'),
    {
      ...GOT,
      absent: ['upgrade', 'http2-settings'],
    },
  ),
  passes('Upgrade without Connection', get('Upgrade: websocket'), { ...GOT, absent: ['upgrade'] }),
  // RFC 9110, 7.8: a server must ignore Upgrade in an HTTP/1.0 request.
  passes(
    'Upgrade in HTTP/1.0',
    `GET /t HTTP/1.0\r\n${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`,
    { ...GOT, absent: ['upgrade'] },
  ),
  passes(
    'three requests at once',
    get() + post(['Content-Length: 5'], 'hello') + target('/t?3'),
    GOT,
    POSTED,
    {
      ...GOT,
      path: '/t?3',
    },
  ),
  passes('CRLF between requests', `${get()}\r\n${get()}`, GOT, GOT),
  passes('chunked request, then another', chunked('5\r\nhello\r\n0\r\n\r\n') + target('/t?2'), POSTED, {
    ...GOT,
    path: '/t?2',
  }),
];
