import { METHODS } from 'node:http';
import type { Chooser } from '../fuzz/mutate.ts';

/** A message, or several, that follow RFC 9112; one character per byte. */
export interface Draft {
  readonly kind: 'request' | 'answer';
  readonly text: string;
  /** Of the request that is answered. */
  readonly method: string;
}

const CRLF = '\r\n';
const COMMON = ['GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
/** What follows CONNECT is not HTTP; the gateway refuses it by its name. */
const REGISTERED = METHODS.filter((method) => method !== 'CONNECT');
const EXTENSIONS = ['FOO', 'get', "X!#$%&'*+-.^_`|~9", 'GETX', 'PO', 'Q'];
const TARGETS = ['/', '/a', '/a/b?x=1&y=%20', '/%7Ea;b=c/..', '/?', "/-._~!$&'()*+,=:@", '/a//b'];
const ABSOLUTE = ['http://a.test/', 'http://a.test:80/p?q=/', 'https://[::1]:8443/x', 'http://a.test?q'];
const REASONS = [' OK', ' Not\tQuite', ' ', '', ' caf\xe9', ' 200 HTTP/1.1'];
const FINAL = [200, 200, 200, 201, 206, 204, 204, 304, 304, 400, 404, 500, 599];

const NAMES = [
  'Host',
  'Cookie',
  'Accept',
  'X-A',
  'X-B',
  'x-c',
  'Set-Cookie',
  'User-Agent',
  'ETag',
  '__proto__',
];
/** Names that look like those that frame a message, and do not. */
const LOOK_ALIKE = [
  'Content-Lengths',
  'X-Content-Length',
  'Transfer_Encoding',
  'Content_Length',
  'Transfer-Encodin',
];
const VALUES = [
  ...['a', 'a.test', 'a b', 'a\tb', '', '5', 'chunked', 'Content-Length: 5', 'caf\xe9\x80\xff', 'a: b'],
  ...['"q\\"d"', ',', ', a ,', ':', 'text/html;q=0.5, */*', "!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"],
];
const KNOWN = [
  'Connection: keep-alive',
  'Connection: close',
  'TE: trailers',
  'Expect: 100-continue',
  'Trailer: X-T',
];
const BLANKS = ['', '', '', ' ', '\t', '  ', ' \t '];
/** Around the value of a field that frames the message we take no tabs. */
const FRAMING_BLANKS = BLANKS.filter((blanks) => !blanks.includes('\t'));
const BODIES = [
  'hello',
  '\r\n',
  '0\r\n\r\n',
  'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
  '\0\xff\r',
  'a'.repeat(40),
];
const EXTENSION_PARTS = [
  ';a',
  ';a=b',
  ';a=""',
  ';a="b;c=\\"d\\""',
  ";!#$%&'*+-.^_`|~=~",
  ';a=5;b',
  ';a="\\\\ \t\xe9"',
];

function several<T>(choose: Chooser, most: number, make: () => T): T[] {
  return Array.from({ length: choose.below(most + 1) }, make);
}

/** Writes letters in another case, now and then. */
function inAnyCase(text: string, choose: Chooser): string {
  if (!choose.chance(0.25)) return text;
  return [...text].map((char) => (choose.chance(0.5) ? char.toUpperCase() : char.toLowerCase())).join('');
}

function fieldLine(name: string, value: string, choose: Chooser, blanks = BLANKS): string {
  const before = choose.chance(0.7) ? ' ' : choose.from(blanks);
  const after = choose.chance(0.8) ? '' : choose.from(blanks);
  return `${inAnyCase(name, choose)}:${before}${value}${after}`;
}

function anyField(choose: Chooser): string {
  if (choose.chance(0.1)) return choose.from(KNOWN);
  const name = choose.chance(0.1) ? choose.from(LOOK_ALIKE) : choose.from(NAMES);
  return fieldLine(name, choose.from(VALUES), choose);
}

function size(bytes: number, choose: Chooser): string {
  return choose.from(['', '', '', '0', '000']) + inAnyCase(bytes.toString(16), choose);
}

function extensions(choose: Chooser): string {
  return choose.chance(0.7) ? '' : several(choose, 3, () => choose.from(EXTENSION_PARTS)).join('');
}

function chunkedBody(choose: Chooser): string {
  const chunks = several(choose, 3, () => choose.from(BODIES));
  const written = chunks.map((chunk) =>
    [size(chunk.length, choose) + extensions(choose), chunk, ''].join(CRLF),
  );
  const trailers = choose.chance(0.7)
    ? []
    : several(choose, 3, () => fieldLine('X-T', choose.from(VALUES), choose));
  return [...written, [size(0, choose) + extensions(choose), ...trailers, '', ''].join(CRLF)].join('');
}

/** Lines that frame a body, and the body. */
interface Framed {
  readonly lines: readonly string[];
  readonly body: string;
}

function framedByLength(choose: Chooser): Framed {
  const body = choose.chance(0.2) ? '' : choose.from(BODIES);
  const digits = choose.from(['', '', '', '0', '00']) + String(body.length);
  return { lines: [fieldLine('Content-Length', digits, choose, FRAMING_BLANKS)], body };
}

function framedByChunks(choose: Chooser): Framed {
  const line = fieldLine('Transfer-Encoding', inAnyCase('chunked', choose), choose, FRAMING_BLANKS);
  return { lines: [line], body: chunkedBody(choose) };
}

function framed(choose: Chooser, version: string): Framed {
  if (choose.chance(0.3)) return { lines: [], body: '' };
  return version === '1.1' && choose.chance(0.5) ? framedByChunks(choose) : framedByLength(choose);
}

/** Start line, fields with the framing among them, body. */
function written(startLine: string, { lines, body }: Framed, choose: Chooser): string {
  const fields = several(choose, 4, () => anyField(choose));
  for (const line of lines) fields.splice(choose.below(fields.length + 1), 0, line);
  return [startLine, ...fields, '', body].join(CRLF);
}

function versionOf(choose: Chooser): string {
  return choose.chance(0.9) ? '1.1' : '1.0';
}

/** Makes a valid request. */
export function makeRequest(choose: Chooser): Draft {
  const other = choose.chance(0.2) ? EXTENSIONS : REGISTERED;
  const method = choose.from(choose.chance(0.8) ? COMMON : other);
  const target = choose.chance(0.85) ? choose.from(TARGETS) : choose.from([...ABSOLUTE, '*']);
  const version = versionOf(choose);
  const line = `${method} ${target} HTTP/${version}`;
  const before = choose.chance(0.05) ? CRLF : '';
  return { kind: 'request', text: before + written(line, framed(choose, version), choose), method: '' };
}

function statusLine(status: number, version: string, choose: Chooser): string {
  return `HTTP/${version} ${status}${choose.from(REASONS)}`;
}

/** The final answer. One that has no body may still say how long it would be (RFC 9110, 8.6). */
function finalAnswer(method: string, choose: Chooser): string {
  const version = versionOf(choose);
  const status = choose.chance(0.03) ? 101 : choose.from(FINAL);
  const line = statusLine(status, version, choose);
  if (status === 204 || status === 101) return written(line, { lines: [], body: '' }, choose);
  const all = framed(choose, version);
  if (status === 304 || method === 'HEAD') return written(line, { lines: all.lines, body: '' }, choose);
  if (all.lines.length > 0) return written(line, all, choose);
  return written(line, { lines: [], body: choose.from(BODIES) }, choose);
}

/** Makes a valid answer, with interim ones before it now and then. */
export function makeAnswer(choose: Chooser): Draft {
  const method = choose.from(['GET', 'GET', 'GET', 'POST', 'HEAD']);
  const interim = choose.chance(0.8) ? [] : several(choose, 2, () => choose.from([100, 102, 103, 199]));
  const before = interim.map((status) =>
    written(statusLine(status, '1.1', choose), { lines: [], body: '' }, choose),
  );
  return { kind: 'answer', text: [...before, finalAnswer(method, choose)].join(''), method };
}
