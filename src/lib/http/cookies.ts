import type { FieldLines } from './field-lines.ts';

/** The name of a `name=value` piece of a Cookie field, without blanks around it; the whole piece when it has no `=`. */
function nameOf(piece: string): string {
  const equals = piece.indexOf('=');
  return (equals < 0 ? piece : piece.slice(0, equals)).trim();
}

/**
 * Finds a cookie in the Cookie fields of a request: how often it comes, and its first value.
 *
 * Source: RFC 6265, 4.2.1 and 5.4; several fields are as good as one (RFC 9113, 8.2.3).
 */
export function findCookie(headers: FieldLines, name: string): { count: number; value: string } {
  let count = 0;
  let value = '';
  for (let i = 0; i < headers.length; i++) {
    if (headers.names[i] !== 'cookie') continue;
    const text = headers.values[i] as string;
    // Safety: a field without the name in it cannot hold the cookie.
    if (!text.includes(name)) continue;
    for (const piece of text.split(';')) {
      if (nameOf(piece) !== name) continue;
      if (count === 0) value = piece.slice(piece.indexOf('=') + 1 || piece.length).trim();
      count++;
    }
  }
  return { count, value };
}

/** The value of a Cookie field without any cookie of a name; what is left stays as it was written. */
export function withoutCookie(text: string, name: string): string {
  if (!text.includes(name)) return text;
  return text
    .split(';')
    .filter((piece) => nameOf(piece) !== name)
    .join(';')
    .trim();
}
