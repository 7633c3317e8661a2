import type { Bytes } from '../bytes.ts';

/** What a test says of a request, as bytes. */
export interface RequestParts {
  readonly method: Bytes;
  readonly uri: Bytes;
  readonly version: Bytes;
  readonly headerNames: readonly Bytes[];
  readonly headerValues: readonly Bytes[];
  /** '' for none. */
  readonly data: Bytes;
  /** Whether fields that a client would add are added. */
  readonly isCompleted: boolean;
  /** Whether a method that may have a body gets a `Content-Length` of 0 without one. */
  readonly tellsNoLength: boolean;
}

const URLENCODED = 'application/x-www-form-urlencoded';
const HAS_BODY = /POST|PUT|PATCH|DELETE/;

/**
 * Writes a request as the clients of FTW do: unless told not to they add `Connection: close`, `Content-Type` and
 * `Content-Length`, and escape a form that nothing in it says is escaped; lines of a multipart body end with CR LF.
 */
export function buildRequest(parts: RequestParts): Bytes {
  const names = [...parts.headerNames];
  const values = [...parts.headerValues];
  const has = (name: string): boolean => names.some((known) => known.toLowerCase() === name.toLowerCase());
  const add = (name: string, value: string): void => {
    if (has(name)) return;
    names.push(name);
    values.push(value);
  };
  let { data } = parts;
  if (parts.isCompleted && data !== '') {
    add('Content-Type', URLENCODED);
    if (valueNamed(names, values, 'content-type') === URLENCODED) data = escapeForm(data);
  }
  if (valueNamed(names, values, 'content-type').startsWith('multipart/form-data;')) {
    data = data.replace(/\r?\n/g, '\r\n');
  }
  if (parts.isCompleted) {
    add('Connection', 'close');
    if (data !== '' || (parts.tellsNoLength && HAS_BODY.test(parts.method)))
      add('Content-Length', String(data.length));
  }
  const lines = names.map((name, index) => `${name}: ${values[index]}\r\n`);
  return `${parts.method} ${parts.uri} ${parts.version}\r\n${lines.join('')}\r\n${data}`;
}

function valueNamed(names: readonly string[], values: readonly string[], name: string): string {
  const at = names.findIndex((known) => known.toLowerCase() === name);
  return at < 0 ? '' : (values[at] as string);
}

/** Escapes the names and values of a form, unless it holds an escape or a plus sign already. */
export function escapeForm(data: Bytes): Bytes {
  if (/[%+]/.test(data)) return data;
  return data
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? escapePart(pair) : `${escapePart(pair.slice(0, at))}=${escapePart(pair.slice(at + 1))}`;
    })
    .join('&');
}

const escapePart = (text: Bytes): Bytes =>
  text.replace(/[^A-Za-z0-9\-_.~]/g, (char) =>
    char === ' ' ? '+' : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
