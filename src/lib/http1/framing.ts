import type { FieldLines } from '../http/field-lines.ts';
import { parseContentLength } from '../http/fields.ts';
import type { Http1Fault } from './faults.ts';

/** Framings that are no number of bytes. */
export const CHUNKED = -1;
export const UNTIL_CLOSE = -2;

/** How long a body is: its bytes, `CHUNKED` or `UNTIL_CLOSE`. */
export type Framing = number;

/**
 * Finds how long the body of a request is (RFC 9112, 6.3).
 *
 * Safety: what two readers could take for different lengths is a fault, never a choice between them.
 */
export function requestFraming(lines: FieldLines, version: '1.0' | '1.1'): Framing | Http1Fault {
  return declaredFraming(lines, version) ?? 0;
}

/** Finds how long the body of an answer is (RFC 9112, 6.3); `method` is that of its request. */
export function responseFraming(
  lines: FieldLines,
  version: '1.0' | '1.1',
  status: number,
  method: string,
): Framing | Http1Fault {
  const declared = declaredFraming(lines, version);
  if (typeof declared === 'string') return declared;
  if (status < 200 || status === 204) {
    // RFC 9112, 6.1: it must not be there, and a client that reads on waits for, or finds, another body.
    return declared === CHUNKED ? 'coding-status' : 0;
  }
  if (status === 304 || method === 'HEAD') return 0;
  return declared ?? UNTIL_CLOSE;
}

/** What Content-Length and Transfer-Encoding say; null where there is neither. */
function declaredFraming(lines: FieldLines, version: '1.0' | '1.1'): Framing | Http1Fault | null {
  const { names, values } = lines;
  const length = names.indexOf('content-length');
  const coding = names.indexOf('transfer-encoding');
  if (length < 0 && coding < 0) return null;
  // RFC 9112, 6.3: a message with both is an attempt at request smuggling.
  if (length >= 0 && coding >= 0) return 'length-and-coding';
  if (length >= 0) {
    if (names.indexOf('content-length', length + 1) >= 0) return 'length-twice';
    return parseContentLength(values[length] as string) ?? 'length-value';
  }
  // RFC 9112, 6.1: in HTTP/1.0 the framing is faulty.
  if (version === '1.0') return 'coding-version';
  if (names.indexOf('transfer-encoding', coding + 1) >= 0) return 'coding-twice';
  return (values[coding] as string).toLowerCase() === 'chunked' ? CHUNKED : 'coding';
}
