import type { Bytes } from '../bytes.ts';

const PLAIN = /^[ -[\]-~]*$/;

const SHORT: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** A name as it stands in logs and macros: what cannot be printed is escaped. */
export function escapeName(name: Bytes): Bytes {
  if (PLAIN.test(name)) return name;
  let text = '';
  for (const char of name) {
    const code = char.charCodeAt(0);
    const isPrintable = code >= 0x20 && code < 0x7f && code !== 0x5c;
    text += isPrintable ? char : (SHORT[char] ?? `\\x${code.toString(16).padStart(2, '0')}`);
  }
  return text;
}

/** How a value is called: `ARGS:id`; a variable that is no collection has no key. */
export function variableName(collection: string, key: Bytes | null): Bytes {
  return key === null ? collection : `${collection}:${escapeName(key)}`;
}
