import type { Path } from './pointer.ts';

/** Keys whose values are not repeated, even where they were typed in. */
const SECRET_NAME = /key|secret|token|password|pem|credential/i;
const LONGEST_QUOTE = 60;

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/BytesPerS$/, 'bytes per second'],
  [/Ms$/, 'milliseconds'],
  [/Bytes$/, 'bytes'],
  [/[a-z]S$/, 'seconds'],
];

/** The unit that the name of a field says; '' when none. */
export function unitOf(name: string): string {
  return UNITS.find(([pattern]) => pattern.test(name))?.[1] ?? '';
}

/** The last key of a path that is not an index. */
export function nameOf(path: Path): string {
  return String(path.findLast((step) => typeof step === 'string' && !/^\d+$/.test(step)) ?? '');
}

/** What a sentence about the value at the path begins with. */
export function subjectOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'The configuration';
  const name = nameOf(path);
  if (!/^\d+$/.test(String(last))) return `\`${last}\``;
  return name === '' ? `Entry ${Number(last) + 1}` : `Entry ${Number(last) + 1} of \`${name}\``;
}

/** Names what is at a place of the configuration that unknown keys may be found in. */
export function nounOf(path: Path): string {
  if (path.length === 0) return 'the configuration';
  const form = path.map((step) => (/^\d+$/.test(String(step)) ? '#' : step)).join('/');
  const known: Readonly<Record<string, string>> = {
    'apis/#': 'an API',
    'apis/#/endpoints/#': 'an endpoint',
    'listeners/#': 'a listener',
    'issuers/#': 'an issuer',
  };
  return known[form] ?? `\`${nameOf(path)}\``;
}

/** Says what a value is, so that the operator recognises it; never the value of what may be a secret. */
export function describeValue(value: unknown, name: string): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a block of keys';
  if (typeof value === 'boolean') return `\`${value}\``;
  if (typeof value === 'number') return `the number ${value}`;
  const text = String(value);
  if (SECRET_NAME.test(name) || text.includes('-----BEGIN')) return 'a text that is not shown';
  const quoted = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return `the text '${quoted.replace(/[\0-\x1f\x7f]/g, '?')}'`;
}

/** Names a type of value as zod calls it. */
export function describeType(expected: string, name: string): string {
  const unit = unitOf(name);
  switch (expected) {
    case 'int':
      return unit === '' ? 'a whole number' : `a whole number of ${unit}`;
    case 'number':
    case 'nan':
      return unit === '' ? 'a number' : `a number of ${unit}`;
    case 'string':
      return 'a text';
    case 'boolean':
      return '`true` or `false`';
    case 'array':
    case 'tuple':
      return 'a list';
    case 'object':
    case 'record':
      return 'a block of keys';
    default:
      return `a value of type ${expected}`;
  }
}

/** Joins words as a choice: `a, b or c`. */
export function choice(words: readonly string[]): string {
  const unique = [...new Set(words)];
  if (unique.length <= 1) return unique.join('');
  return `${unique.slice(0, -1).join(', ')} or ${unique.at(-1)}`;
}

/** Ends a text as a sentence ends. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
