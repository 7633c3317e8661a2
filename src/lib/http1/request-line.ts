import { tokenEnd } from '../http/fields.ts';
import type { Http1Fault } from './faults.ts';
import type { StartLine } from './head-reader.ts';

/** The first line of a request; the target is as received, any characters from 21 but DEL. */
export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1';
}

/** Longest method that is looked at; the longest registered one has 17 characters. */
export const MAX_METHOD_LENGTH = 64;

const SP = 0x20;
const LF = 0x0a;
const VERSION_LENGTH = 'HTTP/1.1'.length;

/**
 * Reads a request line (RFC 9112, 3) of characters that may stand in a field value.
 *
 * Safety: exactly one SP between the parts. RFC 9112, 3 lets lenient readers split at any whitespace, and so take
 * another part for the target than a strict one does.
 */
export function parseRequestLine(text: string, from: number, end: number): RequestLine | Http1Fault {
  const methodEnd = tokenEnd(text, from);
  if (methodEnd === from || methodEnd - from > MAX_METHOD_LENGTH) return 'method';
  if (methodEnd >= end || text.charCodeAt(methodEnd) !== SP) return 'request-line';
  const start = methodEnd + 1;
  const targetEnd = text.indexOf(' ', start);
  if (targetEnd < 0 || targetEnd >= end) return targetFault(text.slice(start, end));
  const version = versionOf(text, targetEnd + 1, end);
  if (version !== '1.1' && version !== '1.0') return version;
  if (targetEnd === start) return 'target-missing';
  const target = text.slice(start, targetEnd);
  if (target.includes('\t')) return 'target-character';
  return { method: text.slice(from, methodEnd), target, version };
}

/** Names what is wrong with a line that has nothing behind its target. */
function targetFault(target: string): Http1Fault {
  if (target.includes('\t')) return 'target-character';
  return target.startsWith('HTTP/') ? 'target-missing' : 'version-missing';
}

function versionOf(text: string, from: number, end: number): RequestLine['version'] | Http1Fault {
  if (end - from === VERSION_LENGTH) {
    if (text.startsWith('HTTP/1.1', from)) return '1.1';
    if (text.startsWith('HTTP/1.0', from)) return '1.0';
  }
  return /^HTTP\/[0-9]+(?:\.[0-9])?$/.test(text.slice(from, end)) ? 'version' : 'request-line';
}

/** Names what a character that ends a line too early, or may not stand in one, is there for. */
export function requestLineFault(text: string, from: number, at: number): Http1Fault {
  if (text.charCodeAt(at) === LF) return 'bare-lf';
  const methodEnd = text.indexOf(' ', from);
  if (methodEnd < 0 || methodEnd > at) return 'method';
  const targetEnd = text.indexOf(' ', methodEnd + 1);
  return targetEnd < 0 || targetEnd > at ? 'target-character' : 'request-line';
}

/** RFC 9112, 2.2: an empty line before the request line is ignored. One; more are no mistake of a client. */
export const REQUEST_LINE: StartLine<RequestLine> = {
  parse: parseRequestLine,
  faultAt: requestLineFault,
  tooLong: 'request-line-size',
  emptyLines: 1,
};
