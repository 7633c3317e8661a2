import { type Bytes, lowerAscii } from '../bytes.ts';
import { NamedValues } from './named-values.ts';

/**
 * The header fields of a request: those of one name are one, values joined by a comma, where the first of them stood.
 *
 * Cost: linear in the number of fields.
 */
export function joinHeaders(names: readonly Bytes[], values: readonly Bytes[]): NamedValues {
  const joined = new NamedValues();
  const places = new Map<Bytes, number>();
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as Bytes;
    const value = values[i] as Bytes;
    const lower = lowerAscii(name);
    const place = places.get(lower);
    if (place === undefined) {
      places.set(lower, joined.length);
      joined.add(name, value);
    } else joined.values[place] += `, ${value}`;
  }
  return joined;
}

/** The value of the first field of a name in lower case; null where there is none. */
export function findHeader(headers: NamedValues, lowerName: Bytes): Bytes | null {
  const place = headers.lowerNames.indexOf(lowerName);
  return place < 0 ? null : (headers.values[place] as Bytes);
}
