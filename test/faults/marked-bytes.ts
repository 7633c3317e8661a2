/** Bytes that tell whose they are and where they stand: `<mark>:<place>;` over and over. */
export function markedBytes(mark: string, size: number): Buffer {
  const pieces: string[] = [];
  for (let length = 0; length < size; ) {
    const piece = `${mark}:${length.toString(36)};`;
    pieces.push(piece);
    length += piece.length;
  }
  return Buffer.from(pieces.join(''), 'latin1').subarray(0, size);
}

/** Says where bytes differ from those of a mark; '' when they do not. */
export function differenceFrom(mark: string, size: number, bytes: Buffer): string {
  const expected = markedBytes(mark, size);
  if (expected.equals(bytes)) return '';
  let at = 0;
  while (at < expected.length && expected[at] === bytes[at]) at++;
  const found = bytes.toString('latin1', at, at + 40);
  return `${mark}: ${bytes.length} of ${size} bytes, at ${at} ${JSON.stringify(found)}`;
}
