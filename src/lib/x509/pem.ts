const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * The contents of the PEM blocks with a label (RFC 7468), in their order; null when one of them is damaged.
 * Text around and between blocks is skipped.
 */
export function pemBlocks(text: string, label: string): Uint8Array[] | null {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const blocks: Uint8Array[] = [];
  for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at)) {
    const stop = text.indexOf(end, at);
    if (stop < 0) return null;
    const body = text.slice(at + begin.length, stop).replaceAll(/[\r\n\t ]/g, '');
    if (body === '' || body.length % 4 !== 0 || !BASE64.test(body)) return null;
    blocks.push(new Uint8Array(Buffer.from(body, 'base64')));
    at = stop;
  }
  return blocks;
}
