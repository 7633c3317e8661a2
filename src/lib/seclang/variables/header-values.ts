import { type Bytes, lowerAscii } from '../bytes.ts';
import { NamedValues } from './named-values.ts';

/** Up to so many names are found faster by looking at each. */
const FEW_FIELDS = 32;

/**
 * The header fields of a request: those of one name are one, values joined by a comma, where the first of them stood.
 *
 * Cost: linear in the number of fields.
 */
export function joinHeaders(names: readonly Bytes[], values: readonly Bytes[]): NamedValues {
  const joined: { names: Bytes[]; values: Bytes[]; lower: Bytes[] } = { names: [], values: [], lower: [] };
  const places = names.length > FEW_FIELDS ? new Map<Bytes, number>() : null;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as Bytes;
    const value = values[i] as Bytes;
    const lower = lowerAscii(name);
    const place = places === null ? joined.lower.indexOf(lower) : (places.get(lower) ?? -1);
    if (place >= 0) {
      joined.values[place] += `, ${value}`;
      continue;
    }
    places?.set(lower, joined.lower.length);
    joined.names.push(name);
    joined.values.push(value);
    joined.lower.push(lower);
  }
  return new NamedValues(joined.names, joined.values, joined.lower);
}

/** The value of the first field of a name in lower case; null where there is none. */
export function findHeader(headers: NamedValues, lowerName: Bytes): Bytes | null {
  const place = headers.lowerNames.indexOf(lowerName);
  return place < 0 ? null : (headers.values[place] as Bytes);
}
