import { type Bytes, isSpace, lowerAscii } from '../bytes.ts';
import type { MultipartFlags } from './multipart-flags.ts';

const MEDIA_TYPE = 'multipart/form-data';
const PARAMETER = 'boundary';
const MAX_LENGTH = 1_024;

/** A boundary, or why a field `Content-Type` has none that every reader understands alike. */
export type BoundaryResult =
  | { readonly ok: true; readonly boundary: Bytes }
  | { readonly ok: false; readonly problem: string };

const problem = (text: string): BoundaryResult => ({ ok: false, problem: `Multipart: ${text}` });

/** Takes the boundary out of the field `Content-Type`; what is odd but clear raises flags. */
export function parseBoundary(field: Bytes, flags: MultipartFlags): BoundaryResult {
  if (field.length > MAX_LENGTH) return problem('Invalid boundary in C-T (length).');
  const lower = lowerAscii(field);
  if (!lower.startsWith(MEDIA_TYPE)) return problem('Invalid MIME type.');
  if (countParameters(lower) > 1) return problem('Multiple boundary parameters in C-T.');
  const at = field.indexOf(PARAMETER);
  if (at < 0) {
    const isOtherCase = countParameters(lower) > 0;
    return problem(
      isOtherCase ? 'Invalid boundary in C-T (case sensitivity).' : 'Boundary not found in C-T.',
    );
  }
  const before = withoutSpaces(field.slice(MEDIA_TYPE.length, at));
  if (before !== '' && before !== ';') return problem('Invalid boundary in C-T (malformed).');
  if (before === '') flags.missingSemicolon = true;
  const equals = field.indexOf('=', at + PARAMETER.length);
  if (equals < 0) return problem('Invalid boundary in C-T (malformed).');
  const between = field.slice(at + PARAMETER.length, equals);
  if (between !== '' && isSpace(between.charCodeAt(0))) flags.boundaryWhitespace = true;
  if (withoutSpaces(between) !== '') return problem('Invalid boundary in C-T (parameter name).');
  return parseValue(field.slice(equals + 1), flags);
}

function parseValue(value: Bytes, flags: MultipartFlags): BoundaryResult {
  if (value !== '' && isSpace(value.charCodeAt(0))) flags.boundaryWhitespace = true;
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
  if (!isQuoted && (value.startsWith('"') || value.endsWith('"'))) {
    return problem('Invalid boundary in C-T (quote).');
  }
  if (isQuoted) flags.boundaryQuoted = true;
  const boundary = isQuoted ? value.slice(1, -1) : value;
  if (countParameters(lowerAscii(boundary)) > 0) return problem('Invalid boundary in C-T (content).');
  // RFC 2046, 5.1.1
  if (!/^[0-9A-Za-z'()+_,\-./:=? ]*$/.test(boundary)) return problem('Invalid boundary in C-T (characters).');
  return boundary === '' ? problem('Invalid boundary in C-T (empty).') : { ok: true, boundary };
}

/** How often the word stands before an equals sign, however far behind it that is. */
function countParameters(lower: Bytes): number {
  const lastEquals = lower.lastIndexOf('=');
  let count = 0;
  for (let at = lower.indexOf(PARAMETER); at >= 0; at = lower.indexOf(PARAMETER, at + PARAMETER.length)) {
    if (lastEquals >= at + PARAMETER.length) count++;
  }
  return count;
}

function withoutSpaces(text: Bytes): Bytes {
  return text.replace(/[\t-\r ]+/g, '');
}
