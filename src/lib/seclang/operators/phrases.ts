import type { Bytes } from '../bytes.ts';
import type { CompileOperator, Operator, OperatorHost } from '../operator.ts';
import { LiteralTrie } from '../scanner/literal-trie.ts';
import { lowerCase } from '../transformations/letter-case.ts';
import { isSpace } from '../transformations/whitespace.ts';
import { readData } from './data-file.ts';

const ESCAPABLE = ':;\\"';

/**
 * Resolves `|48 65 78|` and escaped bytes; null where a backslash stands before anything but `:`, `;`, `"` and a backslash.
 *
 * As in ModSecurity bars around no byte stay as they are.
 */
function resolved(text: Bytes): Bytes | null {
  if (!/[|\\]/.test(text)) return text;
  let result = '';
  let digits = '';
  let isHex = false;
  let isChanged = false;
  for (let at = 0; at < text.length; at++) {
    let char = text[at] as string;
    if (char === '|') isHex = !isHex;
    else if (isHex) {
      if (/[0-9a-fA-F]/.test(char)) digits += char;
      if (digits.length < 2) continue;
      result += String.fromCharCode(Number.parseInt(digits, 16));
      digits = '';
      isChanged = true;
    } else {
      if (char === '\\') {
        char = text[++at] ?? '';
        if (char === '' || !ESCAPABLE.includes(char)) return null;
        isChanged = true;
      }
      result += char;
    }
  }
  return isChanged ? result : text;
}

/** What an argument says, which may stand in quotes. Errors: RangeError for an escape that is not known. */
function resolveArgument(written: Bytes): Bytes {
  const outer = written.replace(/^[ \t]+/, '');
  const isQuoted = outer.length > 1 && outer.startsWith('"') && outer.endsWith('"');
  const text = resolved(isQuoted ? outer.slice(1, -1) : outer);
  if (text === null)
    throw new RangeError('A backslash may stand before ":", ";", a quote or a backslash: write two for one.');
  return text;
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
  const phrases = wordsOf(resolveArgument(argument));
  if (phrases.length === 0) throw new RangeError('Name at least one phrase.');
  return anyPhrase(phrases);
};

/**
 * Phrases of a file, one a line; empty lines and those that begin with `#` say nothing.
 *
 * As in ModSecurity a phrase of one byte is passed over, and a line with an escape that is not known stands as it is.
 */
export function phrasesOf(contents: Bytes): Bytes[] {
  const phrases: Bytes[] = [];
  for (const written of contents.split('\n')) {
    const line = resolved(written) ?? written;
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
  const text = resolveArgument(argument);
  return { test: (value) => value.includes(text), needs: text === '' ? null : [[lowerCase(text)]] };
};
