import type { Bytes } from '../../seclang/bytes.ts';
import { withDecoded } from '../decode.ts';
import { type Finding, found, surer } from '../finding.ts';
import { SENSITIVE_FILE } from './files.ts';

/** Paths in a value that leave the folder they belong in, or that lead to files of the system. */
export function findTraversal(value: Bytes): Finding | null {
  return mayHoldPath(value) ? withDecoded(value, findInText) : null;
}

function mayHoldPath(value: Bytes): boolean {
  if (value.length < 4) return false;
  return (
    value.includes('..') ||
    value.includes('/') ||
    value.includes('\\') ||
    value.includes('%') ||
    value.includes(':') ||
    value.includes('0x2') ||
    value.includes('.ini') ||
    value.includes('.htaccess') ||
    value.includes('.env') ||
    value.includes('\xc0')
  );
}

function findInText(value: Bytes): Finding | null {
  const undisguised = plain(value);
  const text = unified(undisguised);
  return surer(findSteps(text, undisguised !== value), findFile(text));
}

/** Dots, slashes and backslashes in longer forms of UTF-8 or in spellings that some servers undo, as themselves. */
function plain(value: Bytes): Bytes {
  let text = value;
  if (/[\xc0\xc1\xe0\xef\xf0\xf8\xfc]/.test(text)) {
    text = text
      .replace(
        /\xc0[\xae\x2e]|\xe0[\x80\x40]\xae|\xf0\x80\x80\xae|\xf8\x80\x80\x80\xae|\xfc\x80\x80\x80\x80\xae|\xef\xbc\x8e/g,
        '.',
      )
      .replace(
        /\xc0[\xaf\x2f\x5c\x9c\x80]|\xc1[\x9c\x1c\xaf\x9d]|\xe0\x80\xaf|\xe0\x81\x9c|\xf0\x80\x80\xaf|\xf8\x80\x80\x80\xaf|\xfc\x80\x80\x80\x80\xaf|\xef\xbc\x8f|\xef\xbc\xbc/g,
        '/',
      );
  }
  if (/0x(?:2[ef]|5c)/i.test(text)) text = text.replace(/0?x2e/gi, '.').replace(/0?x(?:2f|5c)/gi, '/');
  if (/%(?:c0|c1|e0|2|5|%|u)/i.test(text)) {
    text = text
      .replace(/%(?:c0%ae|c0\.|c0%2e|%32%65|%32e|2%65)/gi, '.')
      .replace(
        /%(?:c0%af|c0%2f|c1%9c|c1%8s|c1%pc|c0%9v|c0%qf|c1%af|%32%66|%35%63|2%66|5%63|u221[56]|u2044)/gi,
        '/',
      );
  }
  return text;
}

/** Slashes of Windows as those of everybody, without zero bytes. */
function unified(text: Bytes): Bytes {
  return text.includes('\\') || text.includes('\0') ? text.replaceAll('\\', '/').replaceAll('\0', '') : text;
}

function findSteps(text: Bytes, isDisguised: boolean): Finding | null {
  const inPlace = /(?<![\w.])(?:\.\/{1,3}){4}/.exec(text);
  if (inPlace !== null) return found('sure', 'steps in place', text, inPlace.index, inPlace.index + 80);
  if (!text.includes('..')) return null;
  const steps = text.match(/(?<![\w.])\.{2,8}(?:;[^/]{0,20})?\/|\.\.\/(?=\.\.)|\/\.\.(?=\/|$)/g);
  if (steps === null) return findDots(text);
  const at = text.search(/\.{2,8}(?:;[^/]{0,20})?\/|\/\.\./);
  const isQuoted = /["'(=]$/.test(text.slice(Math.max(0, at - 1), at)) && text.length > 100;
  if (
    steps.length >= 2 ||
    isDisguised ||
    text.startsWith('/../') ||
    steps.some((step) => step.includes(';'))
  ) {
    return found(isQuoted && !isDisguised ? 'likely' : 'sure', 'steps upwards', text, at, at + 120);
  }
  return text.length < 200 && at <= 1 && !isQuoted
    ? found('likely', 'step upwards', text, at, at + 120)
    : null;
}

/** Long rows of dots before a name: what is left where slashes were taken out. */
function findDots(text: Bytes): Finding | null {
  const rows = /^\/?\.{8,}(?=[\w{/])/.exec(text);
  return rows === null ? null : found('sure', 'steps upwards', text, 0, rows[0].length + 40);
}

function findFile(text: Bytes): Finding | null {
  const file = SENSITIVE_FILE.exec(text);
  if (file === null) return null;
  // In the midst of prose a file is talked about.
  const isProse = /(?:[a-z]{2,}\s{1,2}){6}/i.test(text.slice(0, 400));
  return found(
    isProse ? 'likely' : 'sure',
    'file of the system',
    text,
    file.index,
    file.index + file[0].length,
  );
}
