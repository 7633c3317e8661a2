import type { Bytes } from '../bytes.ts';
import type { CompileOperator, Operator, OperatorHost } from '../operator.ts';
import { LiteralTrie } from '../scanner/literal-trie.ts';
import { lowerCase } from '../transformations/letter-case.ts';
import { isSpace } from '../transformations/whitespace.ts';
import { readData } from './data-file.ts';

const ESCAPABLE = ':;\\"';

/**
 * Resolves `|48 65 78|` and escaped bytes; a text in quotes is what stands between them.
 *
 * Errors: RangeError for a backslash before anything but `:`, `;`, `"` and a backslash.
 */
export function resolvePhrase(written: Bytes): Bytes {
  const outer = written.replace(/^[ \t]+/, '');
  const text = outer.length > 1 && outer.startsWith('"') && outer.endsWith('"') ? outer.slice(1, -1) : outer;
  if (!/[|\\]/.test(text)) return text;
  let resolved = '';
  let digits: Bytes | null = null;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '|') digits = digits === null ? '' : null;
    else if (digits !== null) {
      if (/[0-9a-fA-F]/.test(char)) digits += char;
      if (digits.length === 2) {
        resolved += String.fromCharCode(Number.parseInt(digits, 16));
        digits = '';
      }
    } else if (char === '\\') {
      const escaped = text[++at] ?? '';
      if (escaped === '' || !ESCAPABLE.includes(escaped))
        throw new RangeError(`The escape "\\${escaped}" is not known: write \\\\ for a backslash.`);
      resolved += escaped;
    } else resolved += char;
  }
  return resolved;
}

/** What words of an argument are separated by. */
function wordsOf(text: Bytes): Bytes[] {
  return text.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '');
}

/** Matches values that hold one of some phrases, in any ASCII case. Captured is the phrase as it was written. */
function anyPhrase(phrases: readonly Bytes[]): Operator {
  const trie = new LiteralTrie(phrases.map(lowerCase));
  const spelled = (node: number): Bytes =>
    (phrases[trie.makerOf(node)] as Bytes).slice(0, trie.depthOf(node));
  return {
    test(value, captures) {
      const node = findPhrase(trie, value);
      if (node < 0) return false;
      if (captures !== null) captures[0] = spelled(node);
      return true;
    },
    needs: [[...new Set(phrases.map(lowerCase))]],
  };
}

/** The node at which the first phrase of a value ends; -1 where there is none. */
function findPhrase(trie: LiteralTrie, value: Bytes): number {
  let node = 0;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    const byte = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
    let next = trie.child(node, byte);
    while (next < 0 && node !== 0) {
      node = trie.failOf(node);
      next = trie.child(node, byte);
    }
    if (next < 0) continue;
    node = next;
    if (trie.isEnd(node) || trie.hasShorter(node)) return node;
  }
  return -1;
}

export const pm: CompileOperator = (argument) => {
  const phrases = wordsOf(resolvePhrase(argument));
  if (phrases.length === 0) throw new RangeError('Name at least one phrase.');
  return anyPhrase(phrases);
};

/** Phrases of a file, one a line; empty lines and those that begin with `#` say nothing, nor do those of one byte. */
export function phrasesOf(contents: Bytes): Bytes[] {
  const phrases: Bytes[] = [];
  for (const line of contents.split('\n')) {
    let from = 0;
    let to = line.length;
    while (from < to && isSpace(line.charCodeAt(from))) from++;
    while (to > from && isSpace(line.charCodeAt(to - 1))) to--;
    if (to - from > 1 && line[from] !== '#') phrases.push(line.slice(from, to));
  }
  return phrases;
}

export const pmFromFile: CompileOperator = (argument, host: OperatorHost, ruleFile) =>
  anyPhrase(wordsOf(argument).flatMap((name) => phrasesOf(readData(name, host, ruleFile))));

/** Whether a value holds a text, whose escapes are those of `pm`. */
export const strmatch: CompileOperator = (argument) => {
  const text = resolvePhrase(argument);
  return { test: (value) => value.includes(text), needs: text === '' ? null : [[lowerCase(text)]] };
};
