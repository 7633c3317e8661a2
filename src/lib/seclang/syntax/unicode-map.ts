import type { Bytes } from '../bytes.ts';

/**
 * Reads one code page of a file of mappings: a line that begins with its number, and lines of `xxxx:xx` behind it, the
 * code point and the byte that stands for it.
 *
 * Shape: without a code page the first one of the file.
 * Errors: null when the file has no such code page.
 */
export function parseUnicodeMap(text: Bytes, codePage: number | null): ReadonlyMap<number, number> | null {
  const map = new Map<number, number>();
  let isWanted = false;
  let isFound = false;
  for (const line of text.split('\n')) {
    const head = /^(\d+)\s*(?:\(.*)?$/.exec(line.trim());
    if (head !== null) {
      isWanted = codePage === null ? !isFound : Number(head[1]) === codePage;
      isFound ||= isWanted;
    } else if (isWanted && !line.startsWith('#')) {
      for (const pair of line.matchAll(/(?<![0-9a-f])([0-9a-f]{4,6}):([0-9a-f]{2})(?![0-9a-f])/gi)) {
        map.set(Number.parseInt(pair[1] as string, 16), Number.parseInt(pair[2] as string, 16));
      }
    }
  }
  return isFound ? map : null;
}
