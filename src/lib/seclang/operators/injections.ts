import type { Bytes } from '../bytes.ts';
import type { CompileOperator, LongMatch, Operator, OperatorHost } from '../operator.ts';
import { bytesWhere, byteTable } from '../transformations/in-place.ts';
import { PARTS_BYTES, sqlParts, XSS_PARTS_BYTES, xssParts } from './injection-parts.ts';

const WORD: Bytes = bytesWhere((byte) => /[A-Za-z0-9_]/.test(String.fromCharCode(byte)));
const IS_WORD = byteTable(WORD);
const IS_DIGIT = byteTable('0123456789');
/** What stands between the numbers of dates, addresses and identifiers. */
const IS_LINK = byteTable(' .:/,+-');

/**
 * Whether a value is nothing but words that each hold a digit, with links between them: dates, numbers, identifiers. Two dashes
 * begin a comment.
 *
 * Safety: none of them is SQL to libinjection, because no keyword that begins or joins anything holds a digit. A test compares
 * with the library.
 */
export function isPlainData(value: Bytes): boolean {
  if (value.includes('--')) return false;
  let isInWord = false;
  let hasDigit = false;
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at);
    if (IS_WORD[byte] === 1) {
      isInWord = true;
      if (IS_DIGIT[byte] === 1) hasDigit = true;
    } else {
      if (IS_LINK[byte] === 0 || (isInWord && !hasDigit)) return false;
      isInWord = false;
      hasDigit = false;
    }
  }
  return !isInWord || hasDigit;
}

/** A match that looks at one part of a long value after another. */
class PartByPart implements LongMatch {
  readonly #parts: Iterator<boolean>;
  readonly #partBytes: number;
  readonly #captures: Bytes[];

  constructor(parts: Iterator<boolean>, partBytes: number, captures: Bytes[]) {
    this.#parts = parts;
    this.#partBytes = partBytes;
    this.#captures = captures;
  }

  step(bytes: number): boolean | null {
    for (let looked = 0; looked < bytes; looked += this.#partBytes) {
      const next = this.#parts.next();
      if (next.done === true) return false;
      if (next.value) return true;
    }
    return null;
  }

  captures(): readonly Bytes[] {
    return this.#captures;
  }
}

/** Whether a long value matches, at once. */
function matchAll(match: LongMatch, captures: Bytes[] | null): boolean {
  if (match.step(Number.POSITIVE_INFINITY) !== true) return false;
  captures?.push(...match.captures());
  return true;
}

const NO_PARTS: Iterator<boolean> = { next: () => ({ done: true, value: undefined }) };

function beginSql(host: OperatorHost, value: Bytes): LongMatch {
  const captures: Bytes[] = [];
  const look = (part: Bytes): boolean => {
    captures[0] = host.sqlFingerprint(part);
    return captures[0] !== '';
  };
  return new PartByPart(isPlainData(value) ? NO_PARTS : sqlParts(value, look), PARTS_BYTES, captures);
}

/** Captured is the fingerprint of the injection. */
export const detectSqli: CompileOperator = (_argument, host): Operator => ({
  test(value, captures) {
    if (isPlainData(value)) return false;
    if (value.length > PARTS_BYTES) return matchAll(beginSql(host, value), captures);
    const fingerprint = host.sqlFingerprint(value);
    if (fingerprint === '') return false;
    if (captures !== null) captures[0] = fingerprint;
    return true;
  },
  begin: (value) => beginSql(host, value),
  needs: [[...new Set(bytesWhere((byte) => IS_WORD[byte] === 0))]],
});

function beginXss(host: OperatorHost, value: Bytes): LongMatch {
  return new PartByPart(
    xssParts(value, (part) => host.isXss(part)),
    XSS_PARTS_BYTES,
    [value],
  );
}

/** Captured is the value. */
export const detectXss: CompileOperator = (_argument, host): Operator => ({
  test(value, captures) {
    if (value.length > XSS_PARTS_BYTES) return matchAll(beginXss(host, value), captures);
    if (!host.isXss(value)) return false;
    if (captures !== null) captures[0] = value;
    return true;
  },
  begin: (value) => beginXss(host, value),
  // Tags need the one, attributes the other.
  needs: [['<', '=']],
});
