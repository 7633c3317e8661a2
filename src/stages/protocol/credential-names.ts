import { hexValue } from '../../lib/text/hex.ts';

/**
 * Names of query parameters that carry a credential, without case and punctuation.
 *
 * The list is closed: bearer secrets that belong in a header field or a body. Not on it: what is made for URLs
 * (signatures and credentials scopes of presigned URLs, authorization codes, page tokens) and the bare word `key`.
 * Source: RFC 6750, 2.3 and 5.3; RFC 6749, 2.3.1; RFC 7521, 4.2; the parameters of well-known APIs.
 */
export const CREDENTIAL_NAMES: readonly string[] = [
  'accesskey',
  'accesstoken',
  'apikey',
  'apisecret',
  'apitoken',
  'appsecret',
  'authkey',
  'authorization',
  'authtoken',
  'bearer',
  'bearertoken',
  'clientassertion',
  'clientsecret',
  'consumersecret',
  'credential',
  'credentials',
  'idtoken',
  'jsessionid',
  'jwt',
  'oauthtoken',
  'passphrase',
  'passwd',
  'password',
  'phpsessid',
  'privatekey',
  'privatetoken',
  'pwd',
  'refreshtoken',
  'secret',
  'secretkey',
  'sessiontoken',
  'sharedsecret',
  'token',
  'userpassword',
  'xaccesstoken',
  'xapikey',
  'xauthtoken',
];

const LONGEST = Math.max(...CREDENTIAL_NAMES.map((name) => name.length));

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const PERCENT = 0x25;

const BREAK = 1;

/** What each byte of a name is: 0 punctuation, 1 the end of a segment, else the lower-case letter, digit or other byte. */
const FOLDED = foldTable();

function foldTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let code = 0x30; code <= 0x39; code++) table[code] = code;
  for (let code = 0x61; code <= 0x7a; code++) {
    table[code] = code;
    table[code - 0x20] = code;
  }
  for (let code = 0x80; code <= 0xff; code++) table[code] = code;
  for (const char of '[].') table[char.charCodeAt(0)] = BREAK;
  return table;
}

/** The names of each length. */
const BY_LENGTH: readonly (readonly string[])[] = Array.from({ length: LONGEST + 1 }, (_, length) =>
  CREDENTIAL_NAMES.filter((name) => name.length === length),
);

const folded = new Uint8Array(LONGEST);

/**
 * Finds the first query parameter that is named like a credential: the name as the table has it, or ''.
 *
 * Shape: names are percent-decoded once and compared without case and punctuation, segment by segment, so that
 * `Access-Token`, `api%5Fkey` and `user[password]` are found. `;` separates like `&`, as some upstreams read it.
 * Cost: one pass over the query, without allocation.
 */
export function findCredentialName(query: string): string {
  let length = 0;
  let inValue = false;
  for (let i = 0; i <= query.length; i++) {
    const code = i < query.length ? query.charCodeAt(i) : AMPERSAND;
    const ends = code === AMPERSAND || code === SEMICOLON;
    if (inValue && !ends) continue;
    if (ends || code === EQUALS) {
      const found = inValue ? '' : nameOf(length);
      if (found !== '') return found;
      inValue = code === EQUALS;
      length = 0;
      continue;
    }
    const byte = code === PERCENT ? escapedByte(query, i) : code;
    if (byte < 0) continue;
    if (code === PERCENT) i += 2;
    const kind = FOLDED[byte] ?? 0;
    if (kind === BREAK) {
      const found = nameOf(length);
      if (found !== '') return found;
      length = 0;
    } else if (kind !== 0) {
      if (length < LONGEST) folded[length] = kind;
      length++;
    }
  }
  return '';
}

/** The byte an escape stands for, or -1 when there is none at that place. */
function escapedByte(text: string, at: number): number {
  const high = at + 2 < text.length ? hexValue(text.charCodeAt(at + 1)) : -1;
  const low = high < 0 ? -1 : hexValue(text.charCodeAt(at + 2));
  return low < 0 ? -1 : high * 16 + low;
}

/** The credential that the first `length` folded bytes spell, or ''. */
function nameOf(length: number): string {
  if (length > LONGEST) return '';
  const names = BY_LENGTH[length] as readonly string[];
  for (let i = 0; i < names.length; i++) if (isSpelled(names[i] as string)) return names[i] as string;
  return '';
}

function isSpelled(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (folded[i] !== name.charCodeAt(i)) return false;
  return true;
}
