const FORM = /^:([A-Za-z0-9+/]*={0,2}):$/;

/** Reads a byte sequence (RFC 8941, 3.3.5) in its one canonical form, without parameters; null when it is none. */
export function parseByteSequence(text: string): Uint8Array | null {
  const base64 = FORM.exec(text)?.[1];
  if (base64 === undefined) return null;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? new Uint8Array(bytes) : null;
}

/** Reads a list of byte sequences (RFC 8941, 3.1) of at most `limit`; null when it is none. */
export function parseByteSequences(text: string, limit: number): Uint8Array[] | null {
  const found: Uint8Array[] = [];
  for (const member of text.split(',')) {
    const bytes = parseByteSequence(member.replace(/^[ \t]+|[ \t]+$/g, ''));
    if (bytes === null || found.length === limit) return null;
    found.push(bytes);
  }
  return found;
}
