/** One HTTP/1 message as its bytes say, read without any of the gateway's own code. */
export interface Message {
  readonly startLine: string;
  /** Names and values in order, names as received. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** Whether the body ended as its framing says; false when the connection closed before. */
  readonly isComplete: boolean;
}

/** A message and the offset behind it; null while bytes are missing; a string says what is broken. */
export type ReadResult = { readonly message: Message; readonly end: number } | null | string;

type Fields = [string, string][];

const CRLF = '\r\n';
const NOTHING = Buffer.alloc(0);

/** Finds the values of a field by its lower-case name. */
export function valuesOf(message: Pick<Message, 'fields'>, name: string): string[] {
  return message.fields.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
}

/**
 * Reads the message that starts at `from`.
 *
 * `hasBody` tells from the start line whether a body can follow; `untilClose` is whether one without a length goes on
 * to the end of the connection, as that of a response does; `isClosed` is whether more bytes can come.
 */
export function readMessage(
  bytes: Buffer,
  from: number,
  options: { hasBody(startLine: string): boolean; untilClose: boolean; isClosed: boolean },
): ReadResult {
  const headEnd = bytes.indexOf(CRLF + CRLF, from, 'latin1');
  if (headEnd < 0) return null;
  const [startLine = '', ...lines] = bytes.toString('latin1', from, headEnd).split(CRLF);
  const fields = parseLines(lines);
  if (typeof fields === 'string') return fields;
  const bodyStart = headEnd + 4;
  const finish = (body: Buffer, end: number, isComplete = true, trailers: Fields = []): ReadResult => ({
    message: { startLine, fields, body, trailers, isComplete },
    end,
  });

  if (!options.hasBody(startLine)) return finish(NOTHING, bodyStart);
  const codings = valuesOf({ fields }, 'transfer-encoding');
  const lengths = valuesOf({ fields }, 'content-length');
  if (codings.length + lengths.length > 1) return 'more than one framing field';
  if (codings.length === 1) {
    if (codings[0]?.toLowerCase() !== 'chunked') return `transfer coding ${codings[0]}`;
    const chunked = readChunks(bytes, bodyStart);
    if (chunked === null)
      return options.isClosed ? finish(bytes.subarray(bodyStart), bytes.length, false) : null;
    return typeof chunked === 'string' ? chunked : finish(chunked.body, chunked.end, true, chunked.trailers);
  }
  if (lengths.length === 0) {
    if (!options.untilClose) return finish(NOTHING, bodyStart);
    return options.isClosed ? finish(bytes.subarray(bodyStart), bytes.length) : null;
  }
  if (!/^[0-9]{1,15}$/.test(lengths[0] as string)) return `content-length ${lengths[0]}`;
  const end = bodyStart + Number(lengths[0]);
  if (bytes.length >= end) return finish(bytes.subarray(bodyStart, end), end);
  return options.isClosed ? finish(bytes.subarray(bodyStart), bytes.length, false) : null;
}

function parseLines(lines: readonly string[]): Fields | string {
  const fields: Fields = [];
  for (const line of lines) {
    const parts = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*?)[ \t]*$/.exec(line);
    if (parts === null) return `field line ${JSON.stringify(line.slice(0, 80))}`;
    fields.push([parts[1] as string, parts[2] as string]);
  }
  return fields;
}

function readChunks(
  bytes: Buffer,
  from: number,
): { body: Buffer; end: number; trailers: Fields } | null | string {
  const parts: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf(CRLF, at, 'latin1');
    if (lineEnd < 0) return null;
    const line = bytes.toString('latin1', at, lineEnd);
    const size = /^([0-9A-Fa-f]{1,12})(?:;.*)?$/.exec(line);
    if (size === null) return `chunk line ${JSON.stringify(line.slice(0, 80))}`;
    const length = Number.parseInt(size[1] as string, 16);
    at = lineEnd + 2;
    if (length === 0) break;
    if (bytes.length < at + length + 2) return null;
    if (bytes.toString('latin1', at + length, at + length + 2) !== CRLF) return 'no CRLF after chunk data';
    parts.push(bytes.subarray(at, at + length));
    at += length + 2;
  }
  const body = Buffer.concat(parts);
  if (bytes.toString('latin1', at, at + 2) === CRLF) return { body, end: at + 2, trailers: [] };
  const end = bytes.indexOf(CRLF + CRLF, at, 'latin1');
  if (end < 0) return null;
  const trailers = parseLines(bytes.toString('latin1', at, end).split(CRLF));
  return typeof trailers === 'string' ? trailers : { body, end: end + 4, trailers };
}
