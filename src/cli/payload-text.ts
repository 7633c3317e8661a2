import { printable } from './terminal.ts';

/** The payload of a notice as words on a line. */
export function payloadText(payload: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(payload).map(
    ([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : value}`,
  );
  return printable(words.join(' '));
}
