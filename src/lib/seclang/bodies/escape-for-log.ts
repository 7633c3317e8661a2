import type { Bytes } from '../bytes.ts';

const NAMED: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** Bytes as a log shows them: what is not visible ASCII or a space is escaped. */
export function escapeForLog(text: Bytes): string {
  return text.replace(
    /[^ -[\]-~]/g,
    (char) => NAMED[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
