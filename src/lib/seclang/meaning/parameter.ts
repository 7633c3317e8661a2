import type { Bytes } from '../bytes.ts';

/** Collections whose members clients name: one member of them is a target that can be told apart from the rest. */
export const NAMED_COLLECTIONS: ReadonlySet<string> = new Set([
  'ARGS',
  'ARGS_GET',
  'ARGS_GET_NAMES',
  'ARGS_NAMES',
  'ARGS_POST',
  'ARGS_POST_NAMES',
  'FILES',
  'FILES_NAMES',
  'MULTIPART_PART_HEADERS',
  'REQUEST_COOKIES',
  'REQUEST_COOKIES_NAMES',
  'REQUEST_HEADERS',
  'REQUEST_HEADERS_NAMES',
  'RESPONSE_HEADERS',
]);

/** One member of a collection, such as `ARGS:comment`. */
export interface Parameter {
  readonly collection: string;
  readonly key: Bytes;
}

/** What a member may be called: nothing that a rule file, or an action in it, would have to escape. */
const KEY = /^[A-Za-z0-9_.[\]@~+=$!*()-]{1,200}$/;

/** Reads `ARGS:comment`; the sentence says why it cannot be read. */
export function parseParameter(text: Bytes): Parameter | { readonly problem: string } {
  const colon = text.indexOf(':');
  const collection = (colon < 0 ? text : text.slice(0, colon)).toUpperCase();
  if (!NAMED_COLLECTIONS.has(collection)) {
    return {
      problem: `\`${collection}\` has no members that can be told apart: name one of ARGS, REQUEST_COOKIES, REQUEST_HEADERS, FILES or their relatives.`,
    };
  }
  const key = colon < 0 ? '' : text.slice(colon + 1);
  if (key === '')
    return {
      problem: `Name one member, such as \`${collection}:comment\`: without it all of them are meant.`,
    };
  if (!KEY.test(key))
    return {
      problem: `\`${collection}\` has a member with a name that cannot be written into a rule safely.`,
    };
  return { collection, key };
}

/** Writes a parameter in its one spelling. */
export const parameterText = ({ collection, key }: Parameter): string => `${collection}:${key}`;
