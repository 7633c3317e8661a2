import type { Bytes } from '../bytes.ts';

/** A request as rules see it. */
export interface ReceivedRequest {
  readonly method: Bytes;
  readonly target: Bytes;
  readonly protocol: Bytes;
  readonly headerNames: readonly Bytes[];
  readonly headerValues: readonly Bytes[];
  readonly body: Bytes;
}

/**
 * Takes a request apart whatever is wrong with it, so that rules about malformed requests have something to look at.
 *
 * Safety: for tests of rules only. The listener reads requests strictly, and refuses many before a rule sees them.
 */
export function takeApart(request: Bytes): ReceivedRequest {
  const text = request.replace(/^(?:\r?\n)+/, '');
  const end = /\r?\n\r?\n/.exec(text);
  const head = end === null ? text.replace(/\r?\n$/, '') : text.slice(0, end.index);
  const rest = end === null ? '' : text.slice(end.index + end[0].length);
  const [first = '', ...lines] = head.replace(/\r?\n[\t ]+/g, ' ').split(/\r?\n/);
  const start = /^(\s*\S*)[ \t]*([\s\S]*?)(?:[ \t]+(HTTP\/\S*|[\d.]+))?[ \t]*$/.exec(first);
  const fields = lines.map((line): [Bytes, Bytes] => {
    const colon = line.indexOf(':');
    return colon < 0
      ? [line.trim(), '']
      : [line.slice(0, colon).trim(), line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '')];
  });
  const isChunked = fields.some(
    ([name, value]) => /^transfer-encoding$/i.test(name) && /chunked/i.test(value),
  );
  // RFC 9112, 6.3: where the coding says how long a body is, a length beside it is taken out.
  const kept = isChunked ? fields.filter(([name]) => !/^content-length$/i.test(name)) : fields;
  return {
    method: start?.[1] ?? '',
    target: start?.[2] ?? '',
    protocol: start?.[3] ?? 'HTTP/0.9',
    headerNames: kept.map(([name]) => name),
    headerValues: kept.map(([, value]) => value),
    body: bodyOf(fields, rest),
  };
}

function bodyOf(fields: readonly (readonly [Bytes, Bytes])[], rest: Bytes): Bytes {
  const field = (wanted: string): Bytes | undefined =>
    fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
  if (/chunked/i.test(field('transfer-encoding') ?? '')) return dechunk(rest);
  const length = /^\d{1,12}$/.exec(field('content-length') ?? '');
  return length === null ? '' : rest.slice(0, Number(length[0]));
}

/** The chunks up to the last one, or to where they make no sense. */
function dechunk(text: Bytes): Bytes {
  let body = '';
  for (let at = 0; ; ) {
    const line = /^([0-9a-f]{1,8})[^\n]*\n/i.exec(text.slice(at, at + 1024));
    const size = line === null ? 0 : Number.parseInt(line[1] as string, 16);
    if (line === null || size === 0) return body;
    at += line[0].length;
    body += text.slice(at, at + size);
    at += size;
    at += text.startsWith('\r\n', at) ? 2 : 0;
  }
}
