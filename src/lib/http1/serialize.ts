import type { FieldLine, FieldLines } from '../http/field-lines.ts';
import { isFieldValue, isToken } from '../http/fields.ts';

const VISIBLE = /^[!-~]+$/;

/** What ends a head, and a trailer section. */
export const HEAD_END = '\r\n\r\n';

/**
 * Writes a request line, without its line end, like everything in this file that starts a line.
 *
 * Errors: TypeError for a method that is no token, or a target with anything but visible ASCII.
 * Safety: like `fieldValue`, so that no text can end the line it stands in.
 */
export function requestLine(method: string, target: string): string {
  if (!isToken(method) || !VISIBLE.test(target)) throw new TypeError('not a method or target');
  return `${method} ${target} HTTP/1.1`;
}

/** A field value as it is; throws TypeError for what is none. */
export function fieldValue(value: string): string {
  if (!isFieldValue(value)) throw new TypeError('not a field value');
  return value;
}

/** Writes all lines, which were checked when they came in, see `FieldLines.add`. */
export function fieldSection({ lines }: FieldLines): string {
  let text = '';
  for (let i = 0; i < lines.length; i++) text += (lines[i] as FieldLine).text;
  return text;
}

/** Writes the line before a chunk of at least one byte. */
export function chunkLine(bytes: number): string {
  if (bytes === 0) throw new RangeError('an empty chunk would be the last one');
  return `${bytes.toString(16)}\r\n`;
}

/** Writes what ends a chunked body: the last chunk and the trailer section. */
export function lastChunk(trailers: FieldLines | undefined): string {
  return trailers === undefined ? `0${HEAD_END}` : `0${fieldSection(trailers)}${HEAD_END}`;
}
