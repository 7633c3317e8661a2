import type { FieldLines } from '../http/field-lines.ts';
import { isFieldValue, isToken } from '../http/fields.ts';

const VISIBLE = /^[!-~]+$/;

/**
 * Writes a request line.
 *
 * Errors: TypeError for a method that is no token, or a target with anything but visible ASCII.
 * Safety: like `fieldLine`, so that no text can end the line it stands in.
 */
export function requestLine(method: string, target: string): string {
  if (!isToken(method) || !VISIBLE.test(target)) throw new TypeError('not a method or target');
  return `${method} ${target} HTTP/1.1\r\n`;
}

/** Writes one field line; throws TypeError for what is no token or no field value. */
export function fieldLine(name: string, value: string): string {
  if (!isToken(name) || !isFieldValue(value))
    throw new TypeError(`not a field line: ${JSON.stringify(name)}`);
  return `${name}: ${value}\r\n`;
}

/** Writes line number `i`, which was checked when it came in, see `FieldLines.add`. */
export function receivedLine(lines: FieldLines, i: number): string {
  return `${lines.rawNames[i]}: ${lines.values[i]}\r\n`;
}

/** Writes all lines, which were checked when they came in. */
export function fieldSection(lines: FieldLines): string {
  let text = '';
  for (let i = 0; i < lines.length; i++) text += receivedLine(lines, i);
  return text;
}

/** Writes the line before a chunk of at least one byte. */
export function chunkLine(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}

/** Writes what ends a chunked body: the last chunk and the trailer section. */
export function lastChunk(trailers: FieldLines | undefined): string {
  return trailers === undefined ? '0\r\n\r\n' : `0\r\n${fieldSection(trailers)}\r\n`;
}
