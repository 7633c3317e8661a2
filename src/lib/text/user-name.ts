export const MAX_USER_NAME_CHARS = 128;

/** Letters, their marks, digits, and what stands inside names and e-mail addresses. */
const ALLOWED = /^[\p{L}\p{M}\p{Nd}._@+'-]+$/u;
const EDGES = /^[\p{L}\p{Nd}](?:.*[\p{L}\p{M}\p{Nd}])?$/u;

/** The scripts that names are written in; Japanese and Korean each mix some. */
const SCRIPTS = [
  /^\p{Script=Latin}$/u,
  /^\p{Script=Cyrillic}$/u,
  /^\p{Script=Greek}$/u,
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u,
  /^[\p{Script=Han}\p{Script=Hangul}]$/u,
  /^\p{Script=Arabic}$/u,
  /^\p{Script=Hebrew}$/u,
  /^\p{Script=Armenian}$/u,
  /^\p{Script=Georgian}$/u,
  /^\p{Script=Devanagari}$/u,
  /^\p{Script=Bengali}$/u,
  /^\p{Script=Tamil}$/u,
  /^\p{Script=Thai}$/u,
  /^\p{Script=Ethiopic}$/u,
];

/**
 * The form in which user names are compared.
 *
 * Safety: compatibility forms are one (NFKC), and so is upper and lower case, taken character by character so that a
 * final sigma and a sharp s have one form only.
 */
export function foldUserName(name: string): string {
  const folded = [...name.normalize('NFKC')].map((char) => char.toUpperCase().toLowerCase()).join('');
  return folded.normalize('NFKC');
}

/**
 * What is wrong with a new user name, as a sentence; '' when nothing is.
 *
 * Safety: letters of one script only, so that no name looks like another by a letter of a foreign alphabet; no blanks
 * and nothing invisible. Names that look alike within one script (`rn` and `m`) are not told apart.
 */
export function userNameFault(name: string): string {
  const text = name.normalize('NFKC');
  if (text === '') return 'A user name is needed.';
  if ([...text].length > MAX_USER_NAME_CHARS) {
    return `A user name has at most ${MAX_USER_NAME_CHARS} characters.`;
  }
  if (!ALLOWED.test(text)) return "A user name has letters, digits and . _ @ + ' - only.";
  if (!EDGES.test(text)) return 'A user name begins and ends with a letter or a digit.';
  const letters = [...text].filter((char) => /\p{L}/u.test(char));
  if (!SCRIPTS.some((script) => letters.every((letter) => script.test(letter)))) {
    return 'The letters of a user name are of one alphabet.';
  }
  if (/\p{Nd}/u.test(text.replace(/[0-9]/g, ''))) return 'The digits of a user name are 0 to 9.';
  return '';
}
