/** What a new password is compared with. */
export interface PasswordContext {
  readonly minChars: number;
  /** Words that are known about the user and the place: user name, e-mail address, display name, host. */
  readonly knownWords: readonly string[];
}

export const MAX_PASSWORD_CHARS = 256;
const MIN_DISTINCT = 5;
const SHORTEST_KNOWN_WORD = 4;
/** How much must be left of a password beside the words that everybody tries first. */
const MIN_REST = 6;
/** How many characters must stand beside a name that others know. */
const MIN_BESIDE_NAME = 8;

/** Rows that fingers and counting follow, forwards and backwards. */
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
];
const LINES = ROWS.flatMap((row) => [row, [...row].reverse().join('')]);
const LONGEST_RUN = 4;

/** Words that guesses begin with, in plain letters. */
const COMMON =
  /pass(?:word|wort)?|welcome|letmein|secret|changeme|admin(?:istrator)?|login|iloveyou|default|summer|winter|spring|autumn|monday|football|dragon|portcullis/g;
const PLAIN: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** The form in which a password is hashed: two ways to type one character are one (RFC 8265, section 4.2). */
export function normalPassword(password: string): string {
  return password.normalize('NFC');
}

const lettersOf = (text: string): string =>
  [...text.toLowerCase()].map((char) => PLAIN[char] ?? char).join('');

/** Length of the shortest piece that the whole text is a repetition of. */
function period(text: string): number {
  for (let length = 1; length < text.length; length++) {
    if (
      text ===
      text
        .slice(0, length)
        .repeat(Math.ceil(text.length / length))
        .slice(0, text.length)
    ) {
      return length;
    }
  }
  return text.length;
}

/** The text with each run along a row of the keyboard or the alphabet replaced by its first character. */
function withoutRuns(text: string): string {
  let left = '';
  for (let at = 0; at < text.length; ) {
    let length = 1;
    while (
      LINES.some((line) => line.includes(text.slice(at, at + length + 1))) &&
      at + length < text.length
    ) {
      length += 1;
    }
    if (length < LONGEST_RUN) length = 1;
    left += text[at];
    at += length;
  }
  return left;
}

function guessableWord(password: string, words: readonly string[]): string {
  const letters = lettersOf(password);
  for (const word of words) {
    for (const part of [word, ...word.split(/[^\p{L}\p{N}]+/u)]) {
      const known = lettersOf(part.normalize('NFC'));
      if (known.length < SHORTEST_KNOWN_WORD || !letters.includes(known)) continue;
      if (letters.length - known.length < MIN_BESIDE_NAME) return part;
    }
  }
  return '';
}

/**
 * What is wrong with a new password, as a sentence; '' when nothing is.
 *
 * Safety: after NIST SP 800-63B, section 3.1.1: length counts, kinds of characters are not asked for, and what
 * guessing tries first is refused. There is no list of leaked passwords.
 */
export function passwordFault(password: string, { minChars, knownWords }: PasswordContext): string {
  const text = normalPassword(password);
  const length = [...text].length;
  if (length < minChars) return `Use at least ${minChars} characters.`;
  if (length > MAX_PASSWORD_CHARS) return `Use at most ${MAX_PASSWORD_CHARS} characters.`;
  if (/\p{Cc}/u.test(text)) return 'A password has no control characters.';
  if (new Set(text).size < MIN_DISTINCT || period(text) * 2 <= text.length) {
    return 'This repeats itself: use something longer or less regular.';
  }
  if ([...withoutRuns(text.toLowerCase())].length < MIN_REST) {
    return 'This follows the keyboard or the alphabet: use something less regular.';
  }
  const word = guessableWord(text, knownWords);
  if (word !== '') return 'This is little more than a name that others know: use something else.';
  const letters = lettersOf(text);
  const uncommon = letters.replace(COMMON, '');
  const isBuiltOnCommon = uncommon.length < letters.length;
  if (isBuiltOnCommon && withoutRuns(uncommon.replace(/[^\p{L}]+/gu, '')).length < MIN_REST) {
    return 'This is what guessing tries first: use something else.';
  }
  return '';
}
