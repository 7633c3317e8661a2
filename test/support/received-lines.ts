import { FieldLines } from '../../src/lib/http/field-lines.ts';

/** Field lines of flat names and values, unchecked: also of characters that no parser lets through. */
export function receivedLines(flat: readonly string[]): FieldLines {
  const lines = new FieldLines();
  for (let i = 0; i + 1 < flat.length; i += 2) lines.addParsed(flat[i] as string, flat[i + 1] as string);
  return lines;
}
