import { type Decision, deny } from '../core/decision.ts';
import { FieldLines } from '../lib/http/field-lines.ts';
import { isFieldValue, isToken, parseContentLength } from '../lib/http/fields.ts';
import type { ClientLimits } from './settings.ts';

const COUNT = deny('protocol.header-count');
const SIZE = deny('protocol.header-size');
const BAD_NAME = deny('protocol.field', { detail: 'a field name is not a token' });
const BAD_VALUE = deny('protocol.field', { detail: 'a field value has a control character' });
const HOP = deny('protocol.field', { detail: 'a connection-specific field in HTTP/2' });
const TWO_LENGTHS = deny('protocol.framing', { detail: 'more than one Content-Length field' });
const BAD_LENGTH = deny('protocol.content-length');

/** RFC 9113, 8.2.2: they make a message malformed. */
const CONNECTION_SPECIFIC = ['connection', 'transfer-encoding'];

/** The fields of an HTTP/2 request, or what is wrong with them. */
export interface Http2Fields {
  readonly lines: FieldLines;
  readonly fault: Decision | null;
  /** -1 where none is declared. */
  readonly contentLength: number;
}

/** Reads the fields of a head, flat and without pseudo-fields. */
export function readHttp2Fields(flat: readonly string[], limits: ClientLimits): Http2Fields {
  const lines = new FieldLines();
  const fault = faultOf(flat, limits);
  if (fault !== null) return { lines, fault, contentLength: -1 };
  for (let i = 0; i + 1 < flat.length; i += 2) lines.addParsed(flat[i] as string, flat[i + 1] as string);
  if (CONNECTION_SPECIFIC.some((name) => lines.has(name))) return { lines, fault: HOP, contentLength: -1 };
  const length = lines.get('content-length');
  if (length === null) return { lines, fault: null, contentLength: -1 };
  if (lines.count('content-length') > 1) return { lines, fault: TWO_LENGTHS, contentLength: -1 };
  const contentLength = parseContentLength(length);
  return { lines, fault: contentLength === null ? BAD_LENGTH : null, contentLength: contentLength ?? -1 };
}

function faultOf(flat: readonly string[], { headerCount, headerBytes }: ClientLimits): Decision | null {
  if (flat.length > 2 * headerCount) return COUNT;
  let bytes = 0;
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i] as string;
    const value = flat[i + 1] as string;
    // As HTTP/1 would write it: a colon, a blank and a line end.
    bytes += name.length + value.length + 4;
    if (!isToken(name)) return BAD_NAME;
    if (!isFieldValue(value)) return BAD_VALUE;
  }
  return bytes > headerBytes ? SIZE : null;
}
