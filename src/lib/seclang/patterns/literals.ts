import type { Bytes } from '../bytes.ts';
import type { ByteSet } from './byte-set.ts';

/** The bytes of a set in lower case, each a literal; null for more than `most`. */
export function literalsOf(set: ByteSet, most: number): readonly Bytes[] | null {
  const literals = new Set<Bytes>();
  for (const code of set.codes()) {
    literals.add(String.fromCharCode(code >= 0x41 && code <= 0x5a ? code + 0x20 : code));
    if (literals.size > most) return null;
  }
  return [...literals];
}
