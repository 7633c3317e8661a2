/** Decodes a name or value of a query; null when an escape is not valid. */
function decode(text: string): string | null {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/**
 * Finds a parameter in a raw query: how often it comes, and its first value.
 *
 * Safety: names and values are compared decoded, because `api%5Fkey` is `api_key` to whoever reads the query
 * next. A value with an invalid escape counts, and is ''.
 */
export function findParameter(query: string, name: string): { count: number; value: string } {
  let count = 0;
  let value = '';
  let equals = query.indexOf('=');
  for (let start = 0; start < query.length; ) {
    const ampersand = query.indexOf('&', start);
    const end = ampersand < 0 ? query.length : ampersand;
    // Looked for again only behind the last one, so that pairs without any cost one search together.
    if (equals >= 0 && equals < start) equals = query.indexOf('=', start);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    if (decode(query.slice(start, nameEnd)) === name) {
      if (count === 0) value = decode(query.slice(nameEnd + 1, end)) ?? '';
      count++;
    }
    start = end + 1;
  }
  return { count, value };
}

/** A raw query without any parameter of a name; what is left stays as it was written. */
export function withoutParameter(query: string, name: string): string {
  return query
    .split('&')
    .filter((pair) => {
      const equals = pair.indexOf('=');
      return decode(equals < 0 ? pair : pair.slice(0, equals)) !== name;
    })
    .join('&');
}
