/** One header field; pseudo-fields have their colon. */
export type Field = readonly [name: string, value: string];

/** Names and values that have a number (RFC 7541, Appendix A), from 1; a value only where the table has one. */
const STATIC_TABLE = [
  ':authority', ':method=GET', ':method=POST', ':path=/', ':path=/index.html', ':scheme=http', ':scheme=https',
  ':status=200', ':status=204', ':status=206', ':status=304', ':status=400', ':status=404', ':status=500',
  'accept-charset', 'accept-encoding=gzip, deflate', 'accept-language', 'accept-ranges', 'accept',
  'access-control-allow-origin', 'age', 'allow', 'authorization', 'cache-control', 'content-disposition',
  'content-encoding', 'content-language', 'content-length', 'content-location', 'content-range', 'content-type',
  'cookie', 'date', 'etag', 'expect', 'expires', 'from', 'host', 'if-match', 'if-modified-since', 'if-none-match',
  'if-range', 'if-unmodified-since', 'last-modified', 'link', 'location', 'max-forwards', 'proxy-authenticate',
  'proxy-authorization', 'range', 'referer', 'refresh', 'retry-after', 'server', 'set-cookie',
  'strict-transport-security', 'transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate',
]; // biome-ignore format: a table

/** Visible ASCII by the length of its code: the code is canonical, so the lengths are all there is to know. */
const HUFFMAN_LENGTHS: readonly (readonly [bits: number, symbols: string])[] = [
  [5, '012aceiost'],
  [6, ' %-./3456789=A_bdfghlmnpru'],
  [7, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'],
  [8, '&*,;XZ'],
  [10, '!"()?'],
  [11, "'+|"],
  [12, '#>'],
  [13, '\0$@[]~'],
  [14, '^}'],
  [15, '<`{'],
];
const HUFFMAN = huffmanCodes();

function huffmanCodes(): Map<string, string> {
  const codes = new Map<string, string>();
  let next = 0;
  let length = 5;
  for (const [bits, symbols] of HUFFMAN_LENGTHS) {
    next <<= bits - length;
    length = bits;
    for (const symbol of symbols) codes.set((next++).toString(2).padStart(bits, '0'), symbol);
  }
  return codes;
}

/** Writes fields as literals that are never indexed nor compressed, whatever is in them (RFC 7541, 6.2.2). */
export function encodeFields(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.of(0), encodeText(name), encodeText(value)]),
  );
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([encodeInteger(bytes.length, 7), bytes]);
}

function encodeInteger(value: number, prefixBits: number): Buffer {
  const most = (1 << prefixBits) - 1;
  if (value < most) return Buffer.of(value);
  const bytes = [most];
  for (let rest = value - most; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** Reads a field block of a peer that was told to keep no dynamic table; throws when it is not one. */
export function decodeFields(block: Buffer): Field[] {
  const fields: Field[] = [];
  const reader = { block, at: 0 };
  while (reader.at < block.length) {
    const first = block[reader.at] as number;
    if ((first & 0x80) !== 0) fields.push(staticField(readInteger(reader, 7)));
    else if ((first & 0xe0) === 0x20) readInteger(reader, 5);
    else {
      const index = readInteger(reader, (first & 0xc0) === 0x40 ? 6 : 4);
      const name = index === 0 ? readText(reader) : staticField(index)[0];
      fields.push([name, readText(reader)]);
    }
  }
  return fields;
}

interface BlockReader {
  readonly block: Buffer;
  at: number;
}

function staticField(index: number): Field {
  const entry = STATIC_TABLE[index - 1];
  if (entry === undefined) throw new Error(`field ${index} is not in the static table`);
  const [name = '', value = ''] = entry.split('=', 2);
  return [name, value];
}

function readInteger(reader: BlockReader, prefixBits: number): number {
  const most = (1 << prefixBits) - 1;
  let value = (reader.block[reader.at++] as number) & most;
  if (value < most) return value;
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.block[reader.at++] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}

function readText(reader: BlockReader): string {
  const isCoded = ((reader.block[reader.at] as number) & 0x80) !== 0;
  const length = readInteger(reader, 7);
  const bytes = reader.block.subarray(reader.at, reader.at + length);
  reader.at += length;
  return isCoded ? decodeHuffman(bytes) : bytes.toString('latin1');
}

function decodeHuffman(bytes: Buffer): string {
  let text = '';
  let code = '';
  for (const bit of [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')) {
    code += bit;
    const symbol = HUFFMAN.get(code);
    if (symbol === undefined) continue;
    text += symbol;
    code = '';
  }
  if (!/^1{0,7}$/.test(code)) throw new Error('a character outside visible ASCII');
  return text;
}
